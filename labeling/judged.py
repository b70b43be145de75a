"""What a judge adds to the labels of a queue, and how far it can be believed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import pandas as pd

import analysis
from analysis import Calibration, Figure, JudgeEstimate, Survey
from labeling.errors import InvalidLabel
from labeling.fields import Boolean, Field, Rating
from labeling.judge.samples import uneven_runs
from labeling.outcomes import Evidence, evidence, outcomes
from labeling.population import JudgedPopulation, judged_population
from labeling.reports import chosen_field
from labeling.weighing import sampled_tasks, surveyed
from sampling import uniform
from storage import Session
from storage.queries import queues, scores

HALVES_SEED = 2**63 + 1
"""No draw can have it: the halves have nothing to do with who was drawn."""
JUDGEABLE = (Rating, Boolean)
NO_VERSION = "no version told"


class Asked(NamedTuple):
    """A judge beside the labels of a field."""

    name: str
    tasks: pd.DataFrame
    """Labelled tasks with `y` 1 where people passed them, `judge`, and `at`."""
    survey: Survey
    said: JudgedPopulation
    estimate: JudgeEstimate
    passes: float | None
    """The judge's value from which it passes a task; None when the field knows no failure."""
    turned: bool
    """Whether its values are the higher, the worse."""
    uneven: list[str]
    """What makes the samples that it was sent other than even ones."""


def judge_report(  # noqa: PLR0913 - what is asked, of whom, as of when
    session: Session,
    queue_name: str,
    now: datetime,
    *,
    name: str | None = None,
    field: str | None = None,
    passes: float | None = None,
    said: Evidence | None = None,
) -> dict[str, Any]:
    """What a judge saves, how often it goes with people, and whether its values hold.

    `said` is the evidence where it was read already.

    Raises
    ------
    InvalidLabel
        If there is no such judge, or no such field that a judge can be held against.
    """
    queue = queues.queue_named(session, queue_name)
    found = said or evidence(session, queue, now)
    asked = chosen_field(found.forms.fields, field, JUDGEABLE)
    frame = sampled_tasks(found, outcomes(found, asked))
    known = scores.judge_names(session)
    report: dict[str, Any] = {
        "queue": queue.name, "field": asked.name, "judges": known, "judge": None
    }  # fmt: skip
    one = _asked(session, queue.id, found, asked, frame, now, name, passes)
    if one is None:
        return report | {"reason": "no judge has scored the interactions of this queue"}
    return report | {"judge": _summary(one) | _believed(one)}


def judge_summary(  # noqa: PLR0913 - what is asked, of whom, as of when
    session: Session,
    queue_id: int,
    found: Evidence,
    field: Field,
    frame: pd.DataFrame,
    now: datetime,
    name: str | None = None,
) -> dict[str, Any] | None:
    """The estimate with a judge beside the one without; None when no judge has a say."""
    one = _asked(session, queue_id, found, field, frame, now, name, None)
    return None if one is None else _summary(one)


def _asked(  # noqa: PLR0913 - as above
    session: Session,
    queue_id: int,
    found: Evidence,
    field: Field,
    frame: pd.DataFrame,
    now: datetime,
    name: str | None,
    passes: float | None,
) -> Asked | None:
    known = scores.judge_names(session)
    if name is not None and name not in known:
        hint = f"there are: {', '.join(known)}" if known else "no judge has sent a score"
        raise InvalidLabel("name", f"there is no judge {name!r}", hint)
    if found.design is None or not known:
        return None
    ids = [int(one) for one in frame["interaction"]]
    able = [name] if name else _candidates(known, field, found.forms.fields)
    if not able:
        return None
    latest = {one: scores.latest_of(session, one, ids, now) for one in able}
    name = max(latest, key=lambda one: (_is_about(one, field, latest), -known.index(one)))
    said = judged_population(session, queue_id, found.design, name, now)
    if said.judged is None:
        return None
    values = latest[name].set_index("interaction")["value"]
    halves = uniform(frame["sample_key"].to_numpy(), HALVES_SEED) > 0.5
    judged = frame.assign(judge=frame["interaction"].map(values), half=halves.astype(int))
    tasks, survey = surveyed(found, field, judged)
    scale = (float(field.min), float(field.max)) if isinstance(field, Rating) else None
    told = analysis.estimate_with_judge(tasks, survey, said.judged, scale=scale)
    turned = bool(told.correlation.defined and told.correlation.value < 0)
    where = _passes(field, said, passes, turned=turned)
    verdicts = tasks.assign(at=tasks["received_at"])
    if isinstance(field, Rating) and field.failure_below is not None:
        verdicts["y"] = (tasks["y"] >= field.failure_below).astype(float)
    uneven = uneven_runs(session, said.versions) if said.unscored else []
    return Asked(name, verdicts, survey, said, told, where, turned, uneven)


