"""What came in from outside stays text wherever it is shown, and empty states name a next step."""

import re
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from labeling.fields import Subject
from server.pages.charts import Bar, Scale, chart
from server.pages.markup import Markup
from server.pages.sections import (
    accounts,
    agreement,
    datasets,
    disagreements,
    drawing,
    exports,
    failure_patterns,
    failures,
    judge,
    judge_runs,
    overview,
    people,
    plan,
    quality,
    queues,
    verdict,
)
from storage.exports import EXPORTS, FileFormat
from storage.queries.accounts import Account

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
EVIL = "<img src=x onerror=alert(1)>\u202e"


def fig(value: float | None = 0.4, n: int = 40, reason: str | None = None) -> dict[str, Any]:
    if value is None:
        return {"value": None, "ci": None, "n": n, "reason": reason or "too few labels"}
    return {"value": value, "ci": [value / 2, value * 1.2], "n": n, "method": "weighted mean"}


def queue(**changed: Any) -> dict[str, Any]:
    return {
        "name": EVIL,
        "guideline": {"slug": "g", "version": EVIL, "hash": "0", "title": EVIL},
        "overlap": 2,
        "overlap_rate": 0.2,
        "lease_seconds": 1800,
        "show": ["model"],
        "people": None,
        "paused": False,
        "tasks": 10,
        "labels_needed": 12,
        "labels_done": 3,
        "leased": 1,
        "imported_tasks": 2,
        "schedule": None,
    } | changed


