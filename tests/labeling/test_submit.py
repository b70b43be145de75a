"""Submitting: once, checked by the form, corrected by revisions, never lost."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from labeling import assignment
from labeling.errors import InvalidLabel, NotAssigned
from labeling.fields import fields_from_json
from labeling.imports import import_labels
from labeling.submit import SlotTaken, Submission, submit
from storage import Conflict
from storage.tables import content, label


def stored(lab):
    with lab.store.read() as session:
        return session.execute(select(label).order_by(label.c.id)).all()


def test_a_label_is_stored_with_its_guideline(lab):
    lab.queue(1)
    held = lab.claim_one("ann")
    done = lab.submit("ann", held.id, 2, seconds=12.5)
    (row,) = stored(lab)
    assert (row.id, row.revision, row.seconds) == (done.label_id, 1, 12.5)
    assert row.values == {"quality": 2, "issues": []}
    assert row.guideline_id == held.guideline_id


def test_the_same_key_and_body_is_one_label(lab):
    lab.queue(1)
    held = lab.claim_one("ann")
    first = lab.submit("ann", held.id, key="k")
    again = lab.submit("ann", held.id, key="k")
    assert (again.label_id, again.repeated) == (first.label_id, True)
    assert len(stored(lab)) == 1


def test_the_same_key_with_another_body_is_refused(lab):
    lab.queue(1)
    held = lab.claim_one("ann")
    lab.submit("ann", held.id, 4, key="k")
    with pytest.raises(Conflict) as error:
        lab.submit("ann", held.id, 5, key="k")
    assert error.value.code == "key_reused"


def test_two_people_may_use_the_same_key(lab):
    lab.queue(1, overlap=2)
    lab.submit("ann", lab.claim_one("ann").id, key="k")
    lab.submit("ben", lab.claim_one("ben").id, key="k")
    assert len(stored(lab)) == 2


def test_a_second_label_must_say_what_it_corrects(lab):
    lab.queue(1)
    held = lab.claim_one("ann")
    lab.submit("ann", held.id, 4)
    with pytest.raises(Conflict) as error:
        lab.submit("ann", held.id, 5)
    assert error.value.code == "already_submitted"
    assert lab.submit("ann", held.id, 5, revises=1).revision == 2
    assert [row.values["quality"] for row in stored(lab)] == [4, 5]


def test_a_stale_correction_is_refused(lab):
    lab.queue(1)
    held = lab.claim_one("ann")
    lab.submit("ann", held.id, 4)
    lab.submit("ann", held.id, 5, revises=1)
    with pytest.raises(Conflict) as error:
        lab.submit("ann", held.id, 3, revises=1)
    assert error.value.code == "stale_revision"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "quality"),
        ({"quality": 6}, "quality"),
        ({"quality": True}, "quality"),
        ({"quality": "4"}, "quality"),
        ({"quality": 4, "issues": ["unknown"]}, "issues"),
        ({"quality": 4, "issues": ["refusal", "refusal"]}, "issues"),
        ({"quality": 4, "confidence": "certain"}, "confidence"),
        ({"quality": 4, "requires_context": 1}, "requires_context"),
        ({"quality": 4, "notes": ["a"]}, "notes"),
        ({"quality": 4, "nonsense": 1}, "nonsense"),
    ],
)
def test_a_value_that_does_not_fit_names_its_field(lab, values, field):
    lab.queue(1)
    held = lab.claim_one("ann")
    with pytest.raises(InvalidLabel) as error:
        lab.submit("ann", held.id, values=values)
    assert error.value.field == field
    assert stored(lab) == []
    assert lab.claim_one("ann").id == held.id


@pytest.mark.parametrize(
    "rest", [{"seconds": -1.0}, {"seconds": 1e9}, {"key": ""}, {"key": "x" * 201}]
)
def test_an_odd_envelope_is_refused(lab, rest):
    lab.queue(1)
    held = lab.claim_one("ann")
    with pytest.raises(InvalidLabel):
        lab.submit("ann", held.id, **rest)


def test_an_empty_text_counts_as_not_given(lab):
    lab.queue(1)
    lab.submit(
        "ann", lab.claim_one("ann").id, values={"quality": 3, "notes": "", "expected_answer": ""}
    )
    assert stored(lab)[0].values == {"quality": 3}


def test_another_persons_assignment_cannot_be_labelled(lab):
    lab.queue(1)
    held = lab.claim_one("ann")
    with pytest.raises(NotAssigned):
        lab.submit("ben", held.id)
    with pytest.raises(NotAssigned):
        lab.submit("ben", held.id + 1)


def test_a_late_label_is_taken_while_its_slot_is_free(lab):
    lab.queue(1)
    held = lab.claim_one("ann")
    lab.wait(1801)
    lab.submit("ann", held.id, 5)
    assert lab.claim("ben").reason == "done"


def test_a_late_label_without_slot_is_kept_as_a_draft(lab):
    lab.queue(1)
    held = lab.claim_one("ann")
    lab.wait(1801)
    lab.submit("ben", lab.claim_one("ben").id, 1)
    typed = {"quality": 5, "notes": "long thought"}
    assert isinstance(lab.submit("ann", held.id, values=typed), SlotTaken)
    assert len(stored(lab)) == 1
    with lab.store.read() as session:
        kept = assignment.read_draft(session, held.id, lab.person("ann"))
    assert kept["values"] == typed


def test_a_skip_can_be_taken_back_while_the_slot_is_free(lab):
    lab.queue(1)
    held = lab.claim_one("ann")
    with lab.store.write() as session:
        assignment.skip(session, held.id, lab.person("ann"), "unsure", lab.now)
    assert lab.submit("ann", held.id, 2).revision == 1


def test_the_draft_goes_with_the_label(lab):
    lab.queue(1)
    held = lab.claim_one("ann")
    with lab.store.write(durable=False) as session:
        assignment.save_draft(session, held.id, lab.person("ann"), {"quality": 1}, lab.now)
    lab.submit("ann", held.id)
    with lab.store.read() as session:
        assert assignment.read_draft(session, held.id, lab.person("ann"))["version"] == 0


def test_langfuse_the_second_annotator_never_overwrites_the_first(lab):
    lab.queue(1, overlap=2)
    lab.submit("ann", lab.claim_one("ann").id, 1)
    lab.submit("ben", lab.claim_one("ben").id, 5)
    rows = stored(lab)
    assert [row.values["quality"] for row in rows] == [1, 5]
    assert len({row.account_id for row in rows}) == 2


def test_a_failed_submit_leaves_nothing_behind(lab):
    lab.queue(1)
    held = lab.claim_one("ann")

    def stops() -> None:
        with lab.store.write() as session:
            submit(session, held.id, lab.person("ann"), Submission({"quality": 1}), lab.now)
            raise RuntimeError("the machine stops here")

    with pytest.raises(RuntimeError):
        stops()
    assert stored(lab) == []
    assert lab.claim_one("ann").id == held.id


# --- answers that point into the task ---


@pytest.fixture
def compared(lab):
    """A queue of one task with three responses, each person asked for the best of them in order."""
    order = {"name": "order", "kind": "ranking", "label": "In order", "required": True}
    spans = {"name": "claims", "kind": "spans", "label": "Claims", "options": [{"value": "wrong"}]}
    lab.guideline = replace(lab.guideline, hash="other", fields=fields_from_json([order, spans]))
    three = [{"id": one, "text": f"Answer {one}."} for one in ("a", "b", "c")]
    lab.queue(1, overlap=9)
    with lab.store.write() as session:
        session.execute(update(content).values(responses=three))
    return lab


def test_responses_are_shown_in_an_order_of_each_assignment_that_the_label_keeps(compared):
    orders = set()
    for name in ("ann", "ben", "cat", "dan", "eva", "fay", "gus", "hal"):
        held = compared.claim_one(name)
        with compared.store.read() as session:
            task = assignment.held_view(session, held, compared.person(name))["task"]
            again = assignment.held_view(session, held, compared.person(name))["task"]
        shown = [one["id"] for one in task["interaction"]["responses"]]
        assert [one["id"] for one in again["interaction"]["responses"]] == shown
        compared.submit(name, held.id, values={"order": [["a"], ["b"], ["c"]]})
        assert stored(compared)[-1].response_order == shown
        orders.add(tuple(shown))
    assert len(orders) > 2


def test_another_page_may_say_in_which_order_it_showed_the_responses(compared):
    held = compared.claim_one("ann")
    values = {"order": [["a"], ["b", "c"]]}
    with pytest.raises(InvalidLabel, match="another set of responses"):
        compared.submit("ann", held.id, values=values, response_order=["a", "b", "z"])
    compared.submit("ann", held.id, values=values, response_order=["c", "b", "a"])
    assert stored(compared)[0].response_order == ["c", "b", "a"]


@pytest.mark.parametrize(
    "values",
    [
        {"order": [["a"], ["b"]]},
        {"order": [["a"], ["b"], ["z"]]},
        {"order": [["a", "b", "c"]], "claims": [{"in": "z", "start": 0, "end": 1, "tag": "wrong"}]},
        {
            "order": [["a", "b", "c"]],
            "claims": [{"in": "a", "start": 0, "end": 10, "tag": "wrong"}],
        },
    ],
)
def test_what_points_at_nothing_is_refused(compared, values):
    held = compared.claim_one("ann")
    with pytest.raises(InvalidLabel):
        compared.submit("ann", held.id, values=values)
    assert stored(compared) == []


def test_imported_labels_are_checked_against_their_interaction(compared):
    def row(order, interaction="i0"):
        values = {"order": order}
        return {"source": "q", "interaction_id": interaction, "annotator": "x", "values": values}

    rows = [row([["a"], ["z"]]), row([["b"], ["a", "c"]]), row([["a"]], "missing")]
    report = import_labels(compared.store, "q", enumerate(rows), now=compared.now)
    assert (report.accepted, [index for index, *_ in told(report)]) == (1, [0, 2])
    assert "values.order" in told(report)[0][1]
    assert [one.values for one in stored(compared)] == [{"order": [["b"], ["a", "c"]]}]


def told(report):
    return [(one["index"], str(one["error"])) for one in report.to_json()["rejected"]]
