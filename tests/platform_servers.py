"""Servers on loopback that answer as Phoenix, MLflow, Langfuse and LangSmith do.

What they answer was captured from the real ones where tests/data/payloads has it (Phoenix and
MLflow); Langfuse and LangSmith answer as their documentation and their SDKs say.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

PAYLOADS = Path(__file__).resolve().parent / "data" / "payloads"
TRACE = "d432cc05758efb27f61a5080105cc78f"


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / name).read_text("utf-8"))


@dataclass
class Asked:
    """One request, as it came."""

    method: str
    path: str
    query: dict[str, list[str]]
    body: Any
    headers: dict[str, str]

    def one(self, name: str, default: str = "") -> str:
        return self.query.get(name, [default])[0]


Answer = tuple[int, Any] | tuple[int, Any, dict[str, str]]


@dataclass
class Platform:
    """A running server: its address, what it was asked, and what it says instead of its answer."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    instead: list[Answer | None] = field(default_factory=list)
    """Answers that come first, one per request; None is the usual one."""

    def paths(self) -> list[str]:
        return [one.path for one in self.asked]


@contextmanager
def serving(answer: Callable[[Asked], Answer]) -> Iterator[Platform]:
    """A server whose every answer is made by a function."""
    platform = Platform()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            parts = urlsplit(self.path)
            size = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(size)) if size else None
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, parts.path, parse_qs(parts.query), body, headers)
            platform.asked.append(asked)
            said = platform.instead.pop(0) if platform.instead else None
            status, content, *more = said or answer(asked)
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in (more[0] if more else {}).items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = _answer

        def log_message(self, *_words: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    platform.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield platform
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def paged(rows: list[Any], asked: Asked, start: str) -> tuple[list[Any], str | None]:
    """One page of a list and where the next one begins."""
    size, first = int(asked.one("limit", "100")), int(start or 0)
    following = first + size
    return rows[first:following], str(following) if following < len(rows) else None


def phoenix(asked: Asked) -> Answer:
    spans, notes = payload("phoenix_spans.json")["data"], payload("phoenix_span_annotations.json")
    what = asked.path.rpartition("/")[2]
    if what == "spans":
        wanted = asked.query.get("trace_id")
        found = [one for one in spans if not wanted or one["context"]["trace_id"] in wanted]
        since = asked.one("start_time")
        found = [one for one in found if not since or one["start_time"] >= since]
        page, following = paged(found, asked, asked.one("cursor"))
        return 200, {"data": page, "next_cursor": following}
    if what == "span_annotations":
        ids = asked.query["span_ids"]
        found = [one for one in notes["data"] if one["span_id"] in ids]
        return 200, {"data": found, "next_cursor": None}
    return 404, {"detail": "Not Found"}


def mlflow(asked: Asked) -> Answer:
    whole = payload("mlflow_rest_trace_get.json")["trace"]
    infos = payload("mlflow_rest_traces_search.json")["traces"]
    if "/experiments/" in asked.path:
        return 200, {"experiment": {"experiment_id": "1", "name": "support-bot"}}
    if asked.path.endswith("/search"):
        first = int(asked.body.get("page_token") or 0)
        last = first + asked.body["max_results"]
        more = {"next_page_token": str(last)} if last < len(infos) else {}
        return 200, {"traces": infos[first:last], **more}
    if asked.path.endswith("/batchGet"):
        known = {info["trace_id"]: info for info in infos}
        return 200, {
            "traces": [{**whole, "trace_info": known[one]} for one in asked.query["trace_ids"]]
        }
    return 404, {"error_code": "NOT_FOUND"}


def langfuse(asked: Asked) -> Answer:
    rows = [
        {"id": name, "traceId": TRACE, "type": "GENERATION", "level": "DEFAULT",
         "startTime": f"2026-11-21T06:49:4{place}Z", "endTime": "2026-11-21T06:49:49Z",
         "input": '[{"role": "user", "content": "Hello?"}]', "output": "Hi.", "sessionId": "s-1",
         "tags": ["prod"], "usageDetails": {"input": 3, "output": 1}, "model": "fake-mini"}
        for place, name in enumerate(("first", "65e8795d35bd8c83", "last"))
    ]  # fmt: skip
    scores = [
        {**{key: one[key] for key in ("id", "name", "value", "dataType", "timestamp", "comment")
            if key in one}, "source": "API",
         "subject": {"kind": "observation", "id": one["observationId"], "traceId": one["traceId"]}
         if "observationId" in one else {"kind": "trace", "id": one["traceId"]}}
        for one in payload("langfuse_scores_post.json")
    ]  # fmt: skip
    lists = {"/api/public/v2/observations": rows, "/api/public/v3/scores": scores}
    if asked.path in lists:
        page, following = paged(lists[asked.path], asked, asked.one("cursor"))
        return 200, {"data": page, "meta": {"cursor": following} if following else {}}
    if asked.path == "/api/public/dataset-items":
        item = {**payload("langfuse_dataset_item_post.json"), "sourceObservationId": "last"}
        return 200, {"data": [item], "meta": {"page": 1, "totalPages": 1}}
    if asked.path == "/api/public/traces":
        number = int(asked.one("page"))
        return 200, {"data": [{"id": f"t-{number}"}], "meta": {"page": number, "totalPages": 2}}
    if asked.path.startswith("/api/public/traces/"):
        name = asked.path.rpartition("/")[2]
        parts = [{**one, "id": f"{name}-{one['id']}", "traceId": name} for one in rows]
        return 200, {"id": name, "timestamp": "2026-11-21T06:49:40Z", "userId": "u-1",
                     "observations": parts, "scores": [{**scores[0], "subject": None}]}  # fmt: skip
    if asked.path == "/api/public/projects":
        return 200, {"data": [{"name": "support-bot"}]}
    return 404, {"message": "Not Found"}


def langsmith(asked: Asked) -> Answer:
    runs: dict[str, Any] = {}
    for number in (1, 2, 5):
        part = payload(f"langsmith_{number}_runs_batch.json")
        for one in part.get("post", []) + part.get("patch", []):
            runs.setdefault(one["id"], {}).update({k: v for k, v in one.items() if v})
    if asked.path == "/sessions":
        return 200, [{"id": "6f1c1a52-6a0e-4f0a-9a9a-3a6f0a1b2c3d", "name": asked.one("name")}]
    if asked.path.startswith("/sessions/"):
        return 200, {"id": asked.path.rpartition("/")[2], "name": "support-bot"}
    if asked.path == "/runs/query":
        kind = asked.body.get("run_type")
        found = [one for one in runs.values() if kind is None or one["run_type"] == kind]
        if asked.body.get("is_root"):
            found = [one for one in found if not one.get("parent_run_id")]
        first = int(asked.body.get("cursor") or 0)
        last = first + asked.body["limit"]
        following = str(last) if last < len(found) else None
        return 200, {"runs": found[first:last], "cursors": {"next": following}}
    if asked.path == "/feedback":
        said = [payload("langsmith_3_feedback.json"), payload("langsmith_4_feedback.json")]
        return 200, [one for one in said if one["run_id"] in asked.query["run"]]
    return 404, {"detail": "Not Found"}


SERVERS: dict[str, Callable[[Asked], Answer]] = {
    "phoenix": phoenix, "mlflow": mlflow, "langfuse": langfuse, "langsmith": langsmith
}  # fmt: skip
