"""A loopback server that answers as models do, or as a test wants it to fail.

`said(case, form)` gives the object of an answer; `misbehave(number, body)` may give another reply
for the request of that number: (status, headers, bytes), or None for the usual one.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Wire = tuple[int, dict[str, str], bytes]
USAGE = (120, 40)
"""Tokens in and out that every usual answer says it used."""


def plain(case: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
    """The first possible value of everything."""
    return {name: _first(one) for name, one in form["properties"].items()}


def _first(form: dict[str, Any]) -> Any:
    if "anyOf" in form:
        return None
    kind = form["type"]
    return form.get("enum", [{"boolean": True, "array": [], "string": "so"}.get(kind)])[0]


def openai(text: str, usage: tuple[int, int] | None = USAGE, **choice: Any) -> bytes:
    """A chat completion."""
    told: dict[str, Any] = {
        "choices": [{"message": {"content": text}, "finish_reason": "stop", **choice}]
    }
    if usage:
        told["usage"] = {"prompt_tokens": usage[0], "completion_tokens": usage[1]}
    return json.dumps(told).encode()


def anthropic(said: dict[str, Any]) -> bytes:
    """A message that uses the tool it was given."""
    content = [{"type": "tool_use", "id": "t", "name": "answer", "input": said}]
    usage = {"input_tokens": USAGE[0], "output_tokens": USAGE[1]}
    return json.dumps({"content": content, "stop_reason": "tool_use", "usage": usage}).encode()


def ollama(text: str) -> bytes:
    """A reply that was not streamed."""
    told = {"message": {"role": "assistant", "content": text}, "done": True, "done_reason": "stop"}
    return json.dumps(told | {"prompt_eval_count": USAGE[0], "eval_count": USAGE[1]}).encode()


@dataclass
class ModelServer:
    """What was asked, and how it is answered."""

    said: Callable[[dict[str, Any], dict[str, Any]], Any] = plain
    misbehave: Callable[[int, dict[str, Any]], Wire | None] = lambda _number, _body: None
    url: str = ""
    asked: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    """Path, headers, body of every request, in order of arrival."""
    most_at_once: int = 0
    gate: threading.Barrier | None = None
    """When given, a request waits until so many are there."""
    ended: threading.Event = field(default_factory=threading.Event)
    _inside: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> Wire:
        with self._lock:
            self.asked.append((path, headers, body))
            number = len(self.asked)
            self._inside += 1
            self.most_at_once = max(self.most_at_once, self._inside)
        try:
            if self.gate is not None:
                self.gate.wait(10)
            return self.misbehave(number, body) or (200, {}, self._usual(path, body))
        finally:
            with self._lock:
                self._inside -= 1

    def _usual(self, path: str, body: dict[str, Any]) -> bytes:
        case = json.loads(re.search(r"<case-(\w+)>\n(.*)\n</case-\1>", user_text(body))[2])
        if path.endswith("/messages"):
            return anthropic(self.said(case, body["tools"][0]["input_schema"]))
        if path.endswith("/api/chat"):
            return ollama(json.dumps(self.said(case, body["format"])))
        return openai(json.dumps(self.said(case, form_of(body))))


def user_text(body: dict[str, Any]) -> str:
    """The first text of the user."""
    return next(one["content"] for one in body["messages"] if one["role"] == "user")


def form_of(body: dict[str, Any]) -> dict[str, Any]:
    """The JSON schema that a chat completion is asked for."""
    form: dict[str, Any] = body["response_format"]["json_schema"]["schema"]
    return form


@contextmanager
def model_server(**given: Any) -> Iterator[ModelServer]:
    """A running server."""
    made = ModelServer(**given)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            headers = {key.lower(): value for key, value in self.headers.items()}
            status, more, reply = made.answer(self.path, headers, body)
            if status == 0:  # not HTTP at all
                self.wfile.write(reply)
                self.close_connection = True
                return
            self.send_response(status)
            for key, value in {"content-length": str(len(reply)), **more}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A client that went away is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield made
    finally:
        made.ended.set()
        server.shutdown()
        server.server_close()
