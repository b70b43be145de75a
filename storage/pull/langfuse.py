"""Pulling from Langfuse: generations, then scores, then the items of a dataset.

The second version of its interface (Langfuse Cloud, version 4 on own machines) gives observations
and scores by cursor; an older server (option api=v1) gives traces, each fetched whole.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from storage.errors import BadRow
from storage.pull.page import Asked, Page, cursor_in, numbered, rows_in
from storage.sources.brought import inner
from storage.sources.jsonl import Row
from storage.sources.langfuse import read

_PUBLIC = "/api/public"
_FIELDS = "core,basic,time,io,metadata,model,usage,prompt,trace_context"
MOST = 100


@dataclass(frozen=True)
class Langfuse:
    """A project of Langfuse, which is the one that the keys belong to."""

    asked: Asked

    @property
    def stages(self) -> tuple[str, ...]:
        """Observations before scores, so that these find their interaction."""
        first = ("traces",) if self._old else ("observations", "scores")
        return (*first, "items") if self.asked.options.get("dataset") else first

    @property
    def _old(self) -> bool:
        return self.asked.options.get("api") == "v1"

    def check(self) -> str:
        """The name of the project."""
        rows = rows_in(self.asked.api.get(f"{_PUBLIC}/projects"), "data")
        names = [str(row.get("name")) for _, row in rows if not isinstance(row, BadRow)]
        return f"project {', '.join(names)[:200]}"

    def page(self, stage: str, cursor: str | None) -> Page:
        """One page of a stage."""
        if stage == "observations":
            more = {"fields": _FIELDS, "type": "GENERATION", "limit": self.asked.size}
            return self._by_cursor("v2/observations", "StartTime", more, cursor)
        if stage == "scores":
            size = min(self.asked.size, MOST)
            more = {"fields": "details,subject,annotation", "limit": size}
            return self._by_cursor("v3/scores", "Timestamp", more, cursor)
        if stage == "items":
            dataset = {"datasetName": self.asked.options["dataset"]}
            return self._by_number("dataset-items", dataset, cursor, whole=False)
        window = {**self._window("Timestamp"), "orderBy": "timestamp.asc"}
        return self._by_number("traces", window, cursor, whole=True)

    def _window(self, what: str) -> dict[str, str]:
        found = {f"to{what}": self.asked.until.isoformat()}
        if self.asked.since is not None:
            found[f"from{what}"] = self.asked.since.isoformat()
        return found

    def _by_cursor(self, path: str, what: str, more: dict[str, Any], cursor: str | None) -> Page:
        params = {**more, **self._window(what)}
        if cursor is not None:
            params["cursor"] = cursor
        answer = self.asked.api.get(f"{_PUBLIC}/{path}", params)
        brought = read(rows_in(answer, "data"), self.asked.scales)
        return Page(brought, cursor_in(inner(answer, "meta"), "cursor"))

    def _by_number(
        self, path: str, more: dict[str, Any], cursor: str | None, *, whole: bool
    ) -> Page:
        number = int(cursor or 1)
        params = {**more, "page": number, "limit": min(self.asked.size, MOST)}
        answer = self.asked.api.get(f"{_PUBLIC}/{path}", params)
        rows = rows_in(answer, "data")
        brought = read(self._whole(rows) if whole else rows, self.asked.scales)
        pages = inner(answer, "meta").get("totalPages")
        more_there = rows and isinstance(pages, int) and number < pages
        return Page(brought, str(number + 1) if more_there else None)

    def _whole(self, rows: list[Row]) -> list[Row]:
        """Each trace with its observations and scores."""
        return numbered(
            [
                row
                if isinstance(row, BadRow) or not isinstance(row.get("id"), str)
                else self.asked.api.get(f"{_PUBLIC}/traces/{quote(row['id'], safe='')}")
                for _, row in rows
            ]
        )
