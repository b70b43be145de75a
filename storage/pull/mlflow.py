"""Pulling from MLflow 3: a search of traces, and the spans of those that are new."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from storage.errors import BadRow, PullFault
from storage.pull.page import Asked, Page, batches, cursor_in, rows_in
from storage.sources.brought import Brought, faults_of, inner, listed, mapping
from storage.sources.mlflow import (
    add_assessments,
    interaction_of,
    is_finished,
    parts_of,
)

IDS = 20
_V3 = "/api/3.0/mlflow/traces"
_EXPERIMENTS = "/api/2.0/mlflow/experiments"
_ARTIFACT = "/ajax-api/2.0/mlflow/get-trace-artifact"
_STORED = ("TRACKING_STORE", "ARCHIVE_REPO")


@dataclass(frozen=True)
class Mlflow:
    """An experiment of MLflow 3."""

    asked: Asked
    stages = ("traces",)

    def check(self) -> str:
        """Which experiment it is."""
        asked = {"experiment_id": self._experiment}
        found = inner(self.asked.api.get(f"{_EXPERIMENTS}/get", asked), "experiment")
        return f"experiment {self._experiment}: {str(found.get('name'))[:200]}"

    def page(self, stage: str, cursor: str | None) -> Page:  # noqa: ARG002 - there is one stage
        """One page of traces that have ended, with their assessments."""
        answer = self.asked.api.post(f"{_V3}/search", self._question(cursor))
        # an empty list is left out of the answer
        infos = rows_in({"traces": [], **answer}, "traces")
        found = Brought()
        good = []
        for index, info in infos:
            with faults_of(found.interactions, index):
                good.append((index, _checked(info)))
        ended = [(index, info) for index, info in good if is_finished(info)]
        found.passed += len(good) - len(ended)
        self._add(ended, found)
        return Page(found, cursor_in(answer, "next_page_token"))

    def _question(self, cursor: str | None) -> dict[str, Any]:
        where = [f"attributes.timestamp_ms < {_epoch(self.asked.until)}"]
        if self.asked.since is not None:
            where.append(f"attributes.timestamp_ms >= {_epoch(self.asked.since)}")
        place = {
            "type": "MLFLOW_EXPERIMENT",
            "mlflow_experiment": {"experiment_id": self._experiment},
        }
        found = {
            "locations": [place],
            "filter": " AND ".join(where),
            "max_results": self.asked.size,
            "order_by": ["attributes.timestamp_ms ASC"],
        }
        return found if cursor is None else {**found, "page_token": cursor}

    @cached_property
    def _experiment(self) -> str:
        """The id of the experiment, which may be given by name."""
        project = self.asked.project or ""
        if project.isascii() and project.isdigit():
            return project
        path, asked = f"{_EXPERIMENTS}/get-by-name", {"experiment_name": project}
        found = inner(self.asked.api.get(path, asked), "experiment").get("experiment_id")
        if not isinstance(found, str):
            raise PullFault(f"there is no experiment {project!r}")
        return found

    def _add(self, infos: list[tuple[int, Mapping[str, Any]]], found: Brought) -> None:
        """Interactions of traces that are new; what was said also of those that are here."""
        known = self.asked.known({str(info["trace_id"]) for _, info in infos})
        fresh = [info for _, info in infos if info["trace_id"] not in known]
        spans = self._spans_of(fresh)
        found.passed += len(fresh) - len(spans)
        for index, info in infos:
            with faults_of(found.interactions, index):
                if (trace := spans.get(str(info["trace_id"]))) is not None:
                    _, parts = parts_of({"info": info, "data": {"spans": trace}})
                    found.interactions.append((index, interaction_of(info, parts)))
                add_assessments(index, info, found, self.asked.scales)

    def _spans_of(self, infos: list[Mapping[str, Any]]) -> dict[str, list[Any]]:
        """Spans by the id of their trace; traces whose spans are not there yet are missing."""
        found: dict[str, list[Any]] = {}
        stored = {str(info["trace_id"]) for info in infos if _is_stored(info)}
        for some in batches(stored, IDS):
            found |= self._together(some)
        for info in infos:
            name = str(info["trace_id"])
            path = f"{_V3}/get" if name in stored else _ARTIFACT
            key = "trace_id" if name in stored else "request_id"
            if name not in found and (spans := self._alone(path, {key: name})):
                found[name] = spans
        return found

    def _together(self, ids: list[str]) -> dict[str, list[Any]]:
        """Spans of several traces; none when one of them spoils it or nothing can do that."""
        params = [("trace_ids", one) for one in ids]
        try:
            answer = self.asked.api.get(f"{_V3}/batchGet", params, tries=1)
        except PullFault as error:
            if error.status in (None, 401, 403, 429):
                raise
            return {}
        rows = [row for _, row in rows_in({"traces": [], **answer}, "traces")]
        return {
            str(inner(row, "trace_info").get("trace_id")): listed(row.get("spans"))
            for row in rows
            if not isinstance(row, BadRow)
        }

    def _alone(self, path: str, params: dict[str, str]) -> list[Any]:
        """Spans of one trace; none when they cannot be had, which the next pull tries again."""
        try:
            answer = self.asked.api.get(path, params, tries=1)
        except PullFault as error:
            if error.status in (None, 401, 403, 429):
                raise
            return []
        return listed(answer.get("spans")) or listed(inner(answer, "trace").get("spans"))


def _is_stored(info: Mapping[str, Any]) -> bool:
    """Whether the server keeps the spans itself; else they are a file beside it, or yet to come."""
    return inner(info, "tags").get("mlflow.trace.spansLocation") in _STORED


def _checked(info: Any) -> Mapping[str, Any]:
    if isinstance(info, BadRow):
        raise info
    if not isinstance(mapping(info, "trace").get("trace_id"), str):
        raise BadRow("trace_id", "missing", "a trace of MLflow 3")
    return mapping(info, "trace")


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
