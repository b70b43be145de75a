"""Where and how a system fails, in the shapes of the public contract: rates, patterns, changes.

Every figure comes from `analysis`; here outcomes are chosen, aligned and named.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

import analysis
from analysis import Figure
from labeling.attributes import ATTRIBUTES, attributes, to_draw, weeks
from labeling.errors import InvalidLabel
from labeling.failing import (
    GIVEN,
    Failing,
    failing_of,
    failure_rating,
    issues_given,
    with_attributes,
)
from labeling.fields import Tags
from labeling.outcomes import Evidence, evidence, outcomes, settled_tasks
from labeling.reports import first_tags
from labeling.weighing import by_segment, estimate_of, sampled_tasks, survey_of
from storage import Session
from storage.queries import queues
from storage.queries.attributes import task_texts

SERIES = ("category", "model")
"""Attributes whose values are series of their own in the search for changes."""
FEWEST_IN_PERIOD = 20
"""Labelled tasks from which a period, or a side of a change, gets a rate of its own."""
MOST_PERIODS = 60
NOT_RATED = "no rating of the guideline has failure_below"


@dataclass(frozen=True)
class Asked:
    """How deep failures are looked into."""

    depth: int = 2
    """1: single values of attributes; 2: pairs as well."""
    by: tuple[str, ...] = ATTRIBUTES
    clusters: bool = False
    """Whether to group the texts that fail."""
    vectors: Mapping[tuple[str, str], Sequence[float]] | None = None
    """Embeddings by source and id of the interaction, to group by; None: by words."""

    def __post_init__(self) -> None:
        if self.depth not in (1, 2):
            raise InvalidLabel("depth", f"{self.depth} is neither", "1 or 2")
        if strange := [one for one in self.by if one not in ATTRIBUTES]:
            hint = f"possible: {', '.join(ATTRIBUTES)}"
            raise InvalidLabel("by", f"there is no attribute {strange[0]!r:.80}", hint)


def failures_report(
    session: Session,
    queue_name: str,
    now: datetime,
    asked: Asked | None = None,
    *,
    said: Evidence | None = None,
) -> dict[str, Any]:
    """How often the system fails, with which issues, where more than elsewhere, and since when.

    `said` is the evidence where it was read already.
    """
    asked = asked or Asked()
    queue = queues.queue_named(session, queue_name)
    found = said or evidence(session, queue, now)
    tags = first_tags(found.forms.fields)
    rating = failure_rating(found)
    known = attributes(session, queue.id, found.chances)
    report: dict[str, Any] = {
        "queue": queue.name,
        "field": rating.name if rating else None,
        "threshold": rating.failure_below if rating else None,
        "settled": 0,
        "issues": _issues(found, tags) if tags else [],
        "by": {},
        "patterns": [],
        "tested": 0,
        "repeating": 0,
        "together": _together(found, tags, known) if tags else [],
        "clusters": [] if asked.clusters else None,
        "trend": {"by": None, "periods": []},
        "changes": {"moments": [], "releases": []},
    }
    if rating is None:
        return report | {"failure_rate": Figure.undefined(NOT_RATED).to_json()}
    failing = failing_of(found, rating, known)
    report["unweighted_failure_rate"] = analysis.plain_mean(failing.every["y"].to_numpy()).to_json()
    plain = sampled_tasks(found, failing.every)
    report["settled"] = settled_tasks(plain)
    report["failure_rate"] = estimate_of(found, rating, plain, None).to_json()
    report["by"] = by_segment(found, rating, plain, None)
    if failing.survey is None or not len(failing.sampled):
        return report
    report |= _patterns(failing, asked) | _over_time(failing)
    if asked.clusters:
        report["clusters"] = _clusters(session, failing, asked)
    return report


def _patterns(failing: Failing, asked: Asked) -> dict[str, Any]:
    """The slices that fail more often, and what a draw would be told to look at each."""
    frame, survey = failing.sampled, failing.survey
    by = [name for name in asked.by if _varies(frame[name])]
    if survey is None:
        return {}
    search = analysis.failure_slices(frame, by, survey, depth=asked.depth)
    return {
        "patterns": [one.to_json() | {"draw": to_draw(one.where)} for one in search.patterns],
        "tested": search.tested,
        "repeating": search.repeating,
    }


def _varies(column: "pd.Series[Any]") -> bool:
    """Whether a column cuts the tasks into parts at all."""
    values = {tuple(one) if isinstance(one, list) else one for one in column}
    return len(values) > 1


def _over_time(failing: Failing) -> dict[str, Any]:
    frame, survey = failing.sampled, failing.survey
    if survey is None:
        return {}
    unit, labels = _periods(frame["created_at"])
    figures = analysis.estimate_by(frame.assign(period=labels), "period", survey)
    series = [name for name in SERIES if _varies(frame[name])]
    moments = analysis.change_points(
        frame, series, survey, at="created_at", support=analysis.Support(FEWEST_IN_PERIOD)
    )
    column = "release" if frame["release"].nunique() > 1 else "variant"
    releases = analysis.releases(frame, column, survey, at="created_at")
    return {
        "trend": {
            "by": unit,
            "periods": [{"period": one, "rate": fig.to_json()} for one, fig in figures.items()],
        },
        "changes": {
            "moments": [_dated(one.to_json()) for one in moments],
            "releases": [one.to_json() for one in releases],
        },
    }


def _dated(change: dict[str, Any]) -> dict[str, Any]:
    """A change whose moments are times of the calendar."""
    return change | {key: change[key].to_pydatetime() for key in ("since", "until")}


def _periods(moments: "pd.Series[Any]") -> tuple[str, "pd.Series[Any]"]:
    """Days, weeks or months: the shortest of which half hold enough tasks for a rate."""
    told = {
        "day": moments.dt.strftime("%Y-%m-%d"),
        "week": weeks(moments),
        "month": moments.dt.strftime("%Y-%m"),
    }
    for unit, labels in told.items():
        counts = labels.value_counts()
        if counts.median() >= FEWEST_IN_PERIOD and len(counts) <= MOST_PERIODS:
            return unit, labels
    return "month", told["month"]


def _together(found: Evidence, tags: Tags, known: pd.DataFrame) -> list[dict[str, Any]]:
    """Issues that come together more often than by chance."""
    if found.design is None:
        return []
    frame = outcomes(found, tags, of=tags.categories[0]).drop(columns="y")
    sampled = with_attributes(sampled_tasks(found, frame), known)
    given = issues_given(found, tags)
    sampled["given"] = pd.Series([given.get(task, []) for task in sampled["task"]], dtype=object)
    told = analysis.together(sampled, "given", survey_of(found, tags, sampled))
    return [one.to_json() for one in told]


def _clusters(session: Session, failing: Failing, asked: Asked) -> list[dict[str, Any]]:
    """Texts that fail and are alike."""
    frame, survey, vectors = failing.sampled, failing.survey, None
    if asked.vectors is not None:
        keys = list(zip(frame["source"], frame["interaction_id"], strict=True))
        embedded = np.array([key in asked.vectors for key in keys], dtype=bool)
        frame = frame[embedded]
        vectors = np.array(
            [asked.vectors[key] for key, there in zip(keys, embedded, strict=True) if there]
        )
    if survey is None or not len(frame):
        return []
    said = dict(task_texts(session, frame["interaction"].tolist()))
    texts = [said.get(one, "") for one in frame["interaction"]]
    found = analysis.failure_clusters(frame, texts, survey, vectors=vectors)
    return [one.to_json() for one in found]


def _issues(found: Evidence, tags: Tags) -> list[dict[str, Any]]:
    """Every tag, the most frequent first: its rate, and how many tasks have it."""
    rows = []
    for tag in tags.categories:
        said = outcomes(found, tags, of=tag)
        frame = sampled_tasks(found, said)
        rows.append(
            {
                "tag": tag,
                "count": int((said["y"] >= GIVEN).sum()),
                "rate": estimate_of(found, tags, frame, None).to_json(),
                "by": by_segment(found, tags, frame, None),
            }
        )
    return sorted(rows, key=lambda row: (-(row["rate"]["value"] or 0.0), -row["count"]))
