"""Official clients against a live `goldloop serve`, with a model on this machine behind them.

make senders            each client in an environment of its own (.venv-senders-NAME)
python -m tests.senders.run NAME=PYTHON ...
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bench.stage import Server, stage
from storage import Store
from storage.queries.interactions import interaction_view
from storage.tables import interaction
from tests.senders.model import ANSWER, model

HERE = Path(__file__).parent
NAMES = ("genai", "openinference", "openllmetry", "langfuse", "langsmith")


def environment(base: str, token: str, openai: str, name: str) -> dict[str, str]:
    """What a user sets to point each client here."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(HERE),
        "OPENAI_BASE_URL": openai,
        "OPENAI_API_KEY": "none",
        "OTEL_SERVICE_NAME": f"bot-{name}",
        "OTEL_EXPORTER_OTLP_ENDPOINT": base,
        "OTEL_EXPORTER_OTLP_HEADERS": f"Authorization=Bearer%20{token}",
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "SPAN_ONLY",
        "OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental",
        "LANGFUSE_HOST": base,
        "LANGFUSE_BASE_URL": base,
        "LANGFUSE_PUBLIC_KEY": "goldloop",
        "LANGFUSE_SECRET_KEY": token,
        "LANGSMITH_ENDPOINT": base,
        "LANGSMITH_API_KEY": token,
        "LANGSMITH_TRACING": "true",
        "LANGSMITH_PROJECT": f"bot-{name}",
    }


def found(store: Store, source: str) -> list[dict[str, Any]]:
    """What a client's calls became, in their order."""
    with store.read() as session:
        ours = select(interaction.c.id).where(interaction.c.source == source)
        numbers = session.scalars(ours.order_by(interaction.c.created_at))
        return [interaction_view(session, number) for number in numbers]


def wait_for(store: Store, source: str, seconds: float = 60) -> list[dict[str, Any]]:
    """The two calls of a client, the feedback attached."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        calls = found(store, source)
        if len(calls) >= 2 and any(one.get("feedback") for one in calls):
            break
        time.sleep(0.2)
    return found(store, source)


def check(calls: list[dict[str, Any]]) -> None:
    """Both calls, the texts of the first, the failure of the second, the feedback."""
    assert len(calls) == 2, calls
    answered, failed = calls
    roles = [one["role"] for one in answered["messages"]]
    assert roles == ["system", "user"], answered
    assert answered["messages"][1]["content"] == "How do I get a refund?", answered
    assert [one["text"] for one in answered["responses"]] == [ANSWER], answered
    assert answered["model"] == "fake-mini-2026-01", answered
    assert {one.get("session_id") for one in calls} == {"s-1"}, calls
    assert {one.get("user_id") for one in calls} == {"u-1"}, calls
    assert failed["flags"] == ["error"], failed
    assert failed["responses"] == [], failed
    values = [one["value"] for call in calls for one in call.get("feedback", [])]
    assert values == [1.0], calls


def ended_well(process: subprocess.Popen[bytes], said: Path) -> bool:
    """Whether a client came to its end; what it said is shown when it did not."""
    try:
        fine = process.wait(180) == 0
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        fine = False
    if not fine:
        print(f"{process.args} ended with {process.returncode}:\n{said.read_text()}")
    return fine


def run(pythons: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """Run clients, each by its Python, all at once; what became of their calls."""
    made = {}
    settings = {"GOLDLOOP_TRACE_QUIET_SECONDS": "2", "GOLDLOOP_TRACE_WAIT_SECONDS": "20"}
    with tempfile.TemporaryDirectory() as name, model() as openai:
        folder = Path(name)
        url = f"sqlite:///{folder / 'senders.db'}"
        with stage(url, 0) as staged:
            server = Server(url, log=folder / "server.log", more=settings)
            server.start()
            try:
                token, running = staged.tokens["boss"], {}
                for sender, python in pythons.items():
                    env = environment(server.base, token, openai, sender)
                    command = [python, str(HERE / f"{sender}_sender.py")]
                    with (folder / sender).open("wb") as said:
                        running[sender] = subprocess.Popen(
                            command, env=env, stdout=said, stderr=said
                        )
                came = [name for name, one in running.items() if ended_well(one, folder / name)]
                for sender in pythons:
                    seconds = 60 if sender in came else 0
                    made[sender] = wait_for(staged.store, f"bot-{sender}", seconds)
            finally:
                server.stop()
    return made


def main() -> int:
    failed = 0
    for sender, calls in run(dict(one.split("=", 1) for one in sys.argv[1:])).items():
        try:
            check(calls)
        except (AssertionError, LookupError) as error:
            failed += 1
            print(f"{sender}: {len(calls)} calls, not as they should be: {error}")
        else:
            said = calls[0]["metadata"]["dialect"]
            print(f"{sender}: 2 calls ({said}), one of them failed, feedback attached")
    print(f"{failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
