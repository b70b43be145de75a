"""From labels to a score: an exported folder is run by a real `inspect eval`.

The model is a loopback server that speaks the OpenAI protocol. Inspect AI lives in an environment
of its own (`make setup-dev`); GOLDLOOP_INSPECT names its command if it is elsewhere.
"""

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from labeling.exports import ExportOptions, export_queue
from storage import Store
from tests import factories

ROOT = Path(__file__).resolve().parents[2]
INSPECT = Path(os.environ.get("GOLDLOOP_INSPECT", ROOT / ".venv-inspect" / "bin" / "inspect"))
NOW = datetime(2026, 11, 2, tzinfo=UTC)
TOOL_TALK: list[dict[str, Any]] = [
    {"role": "developer", "content": "Be brief."},
    {"role": "user", "content": "Renew my books."},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "call_1", "type": "function",
             "function": {"name": "renew", "arguments": "{\"items\": \"all\"}"}}
        ],
    },
    {"role": "tool", "tool_call_id": "call_1", "name": "renew", "content": "{\"renewed\": 2}"},
    {"role": "user", "content": [{"type": "text", "text": "How many are renewed?"}]},
]  # fmt: skip
ANSWERS = {"capital of France": "It is Paris.", "renewed?": "Two.", "open on Monday": "We are."}
"""What the model says when the last message holds this."""


class Model(ThreadingHTTPServer):
    """An OpenAI-compatible model that knows ANSWERS; remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Reply)
        self.asked: list[list[dict[str, Any]]] = []


class Reply(BaseHTTPRequestHandler):
    server: Model

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append(body["messages"])
        last = str(body["messages"][-1]["content"])
        said = next((text for key, text in ANSWERS.items() if key in last), "I do not know.")
        message = {"role": "assistant", "content": said}
        told = {
            "id": "r", "object": "chat.completion", "created": 1, "model": body["model"],
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12},
        }  # fmt: skip
        data = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_args: Any) -> None:
        """Nobody reads it."""


@pytest.fixture
def model() -> Iterator[Model]:
    with Model() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def labelled(sqlite_store: Store) -> Store:
    """Four labelled interactions; three of them with what the answer should have been."""
    cases: list[tuple[list[dict[str, Any]], list[str] | None, dict[str, Any]]] = [
        ([{"role": "user", "content": "What is the capital of France?"}], None,
         {"quality": 2, "expected_answer": "Paris"}),
        (TOOL_TALK, ["Two books are out."], {"quality": 1, "expected_answer": "Two."}),
        ([{"role": "user", "content": "Are you open on Monday?"}], ["Monday closed."],
         {"quality": 1, "expected_answer": "No, we are closed on Monday."}),
        ([{"role": "user", "content": "Hello"}], None, {"quality": 5}),
    ]  # fmt: skip
    with sqlite_store.write() as session:
        queue_id = factories.queue(session, "support")
        ada = factories.account(session, "ada")
        for messages, context, values in cases:
            asked = factories.interaction(session, messages=messages, context=context)
            factories.label(session, factories.task(session, queue_id, asked), ada, values)
    return sqlite_store


def evaluated(folder: Path, model: Model, logs: Path) -> dict[str, Any]:
    """The log of `inspect eval` as the README of the folder says, on the loopback model."""
    done = subprocess.run(
        [INSPECT, "eval", "task.py@bench", "--model", "openai-api/fake/fake-mini",
         "--display", "plain", "--log-format", "json", "--log-dir", str(logs)],
        cwd=folder,
        env=os.environ
        | {"FAKE_BASE_URL": f"http://127.0.0.1:{model.server_port}/v1", "FAKE_API_KEY": "none"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    [log] = logs.glob("*.json")
    found: dict[str, Any] = json.loads(log.read_text())
    return found


@pytest.mark.skipif(not INSPECT.exists(), reason=f"no Inspect AI at {INSPECT}")
def test_an_exported_folder_is_scored_by_inspect(
    labelled: Store, model: Model, tmp_path: Path
) -> None:
    folder = tmp_path / "bench"
    report = export_queue(labelled, "support", "inspect", folder, ExportOptions(), NOW)
    assert report.rows == 4
    log = evaluated(folder, model, tmp_path / "logs")

    assert log["status"] == "success"
    scores = {one["name"]: one for one in log["results"]["scores"]}
    assert set(scores) == {"includes", "exact", "f1"}
    assert scores["includes"]["scored_samples"] == 3  # the one without an expected answer is not
    assert scores["includes"]["metrics"]["accuracy"]["value"] == pytest.approx(2 / 3)
    assert scores["exact"]["metrics"]["mean"]["value"] == pytest.approx(1 / 3)

    asked = {str(messages[-1]["content"]): messages for messages in model.asked}
    assert len(asked) == 3
    talk = asked["How many are renewed?"]
    assert [one["role"] for one in talk] == [
        "system",
        "system",
        "user",
        "assistant",
        "tool",
        "user",
    ]
    assert "Two books are out." in talk[0]["content"]
    assert talk[3]["tool_calls"][0]["function"]["name"] == "renew"
    assert talk[4]["tool_call_id"] == "call_1"