WORK: dict[str, Any] = {
    "by_annotator": [
        {"name": EVIL, "labels": 9, "leased": 1, "skipped": 1, "returned": 0,
         "mean_seconds": 130.0, "last_label_at": NOW}
    ]
}  # fmt: skip
COEFFICIENTS = {
    "percent_agreement": fig(), "cohen_kappa": fig(), "cohen_kappa_quadratic": fig(),
    "krippendorff_alpha": fig(0.3), "krippendorff_alpha_ordinal": fig(0.62), "gwet_ac1": fig(0.5),
}  # fmt: skip
PART: dict[str, Any] = {"tasks": 9, "labels": 18, "annotators": 2, "coefficients": COEFFICIENTS}
AGREED: dict[str, Any] = {
    "queue": EVIL, "field": "quality", "scale": "ordinal", "tasks": 9, "labels": 18,
    "annotators": 2, "coefficients": COEFFICIENTS, "left_out": 1, "warnings": [EVIL],
    "reading": {"answer": "open", "text": "It is open.", "rule": "The rule."},
    "plan": {
        "half_width": 0.1,
        "coefficients": {"krippendorff_alpha_ordinal": {"more_tasks": 1200, "reason": None}},
    },
    "by": {"week": {"2026-W44": PART, "2026-W45": PART},
           "stretch": {"1 to 20": PART, "21 to 40": PART}, "guideline": {EVIL: PART, "2": PART},
           "category": {EVIL: PART}, "model": {}},
    "pairs": [{"a": EVIL, "b": "ben", "n": 9, **COEFFICIENTS}],
}  # fmt: skip
CHOICE = agreement.Choice(
    {"quality": EVIL}, {"tone": EVIL}, {"model": [EVIL], "category": []}, {"queue": EVIL}
)
QUALITY: dict[str, Any] = {
    "queue": EVIL, "field": "quality", "population": 900, "labelled": 40, "effective_n": 31.5,
    "estimate": {**fig(3.5), "method": "weighted mean; Wilson; widened: few failures"},
    "unweighted_mean": fig(3.1), "rates": {EVIL: fig()}, "by": {"model": {EVIL: fig(3.0)}},
    "not_covered": {"imported_tasks": 2, "waiting_tasks": 5, "interactions": 300, "share": 0.25},
    "judge": None,
    "poststratified": {"by": None, "asked": "model", "reason": EVIL, "totals": {}},
    "response": {"rate": fig(0.8, 50), "by_confidence": {"up to 0.2": 0.5, "above 0.2": 0.9},
                 "warning": "20 % of the tasks whose turn came have no answer."},
    "excluded": {"skipped_tasks": 10, "extra_labels": 1, "unanswered": 0, "asked_otherwise": 7},
}  # fmt: skip
JUDGE: dict[str, Any] = {
    "name": EVIL, "versions": {EVIL: 800}, "scored": 800, "unscored": 100, "used": True,
    "estimate": {**fig(3.5), "ci": [3.4, 3.6]}, "without": {**fig(3.4), "ci": [3.2, 3.6]},
    "reason": None, "saves": {**fig(60.2), "ci": [31.7, 99.1]}, "correlation": fig(0.7),
    "sentence": "Your judge saves you 60 labels.", "warnings": [f"Versions: {EVIL}"],
    "labelled": 40, "passes_from": 0.5, "higher_is_worse": False,
    "agreement": {
        one: fig(0.8) for one in ("accuracy", "cohen_kappa", "sensitivity", "specificity")
    },
    "calibration": {"error": fig(0.1), "bins": [
        {"low": 0.0, "high": 0.1, "n": 9, "share": 0.2, "score": 0.05, "passed": fig(0.1)}
    ]},
    "drift": {"change": fig(-0.2), "drifts": True},
}  # fmt: skip
PLAN: dict[str, Any] = {
    "queue": EVIL, "field": "quality", "labelled": 40, "value": 3.5, "sd": 1.1,
    "label_worth": 0.8, "judge_worth": 1.4, "assumed": [EVIL],
    "change": {"change": 0.1, "power": 0.8, "labels": 420, "pairs": 200, "method": "two means",
               "assumed": "alike", "sentence": "To see a change of 0.1 with 80 % power, label 420"},
    "width": {"half_width": 0.1, "labels": 90, "more": 50, "method": "normal",
              "sentence": "For an estimate within 0.1 either way, label 50 more."},
}  # fmt: skip
PATTERN: dict[str, Any] = {
    "where": {"model": EVIL, "length": EVIL}, "lift": 2.0, "lift_ci": [1.2, 3.0], "rate": fig(),
    "q_value": 0.01, "tasks": 12, "failures": 5,
    "draw": {"where": {"model": [EVIL], "since": "2026-11-02T00:00:00+00:00",
                       "until": "2026-11-09T00:00:00+00:00"}, "left_out": ["length"]},
}  # fmt: skip
CHANGE: dict[str, Any] = {
    "where": {"category": EVIL}, "since": NOW, "until": NOW, "before": fig(0.1), "after": fig(0.3),
    "difference": {"value": 0.2, "ci": [0.1, 0.3], "n": 80, "method": "Newcombe"}, "q_value": 0.01,
}  # fmt: skip
CLUSTER: dict[str, Any] = {
    "words": [EVIL, "parcel"], "confirmed": True,
    "rule": {"words": [EVIL], "at_least": 1, "tasks": 9, "rate": fig()},
    "found": 20, "tasks": 30, "failures": 12,
    "rate": fig(), "lift": 2.1, "lift_ci": [1.3, 3.0], "q_value": 0.01, "task_ids": ["1"],
}  # fmt: skip
FAILURES: dict[str, Any] = {
    "field": EVIL, "threshold": 3, "failure_rate": fig(0.2),
    "unweighted_failure_rate": fig(0.4), "by": {"model": {EVIL: fig(0.3)}},
    "issues": [{"tag": EVIL, "count": 3, "rate": fig(0.1), "by": {"model": {EVIL: fig(0.11)}}}],
    "patterns": [PATTERN, {**PATTERN, "where": {"model": "m"}, "lift": 1.5, "q_value": None}],
    "tested": 40, "repeating": 2,
    "together": [{"tags": [EVIL, "tone"], "tasks": 9, "lift": fig(2.5), "q_value": 0.01}],
    "clusters": [CLUSTER, {**CLUSTER, "words": [], "confirmed": False, "lift": None}],
    "trend": {"by": "week",
              "periods": [{"period": f"W{n}", "rate": fig()} for n in range(16)]},
    "changes": {"moments": [CHANGE], "releases": [{**CHANGE, "since": EVIL, "until": EVIL}]},
}  # fmt: skip
LISTED: dict[str, Any] = {
    "queue": EVIL, "where": {"model": EVIL}, "field": EVIL, "labelled": 300, "failures": 40,
    "draw": PATTERN["draw"],
    "tasks": [{"task_id": "1", "source": EVIL, "interaction_id": EVIL, "failed": True,
               "value": 1.5, "issues": [EVIL, "tone"]}],
}  # fmt: skip


def look(labelled: int = 40, **rest: Any) -> failures.Look:
    return failures.Look(EVIL, {"tone": EVIL}, labelled, **rest)


