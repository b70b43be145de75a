"""What a lead may know of each annotator: chosen and aligned here, figured out in `analysis`.

People are told by name and never ranked. It tells what came of hidden checks: for leads alone.
"""

from collections import Counter
from collections.abc import Mapping
from math import isfinite
from typing import Any

import pandas as pd

import analysis
from analysis import BesideOthers, Contrast, Figure
from labeling.differences import farthest
from labeling.errors import InvalidLabel
from labeling.fields import Boolean, Choice, Field, Rating, Tags
from labeling.forms import forms_of
from labeling.marks import gold_marks, quick_marks, repeat_marks, verdict_marks
from labeling.outcomes import compared, of_field
from labeling.reports import chosen_field
from storage import Session, frames
from storage.queries import queues

TOLD = (Rating, Tags, Choice, Boolean)
NOTEWORTHY = 0.05
"""Of a share, or of the length of a scale: what is smaller may be sure, and still not matter."""
ONLY_LOWER = ("gold", "verdicts", "agreement", "repeats")
"""Measures in which nobody is remarked upon for being better than the others."""
NOTHING = Figure.undefined("none so far")


def annotators_report(
    session: Session, queue_name: str, *, field: str | None = None
) -> dict[str, Any]:
    """Per annotator and for one field: accuracy, agreement, leniency, pace, order, repeats.

    Raises
    ------
    NotFound
        If there is no such queue.
    InvalidLabel
        If the field cannot be reported.
    """
    queue = queues.queue_named(session, queue_name)
    forms = forms_of(session, queue)
    asked = chosen_field(forms.fields, field, TOLD)
    labels = frames.labels(session, queue.id)
    labels = labels[labels["role"] != "qualification"]
    answers = of_field(compared(labels), asked, forms)
    beside = _beside(answers, asked)
    marks = {
        "gold": gold_marks(session, queue.id, asked),
        "verdicts": verdict_marks(session, queue.id, asked, answers),
        "repeats": repeat_marks(labels, asked, forms),
        "quick": quick_marks(labels, queue.min_seconds),
    }
    contrasts = [*beside.contrasts, *_verdict_contrasts(marks["verdicts"])]
    for measure in ("gold", "repeats", "quick"):
        contrasts += _share_contrasts(measure, marks[measure])
    clear = [one for one in analysis.standing_out(contrasts) if _matters(one, asked)]
    work = _work(labels, answers, beside)
    parts = _Parts(beside, marks, work, asked)
    people = sorted(set(labels["annotator"]))
    differing = farthest(session, answers, asked)
    counts = Counter(labels["annotator"])
    return {
        "queue": queue.name,
        "field": asked.name,
        "scale": asked.scale,
        "categories": list(asked.categories),
        "looked_at": sum(isfinite(one.p_value) for one in contrasts),
        "min_seconds": queue.min_seconds,
        "team": parts.team(),
        "annotators": [
            {
                "annotator": name,
                "labels": counts[name],
                **parts.person(name),
                "stands_out": [_told(one) for one in clear if one.annotator == name],
                "differs_most": differing.get(name, []),
            }
            for name in people
        ],
    }


