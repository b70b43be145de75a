"""What each section of the lead's page shows: reads its report, hands it to its presenter."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from labeling import reports
from labeling.fields import Boolean, Choice, Field, Rating, Tags
from labeling.submit import form
from labeling.ui import presenters
from server.pages.charts import Scale
from server.pages.markup import Markup
from server.pages.sections import agreement, disagreements, drawing, exports, failures, people
from server.pages.sections import quality as quality_section
from server.pages.sections import queues as queues_section
from server.pages.told import Told
from storage import NotFound, Session
from storage.queries import accounts, lead, queues
from storage.queries.interactions import interaction_view

COMPARED = (Rating, Tags, Choice, Boolean)
Queue = Mapping[str, Any]
"""A queue as `queue_info` gives it."""


class Shown(NamedTuple):
    """A section, and the conversation that goes into it."""

    body: Markup
    task: dict[str, Any] | None = None


def draw(session: Session, queue: Queue, _asked: Told) -> Shown:
    """The form, the draws so far, the schedule."""
    return Shown(drawing.drawing(queue, draw_log(session, queue["name"])))


def draw_log(session: Session, queue: str) -> Sequence[Any]:
    """The draws of a queue, the latest first."""
    return lead.draw_log(session, queues.queue_named(session, queue).id)


def persons(session: Session, queue: Queue, _asked: Told) -> Shown:
    """Who has done what, and who may."""
    report = reports.progress_report(session, queue["name"])
    return Shown(people.people(queue, report, annotators(session)))


def annotators(session: Session) -> list[str]:
    """Names of the annotators that may log in or ask by token."""
    listed = accounts.list_accounts(session)
    return [one.name for one in listed if one.role == "annotator" and not one.disabled]


def agreed(session: Session, queue: Queue, asked: Told) -> Shown:
    """How far annotators agree."""
    row = queues.queue_named(session, queue["name"])
    fields = form(session, row.guideline_id)
    names = ("queue", "field", "model", "category", "coefficient")
    chosen = {key: value for key in names if (value := asked.text(key)) is not None}
    report = reports.agreement_report(
        session,
        queue["name"],
        field=chosen.get("field"),
        model=chosen.get("model"),
        category=chosen.get("category"),
    )
    choice = agreement.Choice(
        _questions(fields), _words(fields), lead.segment_values(session, row.id), chosen
    )
    return Shown(agreement.agreement(report, choice))


def disagreed(session: Session, queue: Queue, asked: Told) -> Shown:
    """Where labels lie apart, or one such task."""
    fields = form(session, queues.queue_named(session, queue["name"]).guideline_id)
    task = asked.whole("task")
    if task is not None:
        return _task(session, queue["name"], task, fields, asked)
    field = reports.chosen_field(fields, asked.text("field"), COMPARED).name
    found = reports.disagreements(session, queue["name"], field=field)
    compared = 0 if found else _compared(session, queue["name"], field)
    return Shown(
        disagreements.disagreements(
            found, field, _questions(fields), queue["name"], compared=compared
        )
    )


def _compared(session: Session, queue: str, field: str) -> int:
    """On how many tasks two people answered a question."""
    return int(reports.agreement_report(session, queue, field=field)["tasks"])


def _task(
    session: Session, queue: str, task_id: int, fields: Sequence[Field], asked: Told
) -> Shown:
    row = lead.task_row(session, queues.queue_named(session, queue).id, task_id)
    if row is None:
        raise NotFound("task", task_id)
    labels = [one._asdict() for one in lead.labels_of(session, task_id)]
    known = {
        "queue": queue,
        "field": asked.text("field") or "",
        "interaction_id": row.external_id,
        "source": row.source,
        "reason": row.reason,
    }
    body = disagreements.one_task(
        known, labels, lead.draws_of(session, task_id), [field.to_json() for field in fields]
    )
    view = presenters.view({"interaction": interaction_view(session, row.interaction_id)})
    return Shown(body, view)


def failed(session: Session, queue: Queue, _asked: Told) -> Shown:
    """How often the system fails, and where."""
    fields = form(session, queues.queue_named(session, queue["name"]).guideline_id)
    report = reports.failures_report(session, queue["name"])
    labelled = _labels(session, queue["name"])
    return Shown(failures.failures(report, _words(fields), labelled=labelled))


def _labels(session: Session, queue: str) -> int:
    """How many labels a queue has, imported ones included."""
    return sum(one["labels"] for one in reports.progress_report(session, queue)["by_annotator"])


def estimated(session: Session, queue: Queue, asked: Told) -> Shown:
    """The estimate beside the plain mean."""
    fields = form(session, queues.queue_named(session, queue["name"]).guideline_id)
    report = reports.quality_report(session, queue["name"], field=asked.text("field"))
    field = next(one for one in fields if one.name == report["field"])
    shown = quality_section.quality(report, _questions(fields), _words(fields), _scale(field))
    return Shown(shown)


def _scale(field: Field) -> Scale | None:
    """The ends of a field's mean, if it has one."""
    if isinstance(field, Rating):
        return Scale(field.min, field.max)
    return Scale(0, 1) if isinstance(field, Boolean) else None


def taken_away(session: Session, queue: Queue, _asked: Told) -> Shown:
    """The exports."""
    return Shown(exports.exports(queue["name"], labelled=_labels(session, queue["name"]) > 0))


def rules(_session: Session, queue: Queue, _asked: Told) -> Shown:
    """Overlap, lease, what annotators see."""
    return Shown(queues_section.rules(queue))


def _questions(fields: Sequence[Field]) -> dict[str, str]:
    """The questions that reports can be made of, in words."""
    return {one.name: one.label for one in fields if isinstance(one, COMPARED)}


def _words(fields: Sequence[Field]) -> dict[str, str]:
    """Tags and options by value, in words."""
    listed = [one for one in fields if isinstance(one, Tags | Choice)]
    return {option.value: option.label for one in listed for option in one.options}


class Section(NamedTuple):
    """A part of the page: its heading in the list, and what it shows."""

    title: str
    show: Callable[[Session, Queue, Told], Shown]


SECTIONS = {
    "draw": Section("Draw", draw),
    "people": Section("People", persons),
    "agreement": Section("Agreement", agreed),
    "disagreements": Section("Disagreements", disagreed),
    "failures": Section("Failures", failed),
    "quality": Section("Quality", estimated),
    "exports": Section("Exports", taken_away),
    "rules": Section("Rules", rules),
}
