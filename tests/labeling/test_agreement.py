"""Agreement on every kind of answer, from the labels of a queue."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from labeling.agreement import agreement_report
from labeling.errors import InvalidLabel
from labeling.fields import fields_from_toml
from labeling.guideline import load_guidelines
from labeling.queues import sync_guidelines
from storage import Store
from storage.tables import content, interaction
from tests.labeling.conftest import ROOT, Lab

FORM = """
[[fields]]
name = "quality"
kind = "rating"
label = "Quality"
[[fields]]
name = "claims"
kind = "spans"
label = "Claims"
options = [{value = "wrong"}, {value = "vague"}]
[[fields]]
name = "each"
kind = "turns"
label = "Each"
[[fields]]
name = "better"
kind = "pairwise"
label = "Better"
[[fields]]
name = "order"
kind = "ranking"
label = "Order"
[[fields]]
name = "issues"
kind = "tags"
label = "Issues"
options = [{value = "rude"}, {value = "short"}]
"""
TASKS = 24


def values(task: int, who: str) -> dict[str, Any]:
    """Ann and ben mostly say the same; every fourth task they differ in everything."""
    other = who == "ben" and task % 4 == 0
    first, second = f"a{task}", f"b{task}"
    left, right = (second, first) if (task % 2) != other else (first, second)
    return {
        "quality": 1 + (task + 2 * other) % 5,
        "claims": [{"in": first, "start": 0, "end": 2 if other else 4, "tag": "wrong"}]
        if task < 16
        else [],
        "each": {"1": 1 + task % 5, "3": 1 + (task + other) % 5},
        "better": "tie" if task % 3 == 0 else left,
        "order": [[left], [right]],
        "issues": ["rude", "short"][: 1 + (task + other) % 2],
    }


@pytest.fixture
def labelled(sqlite_store: Store) -> Lab:
    """What was said, where the database makes no difference."""
    lab = Lab(sqlite_store, load_guidelines(ROOT / "guidelines")["response-quality"])
    return all_labelled(lab)


def all_labelled(lab: Lab) -> Lab:
    """Two people label two dozen tasks with two responses and four turns; two per conversation."""
    fields = fields_from_toml(FORM)
    every = {"slug": "every", "hash": "1", "version": "1", "fields": fields, "gold": ()}
    lab.guideline = replace(lab.guideline, **every)
    with lab.store.write() as session:
        sync_guidelines(session, {"every": lab.guideline}, lab.now)
    lab.queue(TASKS, overlap=2)
    turns = [{"role": role, "content": "Text."} for role in ("user", "assistant") * 2]
    with lab.store.write() as session:
        known = session.execute(interaction.select().where(interaction.c.source == "q")).all()
        for number, one in ((int(row.external_id.removeprefix("i")), row.id) for row in known):
            two = [{"id": f"b{number}", "text": "Text."}, {"id": f"a{number}", "text": "Text."}]
            at = content.c.interaction_id == one
            session.execute(update(content).where(at).values(messages=turns, responses=two))
            named = {"session_id": f"s{number // 2}", "category": "odd" if number % 2 else "even"}
            session.execute(update(interaction).where(interaction.c.id == one).values(named))
    for number in range(TASKS):
        if number == TASKS // 2:
            lab.wait(9 * 86_400)
        for who in ("ann", "ben"):
            claim = lab.claim_one(who)
            lab.submit(who, claim.assignment_id, values=values(number, who))
    return lab


def report(lab: Lab, field: str, **asked: Any) -> dict[str, Any]:
    with lab.store.snapshot() as session:
        return agreement_report(session, "q", field=field, **asked)


def test_a_rating_has_every_coefficient_a_reading_and_a_plan(labelled: Lab) -> None:
    told = report(labelled, "quality", width=0.05)
    coefficients = told["coefficients"]
    assert coefficients["percent_agreement"]["value"] == pytest.approx(0.75)
    assert 0.6 < coefficients["krippendorff_alpha"]["value"] < 0.75
    assert coefficients["krippendorff_alpha_ordinal"]["ci"]
    assert {"gwet_ac1", "gwet_ac2_quadratic", "fleiss_kappa"} <= coefficients.keys()
    assert told["reading"]["coefficient"] == "krippendorff_alpha_ordinal"
    assert told["plan"]["half_width"] == 0.05
    planned = told["plan"]["coefficients"]["krippendorff_alpha"]
    assert planned["more_tasks"] > 24
    assert planned["half_width"] > 0.05


def test_it_is_told_in_equal_parts_as_labels_came_in(lab: Lab) -> None:
    lab.queue(45, overlap=2)
    for number in range(43):
        for who in ("ann", "ben"):
            lab.wait(1)
            claim = lab.claim_one(who)
            quality = 2 + 2 * (who == "ben" and number < 21)
            lab.submit(who, claim.assignment_id, values={"quality": quality})
    by = report(lab, "quality")["by"]["stretch"]
    assert {one: told["tasks"] for one, told in by.items()} == {"1 to 21": 21, "22 to 43": 22}
    shares = [told["coefficients"]["percent_agreement"]["value"] for told in by.values()]
    assert shares == [0, 1]


def test_it_is_told_by_week_version_and_segment(labelled: Lab) -> None:
    by = report(labelled, "quality")["by"]
    assert {week: told["tasks"] for week, told in by["week"].items()} == {
        "2026-W44": 12, "2026-W46": 12,
    }  # fmt: skip
    assert by["stretch"] == {}, "24 tasks are one stretch"
    assert list(by["guideline"]) == ["1"]
    # every fourth task differs, so all differences lie among the even ones
    even, odd = by["category"]["even"], by["category"]["odd"]
    assert odd["coefficients"]["percent_agreement"]["value"] == 1
    assert even["coefficients"]["percent_agreement"]["value"] == pytest.approx(0.5)
    assert by["model"] == {}


def test_conversations_hold_tasks_together(lab: Lab) -> None:
    labelled = all_labelled(lab)
    told = report(labelled, "quality", cluster="conversation")
    assert "12 clusters" in told["coefficients"]["krippendorff_alpha"]["method"]
    alone = report(labelled, "quality")["coefficients"]["krippendorff_alpha"]
    assert told["coefficients"]["krippendorff_alpha"]["value"] == alone["value"]
    better = report(labelled, "better", cluster="user")
    assert better["tasks"] == TASKS  # nobody is known, so every task stands for itself


def test_passages(labelled: Lab) -> None:
    told = report(labelled, "claims")
    # of 16 marked tasks 4 differ: 2 of 4 characters shared, Dice 2 * 2 / 6
    assert told["coefficients"]["overlap"]["value"] == pytest.approx((12 + 4 * 2 / 3) / 16)
    assert told["coefficients"]["exact_f1"]["value"] == pytest.approx(12 / 16)
    assert told["coefficients"]["overlap"]["n"] == 16
    assert told["unmarked_tasks"] == 8
    assert told["marking"]["coefficients"]["percent_agreement"]["value"] == 1
    assert told["tags"]["vague"]["coefficients"]["overlap"]["reason"]
    assert told["reading"] is None


def test_turns_are_units_that_go_together_by_task(labelled: Lab) -> None:
    told = report(labelled, "each")
    assert (told["tasks"], told["labels"]) == (48, 96)
    # turn 3 differs on every fourth task: 6 of 48 turns
    percent = told["coefficients"]["percent_agreement"]
    assert percent["value"] == pytest.approx(42 / 48)
    assert "24 clusters" in percent["method"]


def test_the_better_response_counts_by_its_id_not_by_its_side(labelled: Lab) -> None:
    told = report(labelled, "better")
    assert set(told["shares"]) == {"first", "second", "tie"}
    assert told["shares"]["tie"] == pytest.approx(1 / 3)
    # where no tie is said, every fourth task differs: tasks 4, 8, 16, 20
    assert told["coefficients"]["percent_agreement"]["value"] == pytest.approx(20 / 24)


def test_rankings(labelled: Lab) -> None:
    tau = report(labelled, "order")["coefficients"]["kendall_tau"]
    assert tau["value"] == pytest.approx((18 - 6) / 24)
    assert tau["ci"][0] < tau["value"] < tau["ci"][1]


def test_tags_together_and_one_by_one(labelled: Lab) -> None:
    told = report(labelled, "issues")
    assert told["coefficients"]["masi_alpha"]["value"] < 1
    rude = told["tags"]["rude"]
    assert rude["coefficients"]["krippendorff_alpha"]["reason"] == "one category only"
    assert "100 % of the labels are the same (yes)" in rude["warnings"][0]
    short = told["tags"]["short"]["coefficients"]
    assert short["percent_agreement"]["value"] == pytest.approx(0.75)


@pytest.mark.parametrize("asked", [{"cluster": "team"}, {"width": 0}, {"width": 2.0}])
def test_what_cannot_be_asked_is_told(labelled: Lab, asked: dict[str, Any]) -> None:
    with pytest.raises(InvalidLabel) as refused:
        report(labelled, "quality", **asked)
    assert refused.value.field in asked