DRAWN: dict[str, Any] = {
    "draw_id": None, "strategy": "stratified", "params": {}, "seed": 7, "population": 90,
    "eligible": 80, "drawn": 20, "new_tasks": 15, "warnings": [EVIL],
    "expected_half_width": {
        "value": 0.097, "ci": None, "n": 20, "method": "Wilson", "reason": "a plan has none"
    },
    "strata": [
        {"stratum": EVIL, "population": 60, "size": 15, "certain": False},
        {"stratum": "flagged", "population": 20, "size": 5, "certain": True},
    ],
}  # fmt: skip
LOG = [
    SimpleNamespace(
        id=1, created_at=NOW, strategy="confidence", params={"mode": EVIL}, drawn=20, eligible=80,
        seed=7, schedule_id=None, by=EVIL,
    )
]  # fmt: skip
LABEL: dict[str, Any] = {
    "letter": "A", "annotator": EVIL, "role": "extra", "seconds": 9.0, "created_at": NOW,
    "values": {"quality": 2, "issues": ["tone", EVIL], "notes": EVIL},
}  # fmt: skip
FIELDS: list[dict[str, Any]] = [
    {"name": "quality", "kind": "rating", "label": EVIL, "min": 1, "max": 3, "words": [EVIL]},
    {"name": "issues", "kind": "tags", "label": "Issues",
     "options": [{"value": "tone", "label": EVIL}]},
    {"name": "notes", "kind": "text", "label": "Notes"},
]  # fmt: skip
DIFFERING: dict[str, Any] = {
    "queue": EVIL, "field": None, "compared": 9, "open": 70, "settled": 2,
    "tasks": [
        {"task_id": "1", "source": EVIL, "interaction_id": EVIL, "reason": EVIL, "worth": 0.014,
         "apart": {EVIL: {"spread": 3.0, "said": {"A": [EVIL], "B": EVIL}}}}
    ],
}  # fmt: skip
NOTE: dict[str, Any] = {
    "note_id": 1, "guideline": {"slug": EVIL, "version": EVIL}, "field": EVIL, "text": EVIL,
    "by": EVIL, "created_at": NOW, "task_id": "1", "queue": EVIL, "closed_at": None,
    "closed_by": EVIL,
}  # fmt: skip
TOLD = [SimpleNamespace(id=1, strategy=EVIL, created_at=NOW, reason=EVIL, certain=True)]
CASE: dict[str, Any] = {
    "queue": EVIL, "task_id": "1", "source": EVIL, "interaction_id": EVIL, "reason": EVIL,
    "answers": [LABEL, {**LABEL, "letter": "B", "values": {}}],
    "verdicts": [
        {"field": "quality", "revision": 1, "value": EVIL, "origin": "adjudicated", "by": EVIL,
         "reason": EVIL, "created_at": NOW}
    ],
}  # fmt: skip
AROUND: dict[str, Any] = {
    "queue": EVIL, "field": EVIL, "draws": TOLD,
    "precedents": [{"field": "quality", "question": EVIL, "answer": EVIL}],
    "texts": {
        "messages": [{"role": "assistant", "content": [{"type": "text", "text": EVIL}]}],
        "responses": [{"id": EVIL, "text": EVIL}, {"id": "b", "text": EVIL}],
    },
}  # fmt: skip
POINTING: list[dict[str, Any]] = [
    {"kind": "ranking", "name": "order", "label": EVIL, "tie": True},
    {"kind": "pairwise", "name": "better", "label": EVIL, "tie": True, "tie_label": EVIL},
    {
        "kind": "turns",
        "name": "turn",
        "label": EVIL,
        "each": "rating",
        "min": 1,
        "max": 2,
        "words": [EVIL, EVIL],
        "roles": ["assistant"],
    },
    {
        "kind": "turns",
        "name": "wrong",
        "label": EVIL,
        "each": "tags",
        "roles": ["assistant"],
        "options": [{"value": EVIL, "label": EVIL}],
    },
    {"kind": "spans", "name": "where", "label": EVIL, "options": [{"value": EVIL, "label": EVIL}]},
]
POINTED = {
    "order": [["b"], [EVIL]], "better": EVIL, "turn": {"0": 1}, "wrong": {"0": [EVIL]},
    "where": [{"in": EVIL, "start": 0, "end": 4, "tag": EVIL}],
}  # fmt: skip
PERSON = Account(3, EVIL, "annotator", False, True)
SCHEDULE: dict[str, Any] = {
    "strategy": "confidence", "params": {"mode": EVIL}, "size": 10, "rate": None,
    "every_seconds": 86_400, "next_at": NOW, "enabled": True,
}  # fmt: skip

OVERVIEW: dict[str, Any] = {
    "queue": EVIL, "as_of": NOW, "newer": True,
    "words": {"tone": EVIL}, "scales": {"quality": [1, 5]},
    "progress": {"labels_done": 9, "labels_needed": 10, "leased": 1, "imported_tasks": 0},
    "quality": QUALITY, "failures": FAILURES, "agreement": AGREED,
    "disagreements": {"open": 3, "settled": 1}, "questions_open": 2, "notes_open": 0,
}  # fmt: skip

