"""What each section of the lead's page shows: what the labels say, and what leads keep in order."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from labeling import checks, reports
from labeling import questions as asked_questions
from labeling.annotators import annotators_report, one_annotator
from labeling.datasets.versions import list_datasets
from labeling.fields import Rating
from labeling.ui import presenters
from server.pages import findings
from server.pages.markup import join
from server.pages.sections import annotators as beside_section
from server.pages.sections import carefulness, datasets, drawing, exports, people
from server.pages.sections import person as person_section
from server.pages.sections import questions as questions_section
from server.pages.sections import queues as queues_section
from server.pages.visits import Shown, Visit, labels_in, pattern_in, questions_of, words_of
from storage import Session
from storage.queries import accounts, lead, queues
from storage.queries import questions as stored_questions
from storage.queries.interactions import interaction_view

AT_ONCE = 20_000
"""Labels up to which people are compared without being asked: more take seconds."""


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
    words = beside_section.Words(questions_of(visit.fields), words_of(visit.fields))
    who, field = visit.asked.text("person"), visit.asked.text("field")
    beside = None
    if words.fields and (who or field or labels_in(report) <= AT_ONCE):
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


def taken_away(visit: Visit) -> Shown:
    """The exports, the datasets, and the form that takes a pattern as one."""
    ratings = [field for field in visit.fields if isinstance(field, Rating)]
    good = None
    if ratings:
        point = ratings[0].max - 1
        good = exports.Good(f"response-if-{ratings[0].name}>={point}", point)
    labelled = labels_in(reports.progress_report(visit.session, visit.name))
    where = pattern_in(visit)
    return Shown(
        join(
            datasets.taking(visit.name, where) if where else None,
            exports.exports(visit.name, good, labelled=labelled > 0),
            datasets.datasets(list_datasets(visit.session)),
        )
    )


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


class Section(NamedTuple):
    """A part of the page: its heading in the list, and what it shows."""

    title: str
    show: Callable[[Visit], Shown]


SECTIONS = {
    "overview": Section("Overview", findings.whole),
    "draw": Section("Draw", draw),
    "people": Section("People", persons),
    "questions": Section("Questions", asked),
    "agreement": Section("Agreement", findings.agreed),
    "consensus": Section("Consensus", findings.settled),
    "disagreements": Section("Disagreements", findings.disagreed),
    "failures": Section("Failures", findings.failed),
    "quality": Section("Quality", findings.estimated),
    "exports": Section("Exports", taken_away),
    "rules": Section("Rules", rules),
}
