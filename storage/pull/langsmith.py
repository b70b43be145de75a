"""Pulling from LangSmith: runs of models first, then the feedback on them and on their roots."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any
from uuid import UUID

from storage.errors import BadRow, PullFault
from storage.pull.page import Asked, Page, batches, cursor_in, numbered, rows_in, walk
from storage.sources.brought import Brought, faults_of, inner
from storage.sources.jsonl import Row
from storage.sources.langsmith import add_feedback, read_runs

IDS = 50
MOST = 100
_SELECT = ("id", "name", "run_type", "trace_id", "parent_run_id", "start_time", "end_time",
           "inputs", "outputs", "error", "extra", "tags", "total_cost", "prompt_tokens",
           "completion_tokens")  # fmt: skip


@dataclass(frozen=True)
class Langsmith:
    """A project of LangSmith; its interactions are runs of type llm, or its root runs."""

    asked: Asked
    stages = ("runs", "feedback")

    def check(self) -> str:
        """Which project it is."""
        found = self.asked.api.get(f"/sessions/{self._session}")
        return f"project {self._session}: {str(found.get('name'))[:200]}"

    def page(self, stage: str, cursor: str | None) -> Page:
        """One page of runs with their interactions, or with their feedback."""
        select = _SELECT if stage == "runs" else ("id", "trace_id")
        answer = self.asked.api.post("/runs/query", self._question(select, cursor))
        rows = rows_in(answer, "runs")
        brought = _interactions(rows) if stage == "runs" else self._feedback(rows)
        following = cursor_in(inner(answer, "cursors"), "next") if rows else None
        return Page(brought, following)

    def _question(self, select: tuple[str, ...], cursor: str | None) -> dict[str, Any]:
        found: dict[str, Any] = {
            "session": [self._session],
            "select": list(select),
            "limit": min(self.asked.size, MOST),
        }
        if self.asked.options.get("runs") == "root":
            found["is_root"] = True
        else:
            found["run_type"] = "llm"
        if self.asked.since is not None:
            found["start_time"] = self.asked.since.isoformat()
        return found if cursor is None else {**found, "cursor": cursor}

    @cached_property
    def _session(self) -> str:
        """The id of the project, which may be given by name."""
        project = self.asked.project or ""
        try:
            return str(UUID(project))
        except ValueError:
            pass
        found = self.asked.api.get_list("/sessions", {"name": project, "limit": 1})
        session = inner(found[0]).get("id") if found else None
        if not isinstance(session, str):
            raise PullFault(f"there is no project {project!r}")
        return session

    def _feedback(self, rows: list[Row]) -> Brought:
        found = Brought()
        runs = [row for _, row in rows if not isinstance(row, BadRow)]
        traces = {str(run.get("id")): run["trace_id"] for run in runs if run.get("trace_id")}
        ids = {str(run["id"]) for run in runs if run.get("id")} | set(map(str, traces.values()))
        for some in batches(ids, IDS):
            for index, row in walk(partial(self._said_of, some)):
                with faults_of(found.feedback, index):
                    if isinstance(row, BadRow):
                        raise row
                    trace = traces.get(str(row.get("run_id")), row.get("run_id"))
                    told = {"trace_id": trace, **_there(row)}
                    add_feedback(index, told, found, self.asked.scales)
        return found

    def _said_of(self, ids: list[str], cursor: str | None) -> tuple[list[Row], str | None]:
        offset = int(cursor or 0)
        params = [("limit", MOST), ("offset", offset), *(("run", one) for one in ids)]
        rows = self.asked.api.get_list("/feedback", params)
        return numbered(rows), str(offset + MOST) if len(rows) >= MOST else None


def _interactions(rows: list[Row]) -> Brought:
    runs, faults = [], Brought()
    for index, row in rows:
        if isinstance(row, BadRow):
            faults.interactions.append((index, row))
        else:
            runs.append({**row, "inputs": row.get("inputs"), "index": index})
    found = read_runs(runs)
    found.interactions += faults.interactions
    return found


def _there(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if value is not None}