JUDGE_RUN: dict[str, Any] = {
    "run_id": 7, "version": EVIL, "state": "stopped", "reason": EVIL, "scored": 1_200,
    "items": 1_300, "open": 60, "failed": {"not_json": 30, EVIL: 10}, "calls_sent": 1_400,
    "budget_calls": 2_000, "spent_usd": 0.5, "budget_usd": 5.0,
    "calls": {"answered": 1_240, "rate_limited": 160}, "warnings": [EVIL],
    "sends": f"the texts of 3 interactions are sent to {EVIL}",
}  # fmt: skip
DRAWN_PARTS = {
    "overview of a queue": overview.overview(OVERVIEW, [{"report_id": 1, "made_at": NOW}]),
    "overview": queues.start([queue()], {"g": EVIL}, [EVIL], any_interactions=True),
    "head": queues.head(queue()),
    "rules": queues.rules(queue(name=EVIL)),
    "drawing": drawing.drawing(queue(schedule=SCHEDULE), LOG),
    "drawn": drawing.drawn(DRAWN, EVIL),
    "people": people.people(queue(people=[EVIL]), WORK, [EVIL]),
    "invited": people.invited(EVIL, EVIL),
    "agreement": agreement.agreement(AGREED, CHOICE),
    "tags": agreement.agreement({**AGREED, "tags": {"tone": AGREED, EVIL: AGREED}}, CHOICE),
    "disagreements": disagreements.disagreements(
        DIFFERING, {"quality": EVIL}, {"tone": EVIL}, {}
    ),
    "notes": disagreements.notes([NOTE, {**NOTE, "closed_at": NOW}], EVIL, {}),
    "task": verdict.one_task(CASE, FIELDS, ["quality", "issues"], AROUND),
    "own answers": verdict.one_task(
        {**CASE, "answers": [{**LABEL, "values": POINTED}]}, POINTING, [], AROUND
    ),
    "judge": judge.judge(JUDGE, "number", Scale(1, 5)),
    "judge runs": judge_runs.judge_runs([JUDGE_RUN, JUDGE_RUN]),
    "plan": plan.plan(PLAN, {"change": EVIL}, EVIL),
    "failures": failures.failures(FAILURES, look()),
    "failing tasks": failure_patterns.pattern_tasks(
        LISTED, {"tone": EVIL}, failure_patterns.where_words(LISTED["where"])
    ),
    "drawing from a pattern": drawing.drawing(queue(), LOG, {"where.model": EVIL}),
    "quality": quality.quality(QUALITY, {"quality": EVIL}, {}, Scale(1, 5)),
    "exports": exports.exports(EVIL, labelled=True),
    "datasets": datasets.datasets(
        [{"name": EVIL, "licence": EVIL, "version": one}
         for one in (None, {"version": 2, "items": 7, "created_at": NOW})]
    ),
    "taking a dataset": datasets.taking(EVIL, {"model": EVIL}),
    "accounts": accounts.accounts([PERSON], {}, "root"),
    "tokens": accounts.tokens([PERSON], {3: 2}),
    "token": accounts.token(EVIL, EVIL),
    "audit": accounts.audit(
        [SimpleNamespace(at=NOW, by=EVIL, action=EVIL, subject=EVIL, detail={"x": EVIL})]
    ),
    "installation": accounts.installation([("Where", EVIL)]),
}  # fmt: skip


@pytest.mark.parametrize("part", sorted(DRAWN_PARTS))
def test_hostile_names_categories_notes_and_reasons_stay_text(part: str) -> None:
    made = DRAWN_PARTS[part]
    assert isinstance(made, Markup)
    assert "<img" not in made
    seen = re.sub(r"<[^>]*>", "", made)  # what is drawn; attributes keep their values
    assert "\u202e" not in seen
    assert "&lt;img" in made or "%3Cimg" in made


@pytest.mark.parametrize("part", sorted(DRAWN_PARTS))
def test_ids_and_labels_of_controls_are_unique(part: str) -> None:
    made = DRAWN_PARTS[part]
    ids = [piece.split('"')[0] for piece in made.split(' id="')[1:]]
    assert len(ids) == len(set(ids))


def test_the_first_page_names_the_next_steps() -> None:
    page = queues.start([], {"g": "Good"}, [], any_interactions=False)
    assert "goldloop ingest FILE" in page
    assert "No queue yet" in page


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        ({"paused": True}, "Paused"),
        ({"tasks": 0, "imported_tasks": 0}, "Nothing drawn yet"),
        ({"tasks": 0}, "Imported labels only"),
        ({"labels_done": 12}, "All labelled"),
        ({}, "Open"),
    ],
)
def test_a_queue_says_where_it_stands(changed: dict[str, Any], state: str) -> None:
    assert state in queues.state_of(queue(**changed))


def test_a_paused_queue_can_go_on() -> None:
    assert 'data-act="resume"' in queues.head(queue(paused=True))
    assert 'data-act="pause"' in queues.head(queue())


def test_overlap_is_told_in_words() -> None:
    assert queues.overlap_in_words(1, 1.0) == "one label a task"
    assert queues.overlap_in_words(2, 1.0) == "2 labels a task"
    assert queues.overlap_in_words(2, 0.2) == "2 labels on 20 % of tasks"


def test_nothing_drawn_yet_says_what_to_do() -> None:
    assert "Nothing drawn yet" in drawing.drawing(queue(tasks=0), [])
    assert "Nothing drawn yet" not in drawing.drawing(queue(), [])


def test_a_dry_run_and_a_draw_are_told_apart() -> None:
    assert "Would draw 20 of 80 eligible interactions; 15 new tasks." in drawing.drawn(DRAWN, "q")
    made = drawing.drawn({**DRAWN, "draw_id": 3}, "q")
    assert "Drew 20 of 80" in made
    assert "section=people" in made
    assert "5 interactions of these are in the queue already." in made


def test_a_dry_run_tells_strata_and_the_expected_half_width_or_why_there_is_none() -> None:
    told = drawing.drawn(DRAWN, "q")
    assert "± 9.7 %" in told
    assert "all of it" in told
    refused = {**DRAWN, "expected_half_width": fig(None, 20, "only the lowest are taken")}
    assert "only the lowest are taken" in drawing.drawn(refused, "q")


