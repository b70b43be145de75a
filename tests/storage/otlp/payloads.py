"""The captured requests: which belong together, and how they are read."""

from pathlib import Path

from storage.sources import otlp
from storage.sources.otlp import Taken

FOLDER = Path(__file__).resolve().parents[2] / "data" / "payloads"
READ = {
    ("traces", ".json"): otlp.traces_from_json,
    ("traces", ".pb"): otlp.traces_from_protobuf,
    ("logs", ".json"): otlp.logs_from_json,
    ("logs", ".pb"): otlp.logs_from_protobuf,
}
SENDERS = {
    "otel_genai_span_content": 6,
    "otel_genai_event_mode": 6,
    "otel_genai_no_content": 6,
    "otel_openai_v2_legacy": 5,
    "openinference": 6,
    "openllmetry_0_40_indexed": 5,
    "openllmetry_0_62": 6,
    "langfuse_sdk_5": 1,
    "js_sdk_http_json": 2,
}
"""Calls of a model in each; the older instrumentations do not know the Responses API."""


def files(sender: str, suffix: str) -> list[Path]:
    """The requests of one sender in one encoding."""
    return [
        path
        for path in sorted(FOLDER.glob(f"otlp_*{suffix}"))
        if path.stem.split("_", 2)[2].removesuffix("_2") == sender
    ]


def read(path: Path) -> Taken:
    """What a captured request holds."""
    return READ[path.name.split("_")[1], path.suffix](path.read_bytes())


def requests(sender: str, suffix: str = ".json") -> list[Taken]:
    """All of one sender."""
    return [read(path) for path in files(sender, suffix)]
