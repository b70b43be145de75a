"""What each section of the lead's page shows: reads its report, hands it to its presenter."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from labeling import adjudication, checks, kept, reports
from labeling import disagreements as differing
from labeling import notes as guideline_notes
from labeling import quality as estimates
from labeling import questions as asked_questions
from labeling.agreement import agreement_report
from labeling.annotators import annotators_report, one_annotator
from labeling.attributes import ATTRIBUTES
from labeling.consensus import SETTLABLE
from labeling.consensus_report import consensus_report
from labeling.failures import Asked, failing_tasks, failures_report
from labeling.fields import Boolean, Choice, Field, Rating, Tags
from labeling.outcomes import evidence
from labeling.submit import form
from labeling.ui import presenters
from server.pages import numbers
from server.pages.charts import Scale
from server.pages.markup import Markup, join
from server.pages.sections import (
    agreement,
    carefulness,
    consensus,
    disagreements,
    drawing,
    exports,
    failure_patterns,
    failure_texts,
    failures,
    overview,
    people,
    verdict,
)
from server.pages.sections import annotators as beside_section
from server.pages.sections import person as person_section
from server.pages.sections import quality as quality_section
from server.pages.sections import questions as questions_section
from server.pages.sections import queues as queues_section
from server.pages.told import Told
from storage import Session
from storage.queries import accounts, lead, queues
from storage.queries import questions as stored_questions
from storage.queries.interactions import interaction_view

AT_ONCE = 20_000
"""Labels up to which people are compared without being asked: more take seconds."""
LISTED = 60
"""Most tasks of a pattern that are listed at once."""


class Shown(NamedTuple):
    """A section, and the conversation that goes into it."""

    body: Markup
    task: dict[str, Any] | None = None
    rubric: list[Any] | None = None
    """The guideline as a tree, where the section has room for it."""


class Visit(NamedTuple):
    """A lead opens a section of a queue."""

    session: Session
    queue: Mapping[str, Any]
    """As `queue_info` gives it."""
    asked: Told
    now: datetime

    @property
    def name(self) -> str:
        """The name of the queue."""
        return str(self.queue["name"])

    @property
    def row(self) -> queues.QueueRow:
        """The queue as it is stored."""
        return queues.queue_named(self.session, self.name)

    @property
    def fields(self) -> tuple[Field, ...]:
        """The form in force."""
        return form(self.session, self.row.guideline_id)


def whole(visit: Visit) -> Shown:
    """What there is to know first."""
    found = kept.latest(visit.session, visit.name, visit.now)
    return Shown(overview.overview(found, kept.kept(visit.session, visit.name)))


def draw(visit: Visit) -> Shown:
    """The form, the draws so far, the schedule."""
    log = draw_log(visit.session, visit.name)
    given = {key: value for key in drawing.FILTERS if (value := visit.asked.text(key))}
    return Shown(drawing.drawing(visit.queue, log, given))


def draw_log(session: Session, queue: str) -> Sequence[Any]:
    """The draws of a queue, the latest first."""
    return lead.draw_log(session, queues.queue_named(session, queue).id)


def persons(visit: Visit) -> Shown:
    """Who has done what beside the others, and who may; or one annotator."""
    report = reports.progress_report(visit.session, visit.name)
    words = beside_section.Words(_questions(visit.fields), _words(visit.fields))
    who, field = visit.asked.text("person"), visit.asked.text("field")
    beside = None
    if words.fields and (who or field or _labels(report) <= AT_ONCE):
        found = annotators_report(visit.session, visit.name, field=field)
        if who is not None:
            return Shown(person_section.person(one_annotator(found, who), found, words))
        beside = beside_section.beside_the_others(found, words)
    elif words.fields:
        beside = beside_section.on_demand(visit.name, words)
    careful = carefulness.carefulness(visit.queue, checks.gold_report(visit.session, visit.name))
    return Shown(people.people(visit.queue, report, annotators(visit.session), careful, beside))


def annotators(session: Session) -> list[str]:
    """Names of the annotators that can log in or ask by token."""
    tokens = accounts.token_counts(session)
    return [
        one.name
        for one in accounts.list_accounts(session)
        if one.role == "annotator" and not one.disabled and (one.can_log_in or tokens.get(one.id))
    ]


def agreed(visit: Visit) -> Shown:
    """How far annotators agree."""
    names = ("queue", "field", "model", "category", "coefficient", "cluster", "width")
    chosen = {key: value for key in names if (value := visit.asked.text(key)) is not None}
    report = agreement_report(
        visit.session,
        visit.name,
        field=chosen.get("field"),
        model=chosen.get("model"),
        category=chosen.get("category"),
        cluster=chosen.get("cluster"),
        width=visit.asked.number("width") or 0.1,
    )
    segments = lead.segment_values(visit.session, visit.row.id)
    choice = agreement.Choice(
        _questions(visit.fields, reports.COMPARED), _words(visit.fields), segments, chosen
    )
    return Shown(agreement.agreement(report, choice))


def settled(visit: Visit) -> Shown:
    """What the labels of each task say together."""
    asked = {key: visit.asked.text(key) for key in ("field", "method")}
    report = consensus_report(visit.session, visit.name, **asked)
    fields = {one.name: one.label for one in visit.fields if isinstance(one, SETTLABLE)}
    choice = consensus.Choice(fields, _words(visit.fields), visit.name)
    return Shown(consensus.consensus(report, choice))


def disagreed(visit: Visit) -> Shown:
    """What people differ on, or one such task."""
    task = visit.asked.whole("task")
    if task is not None:
        return _task(visit, task)
    session, fields = visit.session, visit.fields
    found = differing.disagreements(session, visit.name, visit.now, field=visit.asked.text("field"))
    noted = guideline_notes.queue_notes(session, visit.name)
    listed = disagreements.disagreements(found, _questions(fields), _words(fields))
    return Shown(join(listed, disagreements.notes(noted, visit.name, _labels_of(fields))))


def _task(visit: Visit, task_id: int) -> Shown:
    session, field = visit.session, visit.asked.text("field")
    case = adjudication.case(session, visit.name, task_id)
    hangs = differing.open_on(session, visit.name, task_id, visit.now)
    around = {
        "queue": visit.name,
        "field": field,
        "draws": lead.draws_of(session, task_id),
        "precedents": asked_questions.precedents(session, visit.row.guideline_slug),
    }
    fields = [one.to_json() for one in visit.fields]
    body = verdict.one_task(case, fields, hangs["apart"], hangs["worth"], around)
    view = presenters.view({"interaction": interaction_view(session, case["interaction"])})
    rubric = presenters.rubric(queues.guideline_row(session, visit.row.guideline_id).markdown)
    return Shown(body, view, rubric)


def failed(visit: Visit) -> Shown:
    """How often the system fails, and where; or the tasks of one pattern."""
    session, now, words = visit.session, visit.now, _words(visit.fields)
    where = {name: value for name in ATTRIBUTES if (value := visit.asked.text(f"where.{name}"))}
    if where:
        found = failing_tasks(session, visit.name, now, where, limit=LISTED)
        title = failure_patterns.where_words(where)
        return Shown(failure_patterns.pattern_tasks(found, words, title))
    grouped = visit.asked.text("clusters") is not None
    report = failures_report(session, visit.name, now, Asked(clusters=grouped))
    place = visit.asked.whole("cluster")
    if place is not None and 0 <= place < len(report["clusters"] or ()):
        cluster = report["clusters"][place]
        among = [int(task) for task in cluster["task_ids"]]
        found = failing_tasks(session, visit.name, now, {}, among=among, limit=LISTED)
        title = failure_texts.cluster_title(cluster)
        return Shown(failure_patterns.pattern_tasks(found, words, title))
    segment = visit.asked.text("segment")
    look = failures.Look(
        visit.name, words, _labels(reports.progress_report(session, visit.name)), segment
    )
    return Shown(failures.failures(report, look))


def _labels(report: Mapping[str, Any]) -> int:
    """How many labels a queue has, imported ones included."""
    return sum(one["labels"] + one["imported"] for one in report["by_annotator"])


def estimated(visit: Visit) -> Shown:
    """The estimate beside the plain mean."""
    asked = visit.asked.text("field")
    said = evidence(visit.session, visit.row, visit.now)
    report = estimates.quality_report(
        visit.session,
        visit.name,
        visit.now,
        field=asked,
        poststratify=visit.asked.text("poststratify"),
        said=said,
    )
    fields = visit.fields
    scale = _scale(next(one for one in fields if one.name == report["field"]))
    shown = quality_section.quality(
        report,
        _questions(fields),
        _words(fields),
        scale,
        judged=numbers.judged(visit.session, visit.now, report, said, scale),
        planned=numbers.planned(visit.session, visit.now, report, said, visit.asked)
        if scale
        else None,
    )
    return Shown(shown)


def _scale(field: Field) -> Scale | None:
    """The ends of a field's mean, if it has one."""
    if isinstance(field, Rating):
        return Scale(field.min, field.max)
    return Scale(0, 1) if isinstance(field, Boolean) else None


