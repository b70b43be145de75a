"""What a person does at the labeling page, on both databases."""

import json

import msgspec
import pytest
from sqlalchemy import func, select

from labeling.desk import DRAFT_BYTES, Desk, Sent, drawable
from labeling.fields import Subject, fields_from_json
from storage.queries import accounts
from storage.tables import assignment, draft, label

GOOD = {"quality": 4, "issues": ["incomplete"]}


@pytest.fixture
def desk(lab):
    lab.person("ann")
    lab.person("bob")
    return Desk(lab.store, lambda: lab.now)


def sent(shown, values=None, nonce="n1", **more):
    return Sent(shown["assignment_id"], GOOD if values is None else values, nonce, **more)


def count(lab, table, *where):
    with lab.store.read() as session:
        return session.scalar(select(func.count()).select_from(table).where(*where))


def label_rows(lab):
    with lab.store.read() as session:
        return session.execute(select(label).order_by(label.c.id)).all()


def test_opening_shows_the_task_its_form_and_nothing_that_anchors(lab, desk):
    lab.queue(2)
    shown = desk.open("ann", "q")
    assert shown["state"] == "task"
    assert shown["queue"] == {"name": "q"}
    assert shown["task"]["interaction"]["messages"] == [{"role": "user", "content": "Question 0?"}]
    assert "secret-model" not in json.dumps(msgspec.to_builtins(shown))
    assert "source" not in shown["task"]
    assert [one["name"] for one in shown["guideline"]["fields"]][:2] == ["quality", "issues"]
    assert shown["guideline"]["fields"][0]["keys"] == ["1", "2", "3", "4", "5"]
    assert shown["values"] == {}
    assert shown["progress"] == {"own": 0, "finished": 0, "labels_done": 0, "labels_needed": 2}
    assert desk.open("ann", "q")["assignment_id"] == shown["assignment_id"]


def test_what_the_queue_shows_is_shown(lab, desk):
    lab.queue(1, show=("model", "source"))
    task = desk.open("ann", "q")["task"]
    assert task["interaction"]["responses"][0]["model"] == "secret-model"
    assert task["source"] == "q"


def test_submit_stores_one_label_and_opens_the_next(lab, desk):
    lab.queue(2)
    first = desk.open("ann", "q")
    second = desk.submit_and_next("ann", "q", sent(first, seconds=12.5))
    assert second["state"] == "task"
    assert second["assignment_id"] != first["assignment_id"]
    assert second["progress"]["own"] == 1
    (row,) = label_rows(lab)
    assert (row.values, row.revision, row.seconds) == (GOOD, 1, 12.5)
    last = desk.submit_and_next("ann", "q", sent(second))
    assert (last["state"], last["reason"]) == ("nothing", "done")
    assert last["progress"]["labels_done"] == 2


def test_the_same_answer_twice_is_one_label(lab, desk):
    lab.queue(3)
    first = desk.open("ann", "q")
    second = desk.submit_and_next("ann", "q", sent(first))
    again = desk.submit_and_next("ann", "q", sent(first))
    assert again["assignment_id"] == second["assignment_id"]
    assert len(label_rows(lab)) == 1


@pytest.mark.parametrize("nonce", ["n1", "n2"])
def test_another_answer_from_a_second_tab_is_shown_and_not_lost(lab, desk, nonce):
    lab.queue(2)
    first = desk.open("ann", "q")
    desk.submit_and_next("ann", "q", sent(first))
    other = desk.submit_and_next("ann", "q", sent(first, {"quality": 1}, nonce))
    assert other["assignment_id"] == first["assignment_id"]
    assert other["values"] == {"quality": 1}
    assert (other["reopened"], other["revises"]) == ("submitted", 1)
    assert "already labelled" in other["message"]
    assert len(label_rows(lab)) == 1
    third = desk.submit_and_next("ann", "q", sent(other, {"quality": 1}, "n3", revises=1))
    assert third["assignment_id"] not in (first["assignment_id"], None)
    assert [(row.revision, row.values["quality"]) for row in label_rows(lab)] == [(1, 4), (2, 1)]


def test_a_bad_value_names_its_field_and_changes_nothing(lab, desk):
    lab.queue(1)
    shown = desk.open("ann", "q")
    for values, field in [({}, "quality"), ({"quality": 9}, "quality"), ({"mood": 1}, "mood")]:
        answer = desk.submit_and_next("ann", "q", sent(shown, values))
        assert answer["state"] == "error"
        assert answer["error"]["code"] == "invalid"
        assert answer["error"]["field"] == field
        assert answer["error"]["hint"]
    assert label_rows(lab) == []
    assert desk.submit_and_next("ann", "q", sent(shown))["state"] == "nothing"