def _candidates(known: Sequence[str], field: Field, fields: Sequence[Field]) -> list[str]:
    """The judges that were not asked about another field: those are called after it."""
    others = {one.name for one in fields} - {field.name}
    return [one for one in known if not others & set(one.split("."))]


def _is_about(name: str, field: Field, latest: Mapping[str, pd.DataFrame]) -> tuple[bool, int]:
    """How well a judge fits a field: one that was asked it, then how many tasks it scored."""
    scored = len(latest[name])
    return scored > 0 and name.rpartition(".")[2] == field.name, scored


def _passes(
    field: Field, said: JudgedPopulation, wished: float | None, *, turned: bool
) -> float | None:
    """From which value a judge passes a task: on its own scale, as far as that can be told."""
    if (isinstance(field, Rating) and field.failure_below is None) or said.judged is None:
        return None
    low, high = said.judged.low, said.judged.high
    if wished is not None:
        return wished
    if low >= 0 and high <= 1:
        return 0.5
    if isinstance(field, Rating) and field.min <= low and high <= field.max:
        below = field.failure_below
        return field.min + field.max - below if turned and below is not None else below
    return (low + high) / 2


def _summary(one: Asked) -> dict[str, Any]:
    told, said = one.estimate, one.said
    scored = said.judged.scored if said.judged else 0
    versions = {name or NO_VERSION: count for name, count in said.versions.items()}
    return {
        "name": one.name,
        "versions": versions,
        "scored": scored,
        "unscored": said.unscored,
        "estimate": told.figure.to_json(),
        "without": told.without.to_json(),
        "used": told.used,
        "reason": told.reason,
        "saves": told.saves.to_json(),
        "correlation": told.correlation.to_json(),
        "sentence": _sentence(told),
        "warnings": _warnings(one, versions),
    }


def _sentence(told: JudgeEstimate) -> str:
    if not told.used:
        return f"Your judge saves you no labels yet: {told.reason}."
    saved = round(told.saves.value)
    if saved < 1:
        return "Your judge saves you no labels."
    return f"Your judge saves you {saved:,} label{'' if saved == 1 else 's'}."


def _warnings(one: Asked, versions: Mapping[str, int]) -> list[str]:
    found = []
    if len(versions) > 1:
        told = ", ".join(f"{name} ({count:,})" for name, count in sorted(versions.items()))
        found.append(f"The judge was not frozen: its values come from several versions, {told}.")
    if one.passes is not None:
        change, drifts = _shift(one)
        if drifts:
            found.append(
                f"The judge drifts: it agrees with people {100 * abs(change.value):.0f} % "
                f"{'more' if change.value > 0 else 'less'} often on the later half of the tasks."
            )
    if one.said.unscored:
        share = 100 * one.said.unscored / (one.said.unscored + sum(versions.values()))
        found.append(
            f"{one.said.unscored:,} interactions ({share:.0f} %) have no value from the judge; "
            "each counts as one of average value."
        )
    for why in one.uneven:
        found.append(f"It was sent {why}: agreement with people is that on such interactions.")
    return found


def _shift(one: Asked) -> tuple[Figure, bool]:
    passes = 0.0 if one.passes is None else one.passes
    return analysis.agreement_shift(one.tasks, one.survey, passes=passes, turned=one.turned)


def _believed(one: Asked) -> dict[str, Any]:
    """Agreement with people, calibration and drift, over the population."""
    labelled = int(one.tasks["judge"].notna().sum())
    report: dict[str, Any] = {
        "labelled": labelled,
        "passes_from": one.passes,
        "higher_is_worse": one.turned,
    }
    if one.passes is None:
        why = "the field has no failure_below: nothing says what passes"
        return report | {"agreement": {}, "calibration": None, "drift": None, "no_agreement": why}
    passes, turned = one.passes, one.turned
    told = analysis.judge_agreement(one.tasks, one.survey, passes=passes, turned=turned)
    change, drifts = _shift(one)
    return report | {
        "agreement": {name: figure.to_json() for name, figure in told.items()},
        "calibration": _bins(analysis.calibration(one.tasks, one.survey, turned=turned)),
        "drift": {"change": change.to_json(), "drifts": drifts},
    }


def _bins(found: Calibration) -> dict[str, Any]:
    return {
        "error": found.error.to_json(),
        "bins": [
            {
                "low": one.low,
                "high": one.high,
                "n": one.n,
                "share": one.share,
                "score": one.score,
                "passed": one.passed.to_json(),
            }
            for one in found.bins
        ],
    }