def test_a_schedule_is_told_with_its_next_time() -> None:
    told = drawing.scheduled(SCHEDULE)
    assert told.startswith("every day, 10 by confidence")
    assert "2026-11-02 09:00 UTC" in told
    assert drawing.scheduled({**SCHEDULE, "enabled": False}).startswith("stopped")
    assert drawing.scheduled(None).startswith("none")


@pytest.mark.parametrize(
    ("annotators", "tasks", "told"),
    [([], 5, "invite"), (["ann"], 0, "Draw interactions first"), (["ann"], 5, "/label")],
)
def test_nobody_has_labelled_yet_because(annotators: list[str], tasks: int, told: str) -> None:
    assert told in people.people(queue(tasks=tasks), {"by_annotator": []}, annotators)


def test_pace_is_told_in_seconds_or_minutes() -> None:
    assert people.pace(24.4) == "24 s"
    assert people.pace(130) == "2.2 min"
    assert people.pace(None) == "–"


def test_the_answer_comes_before_the_figures_and_three_stand_together() -> None:
    made = agreement.agreement(AGREED, CHOICE)
    cards = re.findall(r'<div class="ld-card"><h3>([^<]+)</h3>', made)
    assert cards == ["Percent agreement", "Krippendorff&#x27;s alpha (ordinal)", "Gwet&#x27;s AC1"]
    assert made.index("It is open.") < made.index("ld-card") < made.index("The rule.")
    assert "have 1,200 more tasks labelled by two people" in made


def test_parts_are_drawn_where_there_are_several() -> None:
    made = agreement.agreement(AGREED, CHOICE)
    assert "<h2>Over time</h2>" in made
    assert "<h2>As labels came in</h2>" in made
    assert "<h2>By version of the guideline</h2>" in made
    assert "<h2>By category</h2>" not in made  # only one
    assert made.count('class="ld-chart"') == 3


def test_what_the_plan_says() -> None:
    def said(more: int | None, reason: str | None = None, scale: str = "ordinal") -> str:
        planned = {"more_tasks": more, "reason": reason}
        plan = {"half_width": 0.05, "coefficients": {"krippendorff_alpha_ordinal": planned}}
        return agreement.agreement({**AGREED, "scale": scale, "plan": plan}, CHOICE)

    assert "is known to ±0.05 or better" in said(0)
    assert "have 1 more task labelled" in said(1)
    assert "cannot be told yet: too few tasks." in said(None, "too few tasks")
    assert "have 40 more turns labelled" in said(40, scale="per_turn")
    assert "How many more turns would" in said(None, "too few tasks", "per_turn")


def test_passages_are_told_by_overlap() -> None:
    overlap = {"overlap": fig(0.5), "place_overlap": fig(0.6), "exact_f1": fig(0.2)}
    spans = {
        **AGREED, "scale": "overlap", "coefficients": overlap, "pairs": [], "reading": None,
        "unmarked_tasks": 3, "marking": {"coefficients": COEFFICIENTS}, "warnings": [],
        "tags": {"tone": {"coefficients": {"overlap": fig()}, "pairs": []}}, "by": {}, "plan": {},
    }  # fmt: skip
    made = agreement.agreement(spans, CHOICE)
    assert "Same place, same tag" in made
    assert "On 3 tasks nobody marked anything" in made
    assert "<h2>Pairs</h2>" not in made


def test_no_overlap_no_agreement_and_the_way_to_it() -> None:
    nothing = {**AGREED, "tasks": 0, "coefficients": {}, "pairs": []}
    assert "section=rules" in agreement.agreement(nothing, CHOICE)
    chosen = CHOICE._replace(asked={"queue": "q", "model": "m"})
    assert "Choose all again" in agreement.agreement(nothing, chosen)


def test_an_undefined_coefficient_is_a_dash_with_its_reason() -> None:
    undefined = {**AGREED, "coefficients": {"cohen_kappa": fig(None, 4, "one category only")}}
    undefined["pairs"] = [{"a": "x", "b": "y", "n": 4, **undefined["coefficients"]}]
    made = agreement.agreement(undefined, CHOICE)
    assert made.count("one category only") == 4  # card, list of all, matrix, table of pairs
    assert "<b>–</b>" in made


def shown_task(*values: dict[str, Any]) -> str:
    """The page of a task with these answers, nothing settled yet."""
    answers = [
        {**LABEL, "role": "planned", "letter": letter, "annotator": f"name-{letter}", "values": one}
        for letter, one in zip("ABCD", values, strict=False)
    ]
    case = {**CASE, "answers": answers, "verdicts": []}
    return verdict.one_task(case, FIELDS, ["quality"], AROUND)


def test_answers_that_differ_are_marked() -> None:
    assert "ld-differs" not in shown_task({"quality": 2}, {"quality": 2})
    assert "ld-differs" in shown_task({"quality": 2}, {"quality": 3})