def test_undo_reopens_the_last_label_and_submitting_makes_a_revision(lab, desk):
    lab.queue(3)
    first = desk.open("ann", "q")
    lab.wait(60)
    second = desk.submit_and_next("ann", "q", sent(first))
    lab.wait(60)
    third = desk.submit_and_next("ann", "q", sent(second, {"quality": 2}))
    back = desk.undo("ann", "q")
    assert (back["assignment_id"], back["values"]) == (second["assignment_id"], {"quality": 2})
    assert (back["reopened"], back["revises"]) == ("submitted", 1)
    further = desk.undo("ann", "q", before=back["assignment_id"])
    assert further["assignment_id"] == first["assignment_id"]
    end = desk.undo("ann", "q", before=further["assignment_id"])
    assert end["error"]["code"] == "nothing_to_undo"
    lab.wait(60)
    after = desk.submit_and_next("ann", "q", sent(back, {"quality": 5}, "n9", revises=1))
    assert after["assignment_id"] == third["assignment_id"]
    assert after["progress"]["own"] == 2
    assert [row.values["quality"] for row in label_rows(lab)] == [4, 2, 5]
    assert desk.undo("ann", "q")["assignment_id"] == second["assignment_id"]


def test_a_stale_revision_comes_back_with_what_was_sent(lab, desk):
    lab.queue(1)
    first = desk.open("ann", "q")
    desk.submit_and_next("ann", "q", sent(first))
    desk.submit_and_next("ann", "q", sent(first, {"quality": 2}, "n2", revises=1))
    late = desk.submit_and_next("ann", "q", sent(first, {"quality": 3}, "n3", revises=1))
    assert (late["revises"], late["values"]) == (2, {"quality": 3})


def test_skip_needs_a_reason_and_undo_brings_the_task_back(lab, desk):
    lab.queue(2)
    first = desk.open("ann", "q")
    refused = desk.skip_and_next("ann", "q", first["assignment_id"], "  ")
    assert refused["error"]["field"] == "reason"
    second = desk.skip_and_next("ann", "q", first["assignment_id"], "broken")
    assert second["assignment_id"] != first["assignment_id"]
    assert second["progress"] == {"own": 0, "finished": 1, "labels_done": 0, "labels_needed": 2}
    back = desk.undo("ann", "q")
    assert (back["assignment_id"], back["reopened"]) == (first["assignment_id"], "skipped")
    kept = desk.keep("ann", "q", back["assignment_id"])
    assert kept["assignment_id"] == second["assignment_id"]
    after = desk.submit_and_next("ann", "q", sent(back))
    assert after["assignment_id"] == second["assignment_id"]
    assert after["progress"]["own"] == 1


def test_a_skipped_task_that_others_took_keeps_the_answer_as_a_draft(lab, desk):
    lab.queue(1)
    first = desk.open("ann", "q")
    desk.skip_and_next("ann", "q", first["assignment_id"], "broken")
    desk.submit_and_next("bob", "q", sent(desk.open("bob", "q")))
    answer = desk.submit_and_next("ann", "q", sent(first, {"quality": 1}))
    assert answer["state"] == "nothing"
    assert "kept as a draft" in answer["message"]
    assert len(label_rows(lab)) == 1
    assert count(lab, draft) == 1


def test_a_draft_survives_and_goes_with_the_label(lab, desk):
    lab.queue(2)
    first = desk.open("ann", "q")
    typed = {"quality": 2, "notes": "half a thou", "issues": []}
    assert desk.save_draft("ann", first["assignment_id"], typed)["kept"] is True
    again = desk.open("ann", "q")
    assert (again["values"], again["drafted"]) == (typed, True)
    desk.submit_and_next("ann", "q", sent(first))
    assert count(lab, draft) == 0
    late = desk.save_draft("ann", first["assignment_id"], typed)
    assert late == {"state": "saved", "kept": False}
    assert count(lab, draft) == 0


def test_the_draft_of_a_correction_is_shown_until_it_is_dropped(lab, desk):
    lab.queue(2)
    first = desk.open("ann", "q")
    desk.submit_and_next("ann", "q", sent(first))
    desk.save_draft("ann", first["assignment_id"], {"quality": 1}, revises=1)
    assert desk.undo("ann", "q")["values"] == {"quality": 1}
    desk.keep("ann", "q", first["assignment_id"])
    assert desk.undo("ann", "q")["values"] == GOOD


@pytest.mark.parametrize(
    "values",
    [
        {"notes": "x" * DRAFT_BYTES},
        {"notes": "half \ud83d"},
        {"issues": ["half \ud83d"]},
    ],
    ids=["huge", "surrogate", "surrogate inside"],
)
def test_drafts_that_cannot_be_kept_are_refused(lab, desk, values):
    lab.queue(1)
    shown = desk.open("ann", "q")
    answer = desk.save_draft("ann", shown["assignment_id"], values)
    assert answer["error"]["field"] == "draft"
    desk.submit_and_next("ann", "q", sent(shown))
    answer = desk.submit_and_next("ann", "q", sent(shown, {**GOOD, **values}))
    assert answer["error"]["field"] == "draft"
    assert count(lab, draft) == 0


def test_give_back_frees_the_task_for_others(lab, desk):
    lab.queue(1)
    first = desk.open("ann", "q")
    assert desk.open("bob", "q")["reason"] == "leased_by_others"
    listed = desk.give_back("ann", first["assignment_id"])
    assert listed["state"] == "queues"
    assert desk.open("bob", "q")["state"] == "task"


