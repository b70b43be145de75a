"""What the labels say, section by section: reads a report, hands it to its presenter."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from labeling import adjudication, kept, patterns, planned_reports, reports
from labeling import disagreements as differing
from labeling import notes as guideline_notes
from labeling import questions as asked_questions
from labeling.agreement import agreement_report
from labeling.attributes import TEXTS
from labeling.consensus import SETTLABLE
from labeling.consensus_report import consensus_report
from labeling.failing import failing_tasks
from labeling.failures import Asked, failures_report
from labeling.fields import Spans, Subject
from labeling.outcomes import evidence
from labeling.quality import outside_now
from labeling.ui import presenters
from server.pages import numbers
from server.pages.elements import empty, link
from server.pages.markup import Markup, join
from server.pages.sections import (
    agreement,
    consensus,
    disagreements,
    failure_patterns,
    failure_texts,
    failures,
    overview,
    verdict,
    wins,
)
from server.pages.sections import quality as quality_section
from server.pages.visits import (
    Shown,
    Visit,
    fields_of,
    labels_in,
    pattern_in,
    questions_of,
    words_of,
)
from storage.queries import lead, queues
from storage.queries.interactions import interaction_view, texts, texts_of_task

NOTHING_ESTIMATED = "No question of this form has a rate or a mean: see "
NOTHING_SETTLED = "Passages, turns, rankings and texts have no consensus: see "
LISTED = 60
"""Most tasks of a pattern that are listed at once."""


def whole(visit: Visit) -> Shown:
    """What there is to know first."""
    found = kept.latest(visit.session, visit.name, visit.now)
    if found is None:
        return Shown(overview.not_yet(visit.name))
    plan = planned_reports.planned(visit.session, visit.name)
    return Shown(overview.overview(found, kept.kept(visit.session, visit.name), plan))


def agreed(visit: Visit) -> Shown:
    """How far annotators agree."""
    if not questions_of(visit.fields, reports.COMPARED):
        return Shown(empty("Only texts are asked here: on those no agreement can be told."))
    names = ("queue", "field", "model", "category", "coefficient", "cluster", "width")
    chosen = {key: value for key in names if (value := visit.asked.text(key)) is not None}
    width = visit.asked.number("width") or 0.1
    given = {key: chosen.get(key) for key in ("field", "model", "category", "cluster")}
    report = visit.reused(
        "agreement", lambda: agreement_report(visit.session, visit.name, width=width, **given)
    )
    segments = lead.segment_values(visit.session, visit.row.id)
    choice = agreement.Choice(
        questions_of(visit.fields, reports.COMPARED), words_of(visit.fields), segments, chosen
    )
    return Shown(agreement.agreement(report, choice))


def settled(visit: Visit) -> Shown:
    """What the labels of each task say together."""
    if not questions_of(visit.fields, SETTLABLE):
        return Shown(_elsewhere(visit, NOTHING_SETTLED, "Disagreements"))
    asked = {key: visit.asked.text(key) for key in ("field", "method")}
    report = visit.reused("consensus", lambda: consensus_report(visit.session, visit.name, **asked))
    fields = {one.name: one.label for one in visit.fields if isinstance(one, SETTLABLE)}
    choice = consensus.Choice(fields, words_of(visit.fields), visit.name)
    return Shown(consensus.consensus(report, choice))


def _elsewhere(visit: Visit, why: str, section: str) -> Markup:
    """Why there is nothing here, and the way to the section that has something."""
    way = link(section, queue=visit.name, section=section.lower())
    return empty(join(why, way, "."))


def disagreed(visit: Visit) -> Shown:
    """What people differ on, or one such task."""
    task = visit.asked.whole("task")
    if task is not None:
        return _task(visit, task)
    session, fields = visit.session, visit.fields
    field = visit.asked.text("field")
    found = visit.reused(
        "disagreements",
        lambda: differing.disagreements(session, visit.name, visit.now, field=field),
    )
    noted = guideline_notes.queue_notes(session, visit.name)
    listed = disagreements.disagreements(
        found,
        questions_of(fields, differing.JUDGED),
        words_of(fields),
        _subjects(visit, found["tasks"]),
    )
    return Shown(join(listed, disagreements.notes(noted, visit.name, fields_of(fields))))


def _subjects(visit: Visit, tasks: Sequence[Mapping[str, Any]]) -> dict[str, Subject]:
    """By task, the texts out of which passages are quoted, where the form asks for passages."""
    if not any(isinstance(one, Spans) for one in visit.fields):
        return {}
    return {
        one["task_id"]: Subject.of(texts_of_task(visit.session, int(one["task_id"])))
        for one in tasks
    }


def _task(visit: Visit, task_id: int) -> Shown:
    session, field = visit.session, visit.asked.text("field")
    case = adjudication.case(session, visit.name, task_id)
    waiting = differing.open_on(session, visit.name, task_id)
    around: dict[str, Any] = {
        "queue": visit.name,
        "field": field,
        "draws": lead.draws_of(session, task_id),
        "precedents": asked_questions.precedents(session, visit.row.guideline_slug),
        "texts": texts(session, case["interaction"]),
    }
    fields = [one.to_json() for one in visit.fields]
    body = verdict.one_task(case, fields, waiting, around)
    view = presenters.view({"interaction": interaction_view(session, case["interaction"])})
    for shown, one in zip(view["responses"], around["texts"]["responses"] or (), strict=True):
        shown["name"] = str(one.get("id"))  # as the answers call it; letters stand for people here
    rubric = presenters.rubric(queues.guideline_row(session, visit.row.guideline_id).markdown)
    return Shown(body, view, rubric)


def failed(visit: Visit) -> Shown:
    """How often the system fails, and where; or the tasks of one pattern."""
    session, now, words = visit.session, visit.now, words_of(visit.fields)
    named, where = words | fields_of(visit.fields), pattern_in(visit)
    if where:
        found = failing_tasks(session, visit.name, now, where, limit=LISTED)
        title = failure_patterns.where_words(where)
        return Shown(failure_patterns.pattern_tasks(found, named, title))
    grouped = visit.asked.text("clusters") is not None
    noted = patterns.kept_patterns(session, visit.name)
    ruled = any(TEXTS in one["where"] for one in noted)  # what rules on texts find are scores
    made = visit.reused("failures", lambda: _failing(visit, grouped), scored=ruled)
    report = made["report"]
    for one in report["changes"]["moments"]:
        one |= {key: datetime.fromisoformat(one[key]) for key in ("since", "until")}
    place = visit.asked.whole("cluster")
    if place is not None and 0 <= place < len(report["clusters"] or ()):
        cluster = report["clusters"][place]
        among = [int(task) for task in cluster["task_ids"]]
        found = failing_tasks(session, visit.name, now, {}, among=among, limit=LISTED)
        title = failure_texts.cluster_title(cluster)
        return Shown(failure_patterns.pattern_tasks(found, named, title))
    segment = visit.asked.text("segment")
    look = failures.Look(
        visit.name, words, labels_in(reports.progress_report(session, visit.name)), segment
    )
    figures = made["noted"]
    return Shown(
        failures.failures(report, look, [one | figures[str(one["pattern_id"])] for one in noted])
    )


def _failing(visit: Visit, grouped: bool) -> dict[str, Any]:
    """The report, and the figures of what was noted."""
    session, now = visit.session, visit.now
    said = evidence(session, visit.row, now)
    return {
        "report": failures_report(session, visit.name, now, Asked(clusters=grouped), said=said),
        "noted": patterns.figures_now(session, visit.name, now, said=said),
    }


def estimated(visit: Visit) -> Shown:
    """The estimate beside the plain mean, and whose responses are preferred."""
    made = visit.reused("quality", lambda: numbers.numbers(visit), scored=True)
    labels = fields_of(visit.fields)
    compared = [wins.wins(one, labels[one["field"]]) for one in made["wins"]]
    if made["quality"] is None:
        if not compared:
            return Shown(_elsewhere(visit, NOTHING_ESTIMATED, "Agreement"))
        return Shown(join(*compared))
    fields, report = visit.fields, made["quality"]
    report["not_covered"] = outside_now(visit.session, report)
    scale = numbers.scale_of(next(one for one in fields if one.name == report["field"]))
    shown = quality_section.quality(
        report,
        questions_of(fields),
        words_of(fields),
        scale,
        judged=numbers.judged(visit, made, scale),
        planned=numbers.planned(made, visit.asked) if scale else None,
    )
    return Shown(join(shown, *compared))