def test_passages_are_quoted_where_people_differ_on_them() -> None:
    span = {"in": "response", "start": 8, "end": 24, "tag": "wrong"}
    tasks = [{**DIFFERING["tasks"][0], "apart": {"where": {"said": {"A": [span], "B": []}}}}]
    subject = Subject.of({"responses": [{"id": "r", "text": "Returns take <b>five</b> days."}]})
    made = disagreements.disagreements(
        {**DIFFERING, "tasks": tasks}, {"where": "Where?"}, {"wrong": "Wrong"}, {"1": subject}
    )
    assert "Wrong “take &lt;b&gt;five&lt;/b&gt;” (8 to 24)" in made


def test_who_said_what_is_told_after_a_verdict_and_not_before() -> None:
    before = shown_task({"quality": 2}, {"quality": 3})
    assert "name-" not in before
    assert "2 – A" in before
    partly = verdict.one_task(CASE, FIELDS, ["issues"], AROUND)
    assert "Who said what" not in partly, "somebody is still to judge without names"
    after = verdict.one_task(CASE, FIELDS, [], AROUND)
    assert "Who said what" in after
    assert "Withdraw" in after


def test_tags_that_all_gave_are_ticked_and_the_others_are_not() -> None:
    both = shown_task({"quality": 1, "issues": ["tone"]}, {"quality": 2, "issues": ["tone"]})
    one = shown_task({"quality": 1, "issues": ["tone"]}, {"quality": 2, "issues": []})
    assert 'value="tone" checked' in both
    assert 'value="tone" checked' not in one


def test_full_agreement_is_told_apart_from_nothing_to_compare() -> None:
    def told(compared: int, settled: int = 0) -> str:
        found = {"tasks": [], "compared": compared, "settled": settled, "field": None}
        return disagreements.disagreements(found, {"quality": "Q"}, {}, {})

    assert "on 7 tasks" in told(7)
    assert "has a verdict" in told(7, 2)
    assert "No task has labels of two people yet" in told(0)


def test_failures_without_a_threshold_say_how_to_get_one() -> None:
    without = {**FAILURES, "threshold": None, "failure_rate": fig(None), "patterns": []}
    assert "failure_below" in failures.failures(without, look())
    assert "No labels yet" in failures.failures(FAILURES, look(0))


def test_clear_patterns_are_sentences_and_the_others_wait_in_a_table() -> None:
    calm = {**PATTERN, "where": {"model": "calm"}, "lift": 0.5, "q_value": 0.001}
    weak = {**PATTERN, "where": {"model": "weak"}, "q_value": 0.4}
    tiny = {**PATTERN, "where": {"model": "tiny"}, "lift": None, "lift_ci": None, "rate": fig(None)}
    found = {**FAILURES, "patterns": [{**PATTERN, "where": {"flags": "late"}}, tiny, weak, calm]}
    made = failures.failures(found, look())
    assert "flagged <b><bdi>late</bdi></b> fails 2.0 times as often as everything" in made
    assert "5 of 12 labelled tasks failed; lift 2.0 (1.2 to 3.0)" in made
    assert "<b><bdi>tiny</bdi></b> fails more often than the rest" in made
    assert "Perhaps by chance: 1 more" in made
    assert "weak" in made
    assert "calm" not in made
    weekly = {**PATTERN, "where": {"week": "2026-W45"}}
    assert "2026-W45" not in failures.failures({**FAILURES, "patterns": [PATTERN, weekly]}, look())
    assert "40 parts compared. 2 finds that add nothing to these are left out." in made
    made = failures.failures({**FAILURES, "patterns": [weak, calm]}, look())
    assert "40 parts of the traffic compared: none is known to fail more than the rest." in made
    assert "enough labels and failures" in failures.failures({**FAILURES, "patterns": []}, look())


def test_a_pattern_leads_to_its_tasks_a_draw_and_a_dataset() -> None:
    where = {"category": "refunds", "week": "2026-W45", "length": "up to 90 characters"}
    draw = {
        "where": {"category": ["refunds"], "since": "2026-11-02T00:00:00+00:00",
                  "until": "2026-11-09T00:00:00+00:00"},
        "left_out": ["length"],
    }  # fmt: skip
    made = failure_patterns.actions("q", where, draw)
    assert "section=failures&amp;where.category=refunds&amp;where.week=2026-W45" in made
    assert (
        "section=draw&amp;where.category=refunds&amp;where.since=2026-11-02"
        "&amp;where.until=2026-11-08" in made
    )
    assert "/v1/queues/q/export?format=jsonl&amp;where=category%3Drefunds" in made
    assert "A draw cannot be narrowed by length." in made
    nothing = failure_patterns.actions("q", {"length": "x"}, {"where": {}, "left_out": ["length"]})
    assert "Draw more" not in nothing
    assert failure_patterns.draw_form({"model": ["a, b"], "flags": ["x"]}) == {"where.flags": "x"}