def test_heartbeat_holds_and_says_when_the_hold_is_lost(lab, desk):
    lab.queue(1, lease_seconds=60)
    first = desk.open("ann", "q")
    lab.wait(50)
    assert desk.heartbeat("ann", first["assignment_id"]) == {"state": "held"}
    lab.wait(50)
    assert desk.open("bob", "q")["reason"] == "leased_by_others"
    lab.wait(50)
    assert desk.open("bob", "q")["state"] == "task"
    assert desk.heartbeat("ann", first["assignment_id"])["error"]["code"] == "lease_lost"


def test_the_list_of_queues_counts_own_work(lab, desk):
    lab.queue(2, name="a", overlap=2)
    lab.queue(0, name="b")
    lab.queue(1, name="closed", people=("bob",))
    desk.submit_and_next("ann", "a", sent(desk.open("ann", "a")))
    listed = desk.queues("ann")
    assert (listed["state"], listed["account"], listed["role"]) == ("queues", "ann", "annotator")
    assert [one["name"] for one in listed["queues"]] == ["a", "b"]
    assert listed["queues"][0] == {
        "name": "a",
        "title": "Response quality",
        "paused": False,
        "tasks": 2,
        "labels_needed": 4,
        "labels_done": 1,
        "own": {"submitted": 1, "skipped": 0, "leased": 1},
    }


@pytest.mark.parametrize("forged", ["0", "-1", "1e3", "", "x", "9" * 40, "٣", "1;--"])
def test_forged_assignments_are_nobodys(lab, desk, forged):
    lab.queue(1)
    desk.open("ann", "q")
    for answer in everything(desk, "ann", forged):
        assert answer["error"]["code"] == "not_assigned"


def test_another_persons_assignment_does_not_exist(lab, desk):
    lab.queue(1, overlap=2)
    theirs = desk.open("bob", "q")["assignment_id"]
    for answer in everything(desk, "ann", theirs):
        assert answer == {
            "state": "error",
            "error": {"code": "not_assigned", "message": "This task is not yours."},
        }
    assert count(lab, assignment, assignment.c.state == "leased") == 1
    assert count(lab, draft) == 0


def everything(desk, name, held):
    """Every call that names an assignment."""
    return [
        desk.submit_and_next(name, "q", Sent(held, GOOD, "n")),
        desk.skip_and_next(name, "q", held, "why"),
        desk.give_back(name, held),
        desk.undo(name, "q", before=held),
        desk.keep(name, "q", held),
        desk.save_draft(name, held, {"quality": 1}),
        desk.heartbeat(name, held),
        desk.task(name, held),
    ]


def test_who_asks_is_looked_up_in_every_call(lab, desk):
    lab.queue(1)
    shown = desk.open("ann", "q")
    with lab.store.write() as session:
        accounts.disable(session, lab.people["ann"].id, lab.now)
    for answer in [desk.queues("ann"), desk.open("ann", "q"), desk.queues("nobody")]:
        assert answer["error"]["code"] == "not_allowed"
    for answer in everything(desk, "ann", shown["assignment_id"]):
        assert answer["error"]["code"] == "not_allowed"
    assert label_rows(lab) == []


def test_queues_that_are_closed_or_unknown(lab, desk):
    lab.queue(1, people=("bob",))
    assert desk.open("ann", "q")["error"]["code"] == "not_allowed"
    assert desk.open("ann", "nowhere")["error"]["code"] == "not_found"
    lab.person("eng", "engineer")
    assert desk.open("eng", "q")["error"]["code"] == "not_allowed"


def test_drawable_drops_what_no_control_can_show():
    fields = fields_from_json(
        [
            {"name": "r", "kind": "rating", "label": "R"},
            {"name": "t", "kind": "tags", "label": "T", "options": [{"value": "a"}]},
            {"name": "x", "kind": "text", "label": "X", "max_chars": 3},
        ]
    )
    nothing = Subject({}, {})
    longer = {"r": 9, "t": ["b"], "x": "longer than allowed", "y": 1}
    assert drawable(fields, longer, nothing) == {"x": "longer than allowed"}
    other = {"r": 2, "t": [], "x": {"path": "/etc/passwd"}}
    assert drawable(fields, other, nothing) == {"r": 2, "t": []}


def test_drawable_drops_what_points_nowhere_and_keeps_what_is_half_done():
    fields = fields_from_json(
        [
            {"name": "s", "kind": "spans", "label": "S", "options": [{"value": "a"}]},
            {"name": "t", "kind": "turns", "label": "T"},
            {"name": "p", "kind": "pairwise", "label": "P"},
            {"name": "o", "kind": "ranking", "label": "O"},
        ]
    )
    two = Subject({"x": "abc", "y": "d"}, {1: "assistant", 3: "assistant"})
    span = {"in": "x", "start": 0, "end": 3, "tag": "a"}
    fitting = {"s": [span], "t": {"3": 2}, "p": "y", "o": [["y"]]}
    assert drawable(fields, fitting, two) == fitting
    forged = {"s": [{**span, "end": 4}], "t": {"2": 2}, "p": "z", "o": "x"}
    assert drawable(fields, forged, two) == {}