def one_annotator(report: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The part of a report that is about one person.

    Raises
    ------
    InvalidLabel
        If they have no label in the queue.
    """
    for one in report["annotators"]:
        if one["annotator"] == name:
            return dict(one)
    there = ", ".join(one["annotator"] for one in report["annotators"]) or "nobody"
    raise InvalidLabel("annotator", f"{name!r:.80} has not labelled here", f"there are: {there}")


def _beside(answers: pd.DataFrame, asked: Field) -> BesideOthers:
    if isinstance(asked, Tags):
        return analysis.tags_beside_others(answers, asked.categories)
    values = list(asked.categories) if isinstance(asked, Rating) else None
    return analysis.beside_others(answers, asked.categories, values)


def _share_contrasts(measure: str, marks: pd.DataFrame) -> list[Contrast]:
    told = marks.groupby("annotator", sort=True)["right"].agg(["sum", "size"])
    names = [str(name) for name in told.index]
    return analysis.share_contrasts(measure, names, told["sum"], told["size"])


def _verdict_contrasts(marks: pd.DataFrame) -> list[Contrast]:
    """Against the others on the same tasks: only disputed ones come before somebody who decides."""
    beside = analysis.with_others(marks)
    right = marks["right"].to_numpy(dtype=float)[beside.row]
    return analysis.task_contrasts("verdicts", beside, beside.apart(right), right)


def _matters(one: Contrast, asked: Field) -> bool:
    """Whether a difference is large enough, and of a kind, to be talked over."""
    gap = one.difference.value
    if (one.measure in ONLY_LOWER and gap > 0) or (one.measure == "quick" and gap < 0):
        return False
    length = 1.0
    if one.measure == "leniency" and isinstance(asked, Rating):
        length = asked.max - asked.min
    return abs(gap) >= NOTEWORTHY * length


def _work(labels: pd.DataFrame, answers: pd.DataFrame, beside: BesideOthers) -> pd.DataFrame:
    """Labels as they were made, corrections left out: when, how long, and beside the others."""
    first = labels[(labels["revision"] == 1) & (labels["role"] != "import")]
    said = answers.loc[beside.rows["row"], ["task", "annotator"]].reset_index(drop=True)
    said = said.assign(alike=beside.rows["alike"], apart=beside.rows["apart"], round=0)
    made = first[["task", "annotator", "round", "created_at", "seconds"]]
    made = made.merge(said, on=["task", "annotator", "round"], how="left")
    return made.rename(columns={"created_at": "at"}).astype({"seconds": "float64"})


class _Parts:
    """The figures of a report, looked up by person."""

    def __init__(
        self, beside: BesideOthers, marks: Mapping[str, pd.DataFrame], work: pd.DataFrame,
        asked: Field,
    ) -> None:  # fmt: skip
        self.beside, self.marks, self.asked = beside, marks, asked
        alike = [one for one in beside.contrasts if one.measure == "agreement"]
        self.expected = {one.annotator: one.others for one in alike}
        self.shares = {
            key: analysis.accuracy(one["right"], one["annotator"]) for key, one in marks.items()
        }
        self.pace = analysis.median_seconds(work["seconds"], work["annotator"])
        everybody = pd.Series(["all"] * len(work))
        self.team_pace = analysis.median_seconds(work["seconds"], everybody).get("all", NOTHING)
        self.order = analysis.order_effects(work)
        self.kappa = self._repeat_kappa()

    def _repeat_kappa(self) -> Mapping[str, Figure]:
        if isinstance(self.asked, Tags):
            return {}
        values = list(self.asked.categories) if isinstance(self.asked, Rating) else None
        twice = self.marks["repeats"]
        return analysis.repeat_consistency(twice, self.asked.categories, values).kappa

    def team(self) -> dict[str, Any]:
        """Everybody together."""
        told: dict[str, Any] = {}
        for key, one in self.marks.items():
            everybody = pd.Series(["all"] * len(one))
            told[key] = analysis.accuracy(one["right"], everybody).get("all", NOTHING).to_json()
        order = {key: one.to_json() for key, one in self._asked_order(self.order.team).items()}
        return told | {"median_seconds": self.team_pace.to_json(), "order": order}

    def person(self, name: str) -> dict[str, Any]:
        """Every figure of one person; what there is nothing of is undefined."""
        told: dict[str, Any] = {
            key: one.get(name, NOTHING).to_json() for key, one in self.shares.items()
        }
        beside, alone = self.beside, Figure.undefined("no task shared with others")
        told["agreement"] = beside.agreement.get(name, alone).to_json()
        told["agreement_expected"] = self.expected.get(name)
        if not isinstance(self.asked, Tags):
            told["kappa"] = beside.kappa.get(name, alone).to_json()
            told["repeats_kappa"] = self.kappa.get(name, NOTHING).to_json()
            table = beside.confusion.get(name)
            told["confusion"] = None if table is None else table.round(3).tolist()
        if isinstance(self.asked, Rating):
            told["leniency"] = beside.leniency.get(name, alone).to_json()
            told["leniency_alone"] = beside.plain_leniency.get(name, alone).to_json()
        else:
            own = [one for one in beside.options if one.annotator == name]
            told["options"] = [_told(one) for one in own]
        told["median_seconds"] = self.pace.get(name, NOTHING).to_json()
        found = self._asked_order(self.order.people.get(name, {}))
        return told | {"order": {key: one.to_json() for key, one in found.items()}}

    def _asked_order(self, found: Mapping[str, Figure]) -> dict[str, Figure]:
        names = {"seconds": "seconds", "alike": "agreement", "apart": "leniency"}
        told = {names[key]: one for key, one in found.items()}
        if not isinstance(self.asked, Rating):
            told.pop("leniency", None)
        return told


def _told(one: Contrast) -> dict[str, Any]:
    """A contrast in the public shape."""
    return {
        "measure": one.measure,
        "option": one.option,
        "value": one.value,
        "others": one.others,
        "difference": one.difference.to_json(),
        "left_aside": list(one.aside),
        "q_value": one.q_value if isfinite(one.q_value) else None,
    }