def test_a_draw_is_filled_in_from_the_address() -> None:
    made = drawing.drawing(queue(), [], {"where.category": "refunds", "where.since": "2026-11-02"})
    assert 'value="refunds"' in made
    assert 'value="2026-11-02"' in made
    assert '<details class="gl-fold ld-fold" open>' in made


def test_the_failure_map_is_cut_by_what_is_chosen() -> None:
    by = {"category": {"refunds": fig(0.3), "rest": fig(None)}, "model": {"m-7": fig(0.21)}}
    found = {**FAILURES, "by": by, "issues": [{**FAILURES["issues"][0], "by": by}]}
    made = failures.failures(found, look(segment="model"))
    assert "m-7" in made
    assert "21.0 %" in made
    made = failures.failures(found, look())
    assert "--shade:1.00" in made
    assert "m-7" not in made


def test_a_failure_map_without_any_rate_says_so_instead_of_drawing_dashes() -> None:
    by = {"category": {"refunds": fig(None), "rest": fig(None)}}
    issue = {**FAILURES["issues"][0], "by": by}
    made = failures.failures({**FAILURES, "by": by, "issues": [issue]}, look())
    assert "None has a rate: too few labels." in made
    assert "ld-map" not in made


def test_changes_are_told_in_points() -> None:
    made = failures.failures(FAILURES, look())
    assert "+20 points (+10 to +30)" in made
    assert "4 earlier weeks" in made
    better = {**CHANGE["difference"], "value": -0.2, "ci": [-0.3, -0.1]}
    changes = {"moments": [{**CHANGE, "where": {}, "difference": better}], "releases": []}
    made = failures.failures({**FAILURES, "changes": changes}, look())
    assert "everything fails less often" in made
    assert "−20 points" in made
    both = {"moments": [{**CHANGE, "where": {}}, CHANGE], "releases": []}
    assert "The same of 1 part" in failures.failures({**FAILURES, "changes": both}, look())
    calm = {"moments": [{**CHANGE, "q_value": 0.4}], "releases": []}
    made = failures.failures({**FAILURES, "changes": calm}, look())
    assert "1 series looked at: none is known to have changed." in made


def test_groups_of_texts_are_asked_for_and_told_apart_from_ideas() -> None:
    made = failures.failures(FAILURES, look())
    assert "fail 2.1 times as often" in made
    assert made.count("not confirmed") == 1
    assert "Texts without a word in common" in made
    assert "Look for groups" in failures.failures({**FAILURES, "clusters": None}, look())
    assert "Too few failing texts" in failures.failures({**FAILURES, "clusters": []}, look())


def test_what_all_lines_of_a_chart_lack_is_said_once() -> None:
    bars = [Bar("a", fig(None, 3, "too few")), Bar("b", fig(None, 4, "too few"))]
    assert chart("Rates", bars, Scale(0, 1)).count("oo few") == 1
    bars.append(Bar("c", fig(None, 5, "skipped")))
    assert chart("Rates", bars, Scale(0, 1)).count("too few") == 2


def test_the_estimate_stands_beside_the_plain_mean_and_says_why_they_differ() -> None:
    made = quality.quality(QUALITY, {"quality": "Quality"}, {}, Scale(1, 5))
    assert "3.50" in made
    assert "3.10" in made
    assert "Here the two lie 0.40 apart" in made
    assert made.count("The interval is widened: few failures.") == 1
    assert "20 % of the tasks whose turn came have no answer." in made
    assert "up to 0.2: 50 %, above 0.2: 90 %" in made
    assert "25 % of all that is stored could not be." in made
    assert "31.5" in made
    assert "7 from a version that asked otherwise" in made


def test_runs_of_judges_tell_every_failure_and_the_cost() -> None:
    made = judge_runs.judge_runs([{**JUDGE_RUN, "state": "running"}, JUDGE_RUN])
    seen = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", made))
    assert "2 runs of judges" in seen
    assert "1,200 of 1,300 60 40 1,400 of 2,000 0.5 of 5" in seen
    assert "not json 30" in seen
    assert "rate limited 160" in seen
    assert '<details class="gl-fold ld-fold" open' in made
    assert judge_runs.judge_runs([]) is None


def test_a_judge_is_told_in_labels_first() -> None:
    made = judge.judge(JUDGE, "number", Scale(1, 5))
    assert made.index("Your judge saves you 60 labels.") < made.index("Labels it saves")
    assert "32 to 99" in made
    assert "Its interval is 50 % narrower" in made
    assert "Finds their failures" in made
    assert "0.00 to 0.10" in made
    unused = {**JUDGE, "used": False, "sentence": "Your judge saves you no labels yet: few."}
    shown = judge.judge(unused, "number", Scale(1, 5))
    assert "no labels yet: few." in shown
    assert "Labels it saves" not in shown


def test_a_plan_answers_or_says_what_cannot_be() -> None:
    assert "label 420" in plan.plan(PLAN, {}, None)
    wrong = plan.plan(None, {"change": "-1"}, "Change: -1 is not possible here.")
    assert 'value="-1"' in wrong
    assert "not possible here" in wrong


