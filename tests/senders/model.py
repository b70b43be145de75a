"""A model on this machine that speaks OpenAI's protocol, and refuses what begins with FAIL."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ANSWER = "You can ask for a refund within 30 days."


class _Reply(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        failing = str(body["messages"][-1]["content"]).startswith("FAIL")
        message = {"role": "assistant", "content": ANSWER}
        told: dict[str, Any] = {
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1,
            "model": f"{body['model']}-2026-01",
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": 9, "completion_tokens": 8, "total_tokens": 17},
        }  # fmt: skip
        if failing:
            told = {"error": {"message": "rate limited", "type": "rate_limit_error"}}
        data = json.dumps(told).encode()
        self.send_response(429 if failing else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_args: Any) -> None:
        """Nobody reads it."""


@contextmanager
def model() -> Iterator[str]:
    """The address of a model that answers."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Reply) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        finally:
            server.shutdown()
