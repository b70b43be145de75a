"""What a queue says, in the shapes of the public contract: progress, agreement, quality, failures.

Every figure comes from `analysis`; here labels are chosen, aligned and named.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd

import analysis
from analysis import Agreement, Figure, Survey
from labeling.errors import InvalidLabel
from labeling.fields import Boolean, Choice, Field, Rating, Tags
from labeling.outcomes import Evidence, compared, evidence, of_field, options, outcomes
from labeling.submit import form
from storage import Session
from storage.queries import queues

SEGMENTS = ("category", "model", "variant")
NOT_SAMPLED = "not sampled"


def progress_report(session: Session, queue_name: str) -> dict[str, Any]:
    """How far a queue is, and who has done what."""
    queue = queues.queue_named(session, queue_name)
    counts = queues.task_counts(session, queue.id)
    needed, done = int(counts.labels_needed), int(counts.labels_done)
    return {
        "queue": queue.name,
        "tasks": counts.tasks,
        "imported_tasks": counts.imported_tasks,
        "labels_needed": needed,
        "labels_done": done,
        "remaining": needed - done,
        "leased": int(counts.leased),
        "paused": queue.paused_at is not None,
        "by_annotator": [
            {
                "name": row.name,
                "labels": int(row.submitted),
                "leased": int(row.leased),
                "skipped": int(row.skipped),
                "returned": int(row.returned),
                "mean_seconds": row.mean_seconds,
                "last_label_at": row.last_label_at,
            }
            for row in queues.work_by_account(session, queue.id)
        ],
    }


def chosen_field(fields: Sequence[Field], name: str | None, kinds: tuple[type, ...]) -> Field:
    """The field of that name, or the first of a kind that fits (ratings before all others)."""
    fitting = [field for field in fields if isinstance(field, kinds)]
    if name is None and fitting:
        return next((field for field in fitting if isinstance(field, Rating)), fitting[0])
    found = next((field for field in fitting if field.name == name), None)
    if found is None:
        hint = "possible: " + ", ".join(field.name for field in fitting)
        raise InvalidLabel("field", f"{name!r} cannot be reported here", hint)
    return found


def agreement_report(
    session: Session,
    queue_name: str,
    *,
    field: str | None = None,
    model: str | None = None,
    category: str | None = None,
) -> dict[str, Any]:
    """How far annotators agree on a field, per pair and overall; tags are told one by one."""
    queue = queues.queue_named(session, queue_name)
    asked = chosen_field(form(session, queue.guideline_id), field, (Rating, Tags, Choice, Boolean))
    found = evidence(session, queue.id)
    labels = compared(found.labels)
    for column, wanted in (("model", model), ("category", category)):
        if wanted:
            within = found.tasks.loc[found.tasks[column] == wanted, "task"]
            labels = labels[labels["task"].isin(within)]
    return {"queue": queue.name, "field": asked.name} | agreement_on(labels, asked)


def agreement_on(labels: pd.DataFrame, asked: Field) -> dict[str, Any]:
    """How far labels that may be compared agree on a field, without naming the queue."""
    answers = of_field(labels, asked)
    report: dict[str, Any] = {"scale": asked.scale}
    if isinstance(asked, Tags):
        told = analysis.tag_agreement(answers, asked.categories)
        report |= _counted(next(iter(told.values()))) | {"coefficients": {}, "pairs": []}
        report["tags"] = {tag: _told(one, ordinal=False) for tag, one in told.items()}
        return report
    on_scale = answers[answers["label"].isin(list(asked.categories))]
    values = list(asked.categories) if isinstance(asked, Rating) else None
    one = analysis.agreement(on_scale, asked.categories, values)
    report |= _counted(one) | _told(one, ordinal=isinstance(asked, Rating))
    report["left_out"] = len(answers) - len(on_scale)
    return report


def _counted(one: Agreement) -> dict[str, Any]:
    return {"tasks": one.tasks, "labels": one.labels, "annotators": one.annotators}


def _told(one: Agreement, *, ordinal: bool) -> dict[str, Any]:
    weighted = ("cohen_kappa_linear", "cohen_kappa_quadratic")
    names = [name for name in one.coefficients if ordinal or name not in weighted]
    return {
        "coefficients": {name: one.coefficients[name].to_json() for name in names},
        "pairs": [
            {
                "a": pair.a,
                "b": pair.b,
                "n": pair.n,
                **{name: pair.figures[name].to_json() for name in names},
            }
            for pair in one.pairs
        ],
    }


def quality_report(
    session: Session, queue_name: str, *, field: str | None = None
) -> dict[str, Any]:
    """Estimate a field over the whole population, from labels of a sample that may be targeted."""
    queue = queues.queue_named(session, queue_name)
    fields = form(session, queue.guideline_id)
    asked = chosen_field(fields, field, (Rating, Tags, Choice, Boolean))
    found = evidence(session, queue.id)
    tags = asked if isinstance(asked, Tags) else _first_tags(fields)
    of = None if isinstance(asked, Rating | Boolean) else ""
    scale = (asked.min, asked.max) if isinstance(asked, Rating) else None
    frame = _sampled(found, outcomes(found, asked, of=of))
    if of == "":
        estimate = plain = Figure.undefined("one rate per option, see rates", len(frame))
    else:
        estimate, plain = _estimate(found, frame, scale), _plain(found, asked, scale)
    rated = tags if isinstance(asked, Rating) else asked
    return {
        "queue": queue.name,
        "field": asked.name,
        "population": found.design.population if found.design else 0,
        "labelled": len(frame),
        "effective_n": _effective_n(frame),
        "estimate": estimate.to_json(),
        "unweighted_mean": plain.to_json(),
        "rates": _rates(found, rated) if rated is not None else {},
        "by": _by_segment(found, frame, scale) if of is None else {},
        "not_covered": _not_covered(found),
        "excluded": _excluded(found, asked),
    }


def _first_tags(fields: Sequence[Field]) -> Tags | None:
    return next((field for field in fields if isinstance(field, Tags)), None)


def _sampled(found: Evidence, frame: pd.DataFrame) -> pd.DataFrame:
    """The labelled tasks that stand for the population, with pi, stratum and segments."""
    columns = ["task", *SEGMENTS]
    if found.design is None:
        empty = frame.head(0).assign(pi=1.0, certain=False, stratum="")
        return empty.merge(found.tasks[columns], on="task")
    drawn = found.design.tasks
    counted = drawn.loc[drawn["counted"], ["task", "pi", "certain", "stratum"]]
    return frame.merge(counted, on="task").merge(found.tasks[columns], on="task")


def _estimate(found: Evidence, frame: pd.DataFrame, scale: tuple[float, float] | None) -> Figure:
    if found.design is None:
        return Figure.undefined(NOT_SAMPLED)
    return analysis.estimate(frame, _survey(found, frame), scale=scale)


def _survey(found: Evidence, frame: pd.DataFrame) -> Survey:
    """How the tasks came to be drawn; tasks that left this field open count as skipped."""
    drawn = found.design
    if drawn is None:
        raise ValueError("nothing was drawn")
    unanswered = int(drawn.tasks["counted"].sum()) - len(frame)
    return Survey(
        population=drawn.population,
        kind=drawn.kind,
        strata=drawn.strata,
        random_share=drawn.random_share,
        skipped=drawn.skipped + unanswered,
        refusal=drawn.refusal,
        refuse_estimate=drawn.refuse_estimate,
    )


def _plain(found: Evidence, field: Field, scale: tuple[float, float] | None) -> Figure:
    """The mean over all labelled tasks as they are, for contrast: biased when targeted."""
    frame = outcomes(found, field)
    return analysis.plain_mean(frame["y"].to_numpy(), scale=scale)


def _rates(found: Evidence, field: Field) -> dict[str, Any]:
    rates = {}
    for option in options(field):
        rates[option or "yes"] = _rate(found, field, option).to_json()
    return rates


def _by_segment(
    found: Evidence, frame: pd.DataFrame, scale: tuple[float, float] | None
) -> dict[str, Any]:
    if found.design is None:
        return {}
    by: dict[str, Any] = {}
    for segment in SEGMENTS:
        known = frame[segment].dropna().unique()
        if len(known):
            told = analysis.estimate_by(frame, segment, _survey(found, frame), scale=scale)
            by[segment] = {value: figure.to_json() for value, figure in told.items()}
    return by


def _effective_n(frame: pd.DataFrame) -> float | None:
    return analysis.effective_n(frame["pi"].to_numpy()) if len(frame) else None


def _not_covered(found: Evidence) -> dict[str, Any]:
    """What the estimate cannot speak of."""
    drawn = found.design
    return {
        "imported_tasks": int((found.tasks["purpose"] == "import").sum()),
        "waiting_tasks": 0
        if drawn is None
        else int((~drawn.tasks["counted"]).sum()) - drawn.skipped,
    }


def _excluded(found: Evidence, field: Field) -> dict[str, Any]:
    """Labels and tasks that were left out, and why."""
    drawn = found.design
    sampled = compared(found.labels)
    return {
        "skipped_tasks": 0 if drawn is None else drawn.skipped,
        "extra_labels": int(len(found.labels) - len(sampled)),
        "unanswered": int(len(sampled) - len(of_field(sampled, field))),
    }


def failures_report(session: Session, queue_name: str) -> dict[str, Any]:
    """How often the system fails, with which issues, and where more than elsewhere."""
    queue = queues.queue_named(session, queue_name)
    fields = form(session, queue.guideline_id)
    rating = next((f for f in fields if isinstance(f, Rating) and f.failure_below), None)
    found = evidence(session, queue.id)
    tags = _first_tags(fields)
    report: dict[str, Any] = {
        "queue": queue.name,
        "field": rating.name if rating else None,
        "threshold": rating.failure_below if rating else None,
        "issues": _issues(found, tags) if tags else [],
        "patterns": [],
    }
    if rating is None or rating.failure_below is None:
        reason = "no rating of the guideline has failure_below"
        return report | {"failure_rate": Figure.undefined(reason).to_json()}
    frame = outcomes(found, rating)
    frame = analysis.failing(frame, rating.failure_below)
    report["unweighted_failure_rate"] = analysis.plain_mean(frame["y"].to_numpy()).to_json()
    sampled = _sampled(found, frame)
    report["failure_rate"] = _estimate(found, sampled, None).to_json()
    if found.design is not None and len(sampled):
        told = analysis.failure_patterns(sampled, SEGMENTS, _survey(found, sampled))
        report["patterns"] = [pattern.to_json() for pattern in told]
    return report


def _rate(found: Evidence, field: Field, option: str | None) -> Figure:
    """The rate of one option over the population."""
    return _estimate(found, _sampled(found, outcomes(found, field, of=option)), None)


def _issues(found: Evidence, tags: Tags) -> list[dict[str, Any]]:
    answers = of_field(compared(found.labels), tags)
    counts = answers.explode("label").groupby("label")["task"].nunique()
    rows = [
        {
            "tag": tag,
            "count": int(counts.get(tag, 0)),
            "rate": _estimate(
                found, _sampled(found, outcomes(found, tags, of=tag)), None
            ).to_json(),
        }
        for tag in tags.categories
    ]
    return sorted(rows, key=lambda row: -row["count"])


def disagreements(
    session: Session, queue_name: str, *, field: str | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """Tasks whose labels differ most on a field: the labels side by side, and why it was drawn."""
    queue = queues.queue_named(session, queue_name)
    asked = chosen_field(form(session, queue.guideline_id), field, (Rating, Tags, Choice, Boolean))
    found = evidence(session, queue.id)
    answers = of_field(compared(found.labels), asked)
    rows = []
    for task, group in answers.groupby("task", sort=True):
        spread = _spread(asked, list(group["label"]))
        if spread > 0:
            rows.append(
                (spread, int(str(task)), dict(zip(group["annotator"], group["label"], strict=True)))
            )
    rows.sort(key=lambda row: (-row[0], row[1]))
    tasks = found.tasks.set_index("task")
    return [
        {
            "task_id": str(task),
            "source": tasks.at[task, "source"],
            "interaction_id": tasks.at[task, "interaction_id"],
            "reason": tasks.at[task, "reason"],
            "spread": spread,
            "labels": said,
        }
        for spread, task, said in rows[:limit]
    ]


def _spread(field: Field, labels: list[Any]) -> float:
    """How far labels of one task lie apart: 0 when they are the same."""
    if isinstance(field, Rating):
        return float(max(labels) - min(labels))
    if isinstance(field, Tags):
        sets = [set(label) for label in labels]
        return float(len(set.union(*sets) - set.intersection(*sets)))
    return float(len(set(labels)) - 1)
