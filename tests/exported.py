"""What the exports are tried on: a queue with every kind of trouble in it, and a model on loopback.

`bench/exports.py` runs every real tool on it, the tests those that fit into the time.
"""

import json
import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from storage import Store
from tests import factories
from tests.pages import blocks

ROOT = Path(__file__).resolve().parents[1]
QUEUE = "triage"
FIELDS: list[dict[str, Any]] = [
    {"kind": "rating", "name": "quality", "label": "Quality", "min": 1, "max": 5,
     "failure_below": 3},
    {"kind": "tags", "name": "issues", "label": "Issues", "options": [{"value": "incomplete"}]},
    {"kind": "answer", "name": "expected_answer", "label": "Better"},
    {"kind": "ranking", "name": "order", "label": "Order"},
    {"kind": "text", "name": "notes", "label": "Notes"},
]  # fmt: skip
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
LONG_TALK = [
    {"role": "system", "content": "You work at a library."},
    {"role": "user", "content": "Is the reading room open?"},
    {"role": "assistant", "content": "On which day?"},
    {"role": "user", "content": "Are you open on Monday?"},
]
EVIL = "file://{{ env.OPENAI_API_KEY }}{% for i in range(9) %}x{% endfor %}{# y #}{% endraw %} =1+1"
"""A text that templates, spreadsheets and loaders of files would act on."""
ANSWERS = {
    "capital of France": "It is Paris.",
    "renewed?": "Two.",
    "open on Monday": "We are.",
    "Repeat": f"As you wish: {EVIL}",
}
"""What the model says when the last message holds this."""
CASES: list[tuple[list[dict[str, Any]], list[str] | None, dict[str, Any]]] = [
    ([{"role": "user", "content": "What is the capital of France?"}], None,
     {"quality": 2, "expected_answer": "Paris", "issues": ["incomplete"]}),
    (TOOL_TALK, ["Two books are out."], {"quality": 1, "expected_answer": "Two."}),
    (LONG_TALK, ["The library is closed on Mondays."],
     {"quality": 4, "expected_answer": "No, we are closed on Monday."}),
    ([{"role": "user", "content": f"Repeat: {EVIL}"}], [EVIL],
     {"quality": 5, "expected_answer": EVIL, "notes": EVIL}),
    ([{"role": "user", "content": "Hello"}], None, {"quality": 5}),
    ([{"role": "user", "content": EVIL}], None, {"quality": 1}),
]  # fmt: skip
SCORED, RIGHT = 4, 3
"""Cases with an expected answer, and how many of them the model answers so that it is included."""


def fill(store: Store) -> None:
    """A queue of CASES, all labelled, and one more with two responses that were ranked."""
    with store.write() as session:
        queue_id = factories.queue(session, QUEUE, factories.guideline(session, FIELDS))
        ada = factories.account(session, "ada")
        for number, (messages, context, values) in enumerate(CASES):
            asked = factories.interaction(
                session, f"req/{number} {{{{7*7}}}}", messages=messages, context=context
            )
            factories.label(session, factories.task(session, queue_id, asked), ada, values)
        two = [{"id": "a", "text": "A poem."}, {"id": "b", "text": "Autumn leaves fall."}]
        asked = factories.interaction(session, "req/pair", responses=two)
        ranked = {"order": [["b"], ["a"]]}
        factories.label(session, factories.task(session, queue_id, asked), ada, ranked)


class Model(ThreadingHTTPServer):
    """An OpenAI-compatible model that knows ANSWERS; remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Reply)
        self.asked: list[list[dict[str, Any]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


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


@contextmanager
def served(server: ThreadingHTTPServer) -> Iterator[None]:
    """A server that answers until the block ends."""
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def shim(folder: Path) -> Path:
    """A folder with nothing but the command `goldloop` of this checkout in it."""
    folder.mkdir(parents=True, exist_ok=True)
    command = folder / "goldloop"
    code = shlex.quote("from server.cli import main; main()")
    root, python = shlex.quote(str(ROOT)), shlex.quote(sys.executable)
    command.write_text(f'#!/bin/sh\nPYTHONPATH={root} exec {python} -c {code} "$@"\n')
    command.chmod(0o755)
    return folder


def run_page(
    page: str, folder: Path, database: str, path: str, more: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Every command of a page, one after the other, until one fails."""
    script = "set -eo pipefail\n" + "\n".join(blocks(page, "sh"))
    shims = shim(folder / ".bin")
    env = {"HOME": str(folder), "LANG": "C.UTF-8", "TMPDIR": os.environ.get("TMPDIR", "/tmp")}
    env |= {"PATH": f"{shims}:{path}:/usr/local/bin:/usr/bin:/bin"}
    env |= {"GOLDLOOP_DATABASE_URL": database, "GOLDLOOP_DATA": str(folder), **more}
    return subprocess.run(
        ["bash", "-c", script], cwd=folder, env=env, capture_output=True, text=True, check=False,
        timeout=1_800,
    )  # fmt: skip
