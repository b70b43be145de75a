"""Pulling from Phoenix: spans first, then what was said of them."""

from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from storage.errors import BadRow, PullFault
from storage.pull.page import Asked, Page, batches, cursor_in, rows_in, walk
from storage.sources.brought import Brought, faults_of
from storage.sources.jsonl import Row
from storage.sources.phoenix import add_annotation, is_whole_answer, read_spans, span_of

IDS = 50
"""Spans or traces that are asked for by name at once."""
MOST = 1_000
_ABSENT = (404, 405, 422)


@dataclass(frozen=True)
class Phoenix:
    """A project of Phoenix 10 or later."""

    asked: Asked
    stages = ("spans", "annotations")

    def check(self) -> str:
        """How many spans there are at least."""
        found = rows_in(self.asked.api.get(self._path("spans"), {"limit": 1}), "data")
        return f"project {self.asked.project}: {'has spans' if found else 'no spans yet'}"

    def page(self, stage: str, cursor: str | None) -> Page:
        """One page of spans with their interactions, or with their annotations."""
        answer = self.asked.api.get(self._path("spans"), self._window(cursor))
        rows = rows_in(answer, "data")
        brought = self._interactions(rows) if stage == "spans" else self._annotations(rows)
        return Page(brought, cursor_in(answer, "next_cursor"))

    def _path(self, what: str) -> str:
        return f"/v1/projects/{quote(self.asked.project or '', safe='')}/{what}"

    def _window(self, cursor: str | None) -> dict[str, Any]:
        found: dict[str, Any] = {
            "limit": self.asked.size, "end_time": self.asked.until.isoformat()
        }  # fmt: skip
        if self.asked.since is not None:
            found["start_time"] = self.asked.since.isoformat()
        return found if cursor is None else {**found, "cursor": cursor}

    def _interactions(self, rows: list[Row]) -> Brought:
        faults = Brought()
        spans = _spans(rows, faults)
        around = _spans(self._rest_of(_incomplete(spans)), Brought())
        extra = around.keys() - spans.keys()
        found = read_spans({**around, **spans}, set(extra))
        found.interactions += faults.interactions
        return found

    def _rest_of(self, traces: set[str]) -> list[Row]:
        """The spans of traces that a page shows in part."""
        found: list[Row] = []
        for some in batches(traces, IDS):
            wanted = set(some)
            for index, row in walk(partial(self._of_traces, some)):
                # an older Phoenix knows no such filter and answers with anything
                if isinstance(row, BadRow) or _trace_of(row) not in wanted:
                    return found
                found.append((index, row))
        return found

    def _of_traces(self, traces: list[str], cursor: str | None) -> tuple[list[Row], str | None]:
        params = [("limit", MOST), *(("trace_id", one) for one in traces)]
        params += [] if cursor is None else [("cursor", cursor)]
        answer = self.asked.api.get(self._path("spans"), params)
        return rows_in(answer, "data"), cursor_in(answer, "next_cursor")

    def _annotations(self, rows: list[Row]) -> Brought:
        found = Brought()
        spans = _spans(rows, Brought())
        traces = {name: span["trace_id"] for name, span in spans.items()}
        for kind, ids in (("span", set(traces)), ("trace", set(map(str, traces.values())))):
            for some in batches(ids, IDS):
                for index, row in walk(partial(self._said_of, kind, some)):
                    with faults_of(found.feedback, index):
                        if isinstance(row, BadRow):
                            raise row
                        add_annotation(index, row, found, self.asked.scales, traces=traces)
        return found

    def _said_of(
        self, kind: str, ids: list[str], cursor: str | None
    ) -> tuple[list[Row], str | None]:
        params = [("limit", MOST), *((f"{kind}_ids", one) for one in ids)]
        params += [] if cursor is None else [("cursor", cursor)]
        try:
            answer = self.asked.api.get(self._path(f"{kind}_annotations"), params)
        except PullFault as error:
            if kind == "trace" and error.status in _ABSENT:  # an older Phoenix has none
                return [], None
            raise
        return rows_in(answer, "data"), cursor_in(answer, "next_cursor")


def _spans(rows: list[Row], faults: Brought) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for index, row in rows:
        with faults_of(faults.interactions, index):
            if isinstance(row, BadRow):
                raise row
            span = span_of(row)
            found[str(span["span_id"])] = {**span, "index": index}
    return found


def _incomplete(spans: dict[str, Any]) -> set[str]:
    """Traces of which another page may hold the call of the model, or the session."""
    of_models = {one["trace_id"] for one in spans.values() if one["span_kind"] == "LLM"}
    found = set()
    for span in spans.values():
        parent, trace = span["parent_id"], span["trace_id"]
        lost = span["span_kind"] == "LLM" and parent and parent not in spans
        bare = lost and not {"session.id", "user.id"} <= span["attributes"].keys()
        whole = not parent and trace not in of_models and is_whole_answer(span)
        if (bare or whole) and isinstance(trace, str):
            found.add(trace)
    return found


def _trace_of(row: Any) -> Any:
    context = row.get("context")
    return context.get("trace_id") if isinstance(context, dict) else None