def taken_away(visit: Visit) -> Shown:
    """The exports."""
    ratings = [field for field in visit.fields if isinstance(field, Rating)]
    good = None
    if ratings:
        point = ratings[0].max - 1
        good = exports.Good(f"response-if-{ratings[0].name}>={point}", point)
    labelled = _labels(reports.progress_report(visit.session, visit.name))
    return Shown(exports.exports(visit.name, good, labelled=labelled > 0))


def rules(visit: Visit) -> Shown:
    """Overlap, lease, what annotators see."""
    return Shown(queues_section.rules(visit.queue))


def asked(visit: Visit) -> Shown:
    """What annotators asked, and the precedents; or one question with its conversation."""
    session, words = visit.session, {one.name: one.label for one in visit.fields}
    number = visit.asked.whole("question")
    if number is not None:
        found = asked_questions.queue_question(session, visit.name, number)
        view = presenters.view({"interaction": interaction_view(session, found["interaction"])})
        return Shown(questions_section.one_question(found, visit.name, words), view)
    listed = asked_questions.queue_questions(session, visit.name)
    kept = asked_questions.precedents(session, visit.row.guideline_slug)
    return Shown(questions_section.questions(listed, kept, visit.name, words))


def waiting(visit: Visit) -> str:
    """How many questions have no answer, to be told beside the section's title."""
    count = stored_questions.open_questions(visit.session, visit.row.id)
    return f" ({count})" if count else ""


def _questions(
    fields: Sequence[Field], kinds: tuple[type, ...] = reports.ESTIMATED
) -> dict[str, str]:
    """The questions that reports can be made of, in words."""
    return {one.name: one.label for one in fields if isinstance(one, kinds)}


def _labels_of(fields: Sequence[Field]) -> dict[str, str]:
    """Every field of the form in words."""
    return {one.name: one.label for one in fields}


def _words(fields: Sequence[Field]) -> dict[str, str]:
    """Tags and options by value, in words."""
    listed = [one for one in fields if isinstance(one, Tags | Choice)]
    return {option.value: option.label for one in listed for option in one.options}


class Section(NamedTuple):
    """A part of the page: its heading in the list, and what it shows."""

    title: str
    show: Callable[[Visit], Shown]


SECTIONS = {
    "overview": Section("Overview", whole),
    "draw": Section("Draw", draw),
    "people": Section("People", persons),
    "questions": Section("Questions", asked),
    "agreement": Section("Agreement", agreed),
    "consensus": Section("Consensus", settled),
    "disagreements": Section("Disagreements", disagreed),
    "failures": Section("Failures", failed),
    "quality": Section("Quality", estimated),
    "exports": Section("Exports", taken_away),
    "rules": Section("Rules", rules),
}