def test_totals_that_are_not_met_say_why_and_stay_chosen() -> None:
    met = {"by": None, "asked": "model", "reason": "the draw is stratified", "totals": {}}
    told = {**QUALITY, "poststratified": met}
    made = quality.quality(told, {"quality": "Quality"}, {}, Scale(1, 5))
    assert "No known totals are met: The draw is stratified." in made
    assert '<option value="model" selected' in made
    assert "No known totals" not in quality.quality(
        {**told, "poststratified": {**met, "by": "model", "reason": None}}, {}, {}, Scale(1, 5)
    )


def test_a_refused_estimate_gives_its_reason_and_no_number() -> None:
    refused = {**QUALITY, "estimate": fig(None, 40, "the lowest were taken")}
    made = quality.quality(refused, {"quality": "Quality"}, {}, Scale(1, 5))
    assert "There is no estimate for the population: The lowest were taken." in made
    assert "ld-dot" not in made.split("By model")[0].split("What it rests on")[0]


def test_a_field_without_one_mean_shows_rates_only() -> None:
    made = quality.quality(QUALITY, {"quality": "Issues"}, {}, None)
    assert "Shares of the population" in made
    assert "Estimate for the population" not in made


@pytest.mark.parametrize(
    ("population", "told"), [(0, "Nothing drawn yet"), (90, "no label counts")]
)
def test_no_labels_no_estimate(population: int, told: str) -> None:
    empty = {**QUALITY, "population": population, "labelled": 0, "unweighted_mean": fig(None, 0)}
    assert told in quality.quality(empty, {"quality": "Quality"}, {}, Scale(1, 5))


def test_exports_are_links_with_the_name_quoted() -> None:
    made = exports.exports("a/b c", labelled=True)
    assert 'href="/v1/queues/a%2Fb%20c/export?format=jsonl&amp;labels=raw"' in made
    assert "No labels yet" in exports.exports("q", labelled=False)


def test_every_export_has_its_link_and_files_come_both_ways() -> None:
    assert {form for form, _, _ in exports.FORMATS} == set(EXPORTS)
    files = {form for form, one in EXPORTS.items() if isinstance(one, FileFormat)}
    assert set(exports.BOTH_WAYS) == files | {"goldloop"}
    assert set(exports.BUILT) == set(EXPORTS) - files


def test_good_responses_can_stand_as_expected_ones_for_every_tool() -> None:
    made = exports.exports("q", exports.Good("response-if-quality>=4", 4), labelled=True)
    for form in exports.BUILT:
        rule = "expected=response-if-quality%3E%3D4"
        assert f"format={form}&amp;labels=settled&amp;{rule}" in made
    assert "rated 4 or more" in made
    assert "Good responses too" not in exports.exports("q", labelled=True)


def test_nobody_can_shut_themselves_out_by_a_button() -> None:
    assert 'data-act="disable"' in accounts.accounts([PERSON], {}, "root")
    assert 'data-act="disable"' not in accounts.accounts([PERSON], {}, EVIL)
    out = PERSON._replace(disabled=True)
    assert 'data-act="enable"' in accounts.accounts([out], {}, "root")
    assert EVIL[:4] not in accounts.tokens([out], {})


def test_an_overview_that_is_older_than_the_labels_says_so() -> None:
    assert "There is more since then" in DRAWN_PARTS["overview of a queue"]
    now = overview.overview({**OVERVIEW, "newer": False}, [])
    assert "There is more since then" not in now
    assert "Earlier reports" not in now
    nobody = {**OVERVIEW, "progress": {"labels_done": 0, "imported_tasks": 0}}
    assert "Nobody has labelled yet" in overview.overview(nobody, [])


def test_an_overview_says_what_its_verdict_on_agreement_rests_on() -> None:
    alpha = {"krippendorff_alpha_ordinal": fig(0.79), "percent_agreement": fig(0.44)}
    reading = {"text": "Enough.", "coefficient": "krippendorff_alpha_ordinal"}
    agreed = {**AGREED, "coefficients": alpha, "reading": reading}
    made = overview.overview({**OVERVIEW, "agreement": agreed}, [])
    assert "(ordinal), which counts how far apart answers are: 0.79." in made
    passages = {**AGREED, "coefficients": {"overlap": fig(0.91)}, "reading": None}
    bare = {**OVERVIEW, "quality": None, "agreement": passages}
    made = overview.overview(bare, [])
    assert "Same place, same tag" in made
    assert "91.0 %" in made


def test_what_no_estimate_counts_is_not_said_to_move_figures() -> None:
    apart = {**DIFFERING, "tasks": [{**one, "worth": 0.0} for one in DIFFERING["tasks"]]}
    made = disagreements.disagreements(apart, {"quality": "Quality"}, {}, {})
    assert "people lie furthest apart comes first" in made
    assert "Worth" not in made
    assert "Worth" in disagreements.disagreements(DIFFERING, {"quality": "Quality"}, {}, {})
