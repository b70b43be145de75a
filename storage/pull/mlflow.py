"""Pulling from MLflow 3: a search of traces, and the spans of those that are new."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from storage.errors import BadRow, PullFault
from storage.pull.page import Asked, Page, batches, cursor_in, rows_in
from storage.sources.brought import Brought, faults_of, inner, mapping
from storage.sources.jsonl import Row
from storage.sources.mlflow import (
    add_assessments,
    interaction_of,
    is_finished,
    parts_of,
)

IDS = 20
_V3 = "/api/3.0/mlflow/traces"
_ABSENT = (404, 405, 501)


@dataclass(frozen=True)
class Mlflow:
    """An experiment of MLflow 3."""

    asked: Asked
    stages = ("traces",)

    def check(self) -> str:
        """Which experiment it is."""
        return f"experiment {self._experiment}"

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
        path, asked = "/api/2.0/mlflow/experiments/get-by-name", {"experiment_name": project}
        found = inner(self.asked.api.get(path, asked), "experiment").get("experiment_id")
        if not isinstance(found, str):
            raise PullFault(f"there is no experiment {project!r}")
        return found

    def _add(self, infos: list[tuple[int, Mapping[str, Any]]], found: Brought) -> None:
        """Interactions of traces that are new; what was said also of those that are here."""
        ids = {str(info["trace_id"]) for _, info in infos}
        spans = self._spans_of(ids - self.asked.known(ids))
        for index, info in infos:
            with faults_of(found.interactions, index):
                if (trace := spans.get(str(info["trace_id"]))) is not None:
                    whole, parts = parts_of(trace)
                    found.interactions.append((index, interaction_of(whole, parts)))
                add_assessments(index, info, found, self.asked.scales)

    def _spans_of(self, ids: set[str]) -> dict[str, Mapping[str, Any]]:
        """Whole traces by their id."""
        found: dict[str, Mapping[str, Any]] = {}
        for some in batches(ids, IDS):
            for _, row in self._whole(some):
                if not isinstance(row, BadRow):
                    found[str(inner(row, "trace_info").get("trace_id"))] = row
        return found

    def _whole(self, ids: list[str]) -> list[Row]:
        try:
            params = [("trace_ids", one) for one in ids]
            answer = self.asked.api.get(f"{_V3}/batchGet", params)
            return rows_in({"traces": [], **answer}, "traces")
        except PullFault as error:
            if error.status not in _ABSENT:
                raise
        one_by_one = [self.asked.api.get(f"{_V3}/get", {"trace_id": one}) for one in ids]
        return [(place, inner(one, "trace")) for place, one in enumerate(one_by_one)]


def _checked(info: Any) -> Mapping[str, Any]:
    if isinstance(info, BadRow):
        raise info
    if not isinstance(mapping(info, "trace").get("trace_id"), str):
        raise BadRow("trace_id", "missing", "a trace of MLflow 3")
    return mapping(info, "trace")


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
