"""Own lists, the task taken ahead, many at once: what the server allows, on both databases."""

from dataclasses import replace

import pytest
from sqlalchemy import func, insert, select, update

from labeling.ahead import LEFT_FREE, Ahead
from labeling.bulk import Bulk, verdict_field
from labeling.desk import Desk, Sent
from labeling.fields import fields_from_json
from labeling.lists import FULL, ROWS, Lists, first_line
from labeling.queues import change_queue
from labeling.ui import presenters
from labeling.ui.lists import ROW_CHARS, row
from storage import frames
from storage.queries import queues
from storage.tables import assignment, draft, label, task

GOOD = {"quality": 4, "issues": []}
NOBODYS = ("1", "999999999999", "x", "-1", "1e3", "")


@pytest.fixture
def desk(lab):
    lab.person("ann")
    lab.person("bob")
    return Desk(lab.store, lambda: lab.now)


@pytest.fixture
def lists(desk):
    return Lists(desk)


@pytest.fixture
def ahead(desk):
    return Ahead(desk)


@pytest.fixture
def bulk(lab, desk):
    """Many at once, under a form where one verdict is enough."""
    fields = tuple(one for one in lab.guideline.fields if one.kind != "tags")
    lab.guideline = replace(lab.guideline, hash="one verdict", fields=fields)
    return Bulk(desk)


def sent(shown, values=None, nonce="n1", **more):
    return Sent(shown["assignment_id"], GOOD if values is None else values, nonce, **more)


def states(lab, name):
    """How many assignments of a person are in each state."""
    with lab.store.read() as session:
        rows = session.execute(
            select(assignment.c.state, func.count())
            .where(assignment.c.account_id == lab.person(name).id)
            .group_by(assignment.c.state)
        )
        return {row.state: row[1] for row in rows}


def count(lab, table):
    with lab.store.read() as session:
        return session.scalar(select(func.count()).select_from(table))


def free(lab):
    with lab.store.read() as session:
        return session.scalar(select(func.sum(task.c.free_slots)))


def ids(answer):
    return [one["assignment_id"] for one in answer["rows"]]


# --- own lists ----------------------------------------------------------------------------------


def one_of_each(lab, desk):
    """The assignments of ann: submitted, skipped, returned with a draft, expired, open."""
    lab.queue(6)
    done = desk.open("ann", "q")
    lab.wait(10)
    skipped = desk.submit_and_next("ann", "q", sent(done))
    lab.wait(10)
    back = desk.skip_and_next("ann", "q", skipped["assignment_id"], "broken")
    desk.save_draft("ann", back["assignment_id"], {"notes": "half"})
    lab.wait(10)
    desk.give_back("ann", back["assignment_id"])
    with lab.store.write() as session:  # bob has it meanwhile, so that ann gets others
        session.execute(
            update(task).where(task.c.id == int(back["task"]["id"])).values(free_slots=0)
        )
    gone = desk.open("ann", "q")
    lab.wait(4000)
    with lab.store.write() as session:
        session.execute(
            update(assignment)
            .where(assignment.c.id == int(gone["assignment_id"]))
            .values(state="expired", finished_at=lab.now)
        )
    lab.wait(10)
    here = desk.open("ann", "q")
    with lab.store.write() as session:
        free_one = update(task).where(task.c.id == int(gone["task"]["id"])).values(free_slots=1)
        session.execute(free_one)
    return [one["assignment_id"] for one in (done, skipped, back, gone, here)]


def test_every_task_is_in_the_list_of_what_became_of_it(lab, desk, lists):
    done, skipped, back, gone, here = one_of_each(lab, desk)
    found = {name: lists.listed("ann", "q", name, 1) for name in ("pending", "draft", "submitted")}
    found |= {name: lists.listed("ann", "q", name, 1) for name in ("skipped", "returned")}
    assert {name: ids(one) for name, one in found.items()} == {
        "pending": [here],
        "draft": [back],
        "submitted": [done],
        "skipped": [skipped],
        "returned": [gone, back],
    }
    for one in found.values():
        assert one["counts"] == {
            "pending": 1, "draft": 1, "submitted": 1, "skipped": 1, "returned": 2,
        }  # fmt: skip
    (row_,) = found["submitted"]["rows"]
    assert (row_["line"], row_["answer"], row_["state"]) == ("Question 0?", "4 Good", "submitted")
    assert found["pending"]["rows"][0]["answer"] is None
    assert ids(lists.listed("ann", "q", "no such list", -3)) == [here]
    assert ids(lists.listed("bob", "q", "submitted", 1)) == []


def test_a_correction_shows_its_newest_answer_once(lab, desk, lists):
    lab.queue(2)
    first = desk.open("ann", "q")
    desk.submit_and_next("ann", "q", sent(first))
    desk.submit_and_next("ann", "q", sent(first, {"quality": 1}, "n2", revises=1))
    (only,) = lists.listed("ann", "q", "submitted", 1)["rows"]
    assert only["answer"] == "1 Unacceptable"


def test_lists_come_in_pages_newest_first(lab, desk, lists):
    lab.queue(ROWS + 2)
    held = lab.claim("ann", count=ROWS + 2)
    for one in held:
        lab.wait(1)
        lab.submit("ann", one.id)
    first = lists.listed("ann", "q", "submitted", 1)
    second = lists.listed("ann", "q", "submitted", 2)
    assert (len(first["rows"]), first["more"]) == (ROWS, True)
    assert (len(second["rows"]), second["more"]) == (2, False)
    assert ids(first) + ids(second) == [str(one.id) for one in reversed(held)]
    assert ids(lists.listed("ann", "q", "submitted", 10**9)) == []


def test_a_list_is_for_who_may_enter_or_has_been_there(lab, desk, lists):
    lab.queue(2, people=("ann",))
    assert lists.listed("bob", "q", "pending", 1)["error"]["code"] == "not_allowed"
    assert lists.listed("ann", "elsewhere", "pending", 1)["error"]["code"] == "not_found"
    desk.submit_and_next("ann", "q", sent(desk.open("ann", "q")))
    with lab.store.write() as session:
        change_queue(session, "q", {"people": ["bob"]}, lab.now)
    assert lists.listed("ann", "q", "submitted", 1)["counts"]["submitted"] == 1


def test_what_is_finished_reopens_as_undo_shows_it(lab, desk, lists):
    done, skipped, *_ = one_of_each(lab, desk)
    shown = lists.reopen("ann", "q", done)
    assert (shown["state"], shown["reopened"], shown["revises"]) == ("task", "submitted", 1)
    assert shown["values"] == GOOD
    assert lists.reopen("ann", "q", skipped)["reopened"] == "skipped"
    assert states(lab, "ann")["submitted"] == 1


def test_what_was_let_go_is_taken_again_where_there_is_room(lab, desk, lists):
    *_, gone, _ = one_of_each(lab, desk)
    shown = lists.reopen("ann", "q", gone)
    assert (shown["state"], shown["reopened"], shown["message"]) == ("task", None, None)
    assert states(lab, "ann")["leased"] == 2
    assert desk.submit_and_next("ann", "q", sent(shown))["state"] == "task"
    assert states(lab, "ann")["submitted"] == 2


def test_a_full_task_says_so_and_keeps_the_text(lab, desk, lists):
    _, _, back, *_ = one_of_each(lab, desk)
    shown = lists.reopen("ann", "q", back)
    assert (shown["reopened"], shown["message"]) == ("returned", FULL)
    assert shown["values"] == {"notes": "half"}
    before = count(lab, label)
    answer = desk.submit_and_next("ann", "q", sent(shown, {"quality": 2, "notes": "whole"}))
    assert "kept as a draft" in answer["message"]
    assert count(lab, label) == before
    assert lists.reopen("ann", "q", back)["values"] == {"quality": 2, "notes": "whole"}


def test_nobody_reopens_what_is_not_theirs(lab, desk, lists):
    done, *_ = one_of_each(lab, desk)
    for forged in (done, *NOBODYS):
        assert lists.reopen("bob", "q", forged)["error"]["code"] == "not_assigned"
        assert lists.later("bob", "q", forged)["error"]["code"] == "not_assigned"
    lab.queue(1, name="other")
    assert lists.reopen("ann", "other", done)["error"]["code"] == "not_assigned"


def test_a_paused_queue_lends_nothing_again_but_shows_what_is_done(lab, desk, lists):
    done, _, _, gone, _ = one_of_each(lab, desk)
    with lab.store.write() as session:
        change_queue(session, "q", {"paused": True}, lab.now)
    assert lists.reopen("ann", "q", gone)["error"]["code"] == "paused"
    assert states(lab, "ann")["expired"] == 1
    assert lists.reopen("ann", "q", done)["reopened"] == "submitted"


def test_forward_goes_back_to_the_open_task(lab, desk, lists):
    lab.queue(4)
    held = []
    shown = desk.open("ann", "q")
    for number in range(3):
        held.append(shown["assignment_id"])
        lab.wait(5)
        shown = desk.submit_and_next("ann", "q", sent(shown, nonce=f"n{number}"))
    first = lists.reopen("ann", "q", held[0])
    second = lists.later("ann", "q", first["assignment_id"])
    assert (second["assignment_id"], second["reopened"]) == (held[1], "submitted")
    desk.save_draft("ann", held[2], {"quality": 1}, revises=1)
    last = lists.later("ann", "q", held[1])
    assert (last["assignment_id"], last["values"]) == (held[2], {"quality": 1})
    here = lists.later("ann", "q", held[2])
    assert (here["assignment_id"], here["reopened"]) == (shown["assignment_id"], None)
    assert lists.reopen("ann", "q", held[2])["values"] == {"quality": 1}  # still a draft


def test_the_first_line_is_of_what_was_asked_last():
    asked = [
        {"role": "user", "content": "Before"},
        {"role": "assistant", "content": "Yes"},
        {"role": "user", "content": [{"type": "text", "text": "\n \n  Now?\nMore"}, {"type": "x"}]},
        {"role": "tool", "content": "no"},
    ]
    assert first_line(asked) == "Now?"
    assert first_line([{"role": "user", "content": "a" * 500}]).endswith("a…")
    for odd in (None, [], ["text"], [{"role": "user"}], [{"role": "user", "content": {"a": 1}}]):
        assert first_line(odd) == ""


# --- the task ahead -----------------------------------------------------------------------------


def test_the_next_task_is_held_ahead_and_is_the_one_that_comes(lab, desk, ahead):
    lab.queue(10)
    here = desk.open("ann", "q")
    found = ahead.next("ann", "q", here["assignment_id"])["next"]
    assert found["task"]["interaction"]["messages"][0]["content"] == "Question 1?"
    again = ahead.next("ann", "q", here["assignment_id"])["next"]
    assert again["assignment_id"] == found["assignment_id"]
    assert states(lab, "ann") == {"leased": 2}
    assert desk.open("ann", "q")["assignment_id"] == here["assignment_id"]
    assert desk.open("ann", "q")["progress"]["finished"] == 0
    then = desk.submit_and_next("ann", "q", sent(here))
    assert then["assignment_id"] == found["assignment_id"]
    assert then["task"] == found["task"]
    bare = presenters.page(then, then["guideline"]["hash"], [found["assignment_id"]])
    assert "view" not in bare
    assert "task" not in bare
    assert bare["assignment_id"] == found["assignment_id"]


def test_ahead_is_nothing_for_who_does_not_hold_the_current_task(lab, desk, ahead):
    lab.queue(10)
    here = desk.open("ann", "q")["assignment_id"]
    for name, current in [("bob", here), ("ann", "7"), ("ann", "99999999999999")]:
        assert ahead.next(name, "q", current) == {"state": "ahead", "next": None}
    assert ahead.next("ann", "q", "no number")["error"]["code"] == "not_assigned"
    assert states(lab, "bob") == {}
    desk.submit_and_next("ann", "q", Sent(here, GOOD, "n"))
    assert ahead.next("ann", "q", here)["next"] is None
    assert states(lab, "ann") == {"submitted": 1, "leased": 1}


def test_the_last_tasks_are_not_taken_ahead(lab, desk, ahead):
    lab.queue(LEFT_FREE + 1)
    here = desk.open("ann", "q")
    assert ahead.next("ann", "q", here["assignment_id"])["next"] is None
    lab.queue(LEFT_FREE + 2, name="more")
    here = desk.open("ann", "more")
    assert ahead.next("ann", "more", here["assignment_id"])["next"] is not None


def test_nothing_is_taken_ahead_that_somebody_at_work_will_need(lab, desk, ahead):
    lab.queue(8, overlap=2)
    for one in lab.claim("bob", count=8)[:7]:
        lab.submit("bob", one.id)
    here = desk.open("ann", "q")  # bob holds the last one and has nothing further
    assert ahead.next("ann", "q", here["assignment_id"])["next"] is None
    desk.submit_and_next("bob", "q", sent(desk.open("bob", "q")))
    assert ahead.next("ann", "q", here["assignment_id"])["next"] is not None


def test_paused_or_gone_there_is_nothing_ahead(lab, desk, ahead):
    lab.queue(10)
    here = desk.open("ann", "q")["assignment_id"]
    with lab.store.write() as session:
        change_queue(session, "q", {"paused": True}, lab.now)
    assert ahead.next("ann", "q", here)["next"] is None
    assert ahead.next("ann", "elsewhere", here)["error"]["code"] == "not_found"


def test_what_nobody_saw_goes_back_as_if_never_held(lab, desk, ahead, lists):
    lab.queue(10)
    here = desk.open("ann", "q")
    found = ahead.next("ann", "q", here["assignment_id"])["next"]["assignment_id"]
    assert free(lab) == 8
    assert ahead.release("ann", [found])["state"] == "released"
    assert ahead.release("ann", [found, found])["state"] == "released"
    assert free(lab) == 9
    assert lists.listed("ann", "q", "returned", 1)["rows"] == []
    with lab.store.read() as session:
        queue_id = queues.queue_named(session, "q").id
        known = frames.progress(session, queue_id, lab.now)
        (mine,) = queues.work_by_account(session, queue_id)
    assert known["claimed"].sum() == 1
    assert (mine.returned or 0) == 0
    assert desk.open("bob", "q")["task"]["interaction"]["messages"][0]["content"] == "Question 1?"
    assert desk.submit_and_next("ann", "q", sent(here))["state"] == "task"


def test_release_lets_go_of_nothing_else(lab, desk, ahead):
    lab.queue(10)
    done = desk.open("ann", "q")
    begun = desk.submit_and_next("ann", "q", sent(done))
    desk.save_draft("ann", begun["assignment_id"], {"notes": "half"})
    others = desk.open("bob", "q")["assignment_id"]
    wanted = [done["assignment_id"], begun["assignment_id"], others]
    assert ahead.release("ann", wanted)["state"] == "released"
    assert ahead.release("ann", [*wanted, "no number"])["error"]["code"] == "not_assigned"
    assert states(lab, "ann") == {"submitted": 1, "leased": 1}
    assert states(lab, "bob") == {"leased": 1}


def test_who_works_keeps_the_one_ahead(lab, desk, ahead):
    lab.queue(10, lease_seconds=60)
    here = desk.open("ann", "q")
    found = ahead.next("ann", "q", here["assignment_id"])["next"]["assignment_id"]
    for _ in range(3):
        lab.wait(50)
        assert desk.heartbeat("ann", here["assignment_id"])["state"] == "held"
    desk.open("bob", "q")  # looks for leases that have run out
    then = desk.submit_and_next("ann", "q", sent(here))
    assert then["assignment_id"] == found


def test_a_tab_that_died_gives_its_task_back_in_time(lab, desk, ahead):
    lab.queue(10, lease_seconds=60)
    here = desk.open("ann", "q")
    ahead.next("ann", "q", here["assignment_id"])
    lab.wait(61)
    assert desk.open("bob", "q")["task"]["interaction"]["messages"][0]["content"] == "Question 0?"
    assert free(lab) == 9


# --- many at once -------------------------------------------------------------------------------


def rows_sent(answer, qualities):
    return [
        Sent(one["assignment_id"], {"quality": quality}, f"n{place}", 2.0)
        for place, (one, quality) in enumerate(zip(answer["rows"], qualities, strict=False))
    ]


def test_rows_come_in_serving_order_and_are_stored_one_by_one(lab, bulk):
    lab.queue(12)
    found = bulk.rows("ann", "q", 10)
    lines = [one["task"]["interaction"]["messages"][0]["content"] for one in found["rows"]]
    assert lines == [f"Question {number}?" for number in range(10)]
    assert found["field"]["name"] == "quality"
    lab.wait(30)
    answer = bulk.submit("ann", "q", 10, rows_sent(found, [1, 2, 3]))
    assert [one["state"] for one in answer["results"]] == ["stored"] * 3
    assert ids(answer) == [*ids(found)[3:], *ids(answer)[7:]]
    assert len(answer["rows"]) == 9
    assert answer["progress"]["own"] == 3
    with lab.store.read() as session:
        kept = session.execute(select(label.c["values"], label.c.seconds).order_by(label.c.id))
        assert [tuple(one) for one in kept] == [({"quality": n}, 2.0) for n in (1, 2, 3)]


def test_good_rows_are_kept_beside_bad_ones_and_a_repeat_stores_nothing(lab, desk, bulk):
    lab.queue(12)
    found = bulk.rows("ann", "q", 10)
    others = desk.open("bob", "q")["assignment_id"]
    told = rows_sent(found, [4, 9, 5])
    told.append(Sent(others, {"quality": 1}, "n"))
    told.append(Sent("no number", {"quality": 1}, "n"))
    for _ in range(2):
        results = bulk.submit("ann", "q", 10, told)["results"]
        assert [one["state"] for one in results] == ["stored", "error", "stored", "error", "error"]
        assert results[1]["error"]["field"] == "quality"
        assert {one["error"]["code"] for one in results[3:]} == {"not_assigned"}
        assert count(lab, label) == 2


def test_a_full_row_stays_with_its_reason_and_its_draft(lab, desk, bulk):
    lab.queue(1, lease_seconds=60)
    found = bulk.rows("ann", "q", 10)
    lab.wait(61)
    desk.submit_and_next("bob", "q", sent(desk.open("bob", "q"), {"quality": 4}))
    answer = bulk.submit("ann", "q", 10, rows_sent(found, [3]))
    assert answer["results"][0]["error"]["code"] == "slot_taken"
    assert answer["rows"] == []
    assert answer["why"]
    assert (count(lab, label), count(lab, draft)) == (1, 1)


def test_a_pause_keeps_what_was_sent_and_brings_no_more(lab, bulk):
    lab.queue(12)
    found = bulk.rows("ann", "q", 10)
    with lab.store.write() as session:
        change_queue(session, "q", {"paused": True}, lab.now)
    answer = bulk.submit("ann", "q", 10, rows_sent(found, [3]))
    assert [one["state"] for one in answer["results"]] == ["stored"]
    assert "paused" in answer["why"]
    assert bulk.rows("bob", "q", 10)["rows"] == []


def test_who_works_beside_others_gets_a_share(lab, desk, bulk):
    lab.queue(13)
    assert len(bulk.rows("ann", "q", 25)["rows"]) == 13
    lab.queue(13, name="shared")
    desk.open("bob", "shared")
    assert len(bulk.rows("ann", "shared", 25)["rows"]) == 6
    assert len(bulk.rows("ann", "shared", 25)["rows"]) >= 6
    assert len(bulk.rows("bob", "shared", 999)["rows"]) > 1


def test_bulk_is_for_forms_with_one_verdict(lab):
    def kinds(*pairs):
        base = {
            "rating": {"min": 1, "max": 3},
            "choice": {"options": [{"value": one, "label": one} for one in "ab"]},
            "tags": {"options": [{"value": "a"}]},
        }
        fields = [
            {"name": f"f{n}", "label": "F", "kind": kind, "required": needed, **base.get(kind, {})}
            for n, (kind, needed) in enumerate(pairs)
        ]
        found = verdict_field(fields_from_json(fields))
        return found and found.name

    assert verdict_field(lab.guideline.fields) is None, "tags left untouched say none applies"
    assert kinds(("rating", True), ("tags", False)) is None
    assert kinds(("choice", True), ("text", False)) == "f0"
    assert kinds(("text", False), ("boolean", True)) == "f1"
    assert kinds(("rating", False)) == "f0"
    for needs_more in (
        [("rating", True), ("choice", True)],
        [("rating", False), ("text", False)],
        [("text", True)],
        [("text", False)],
    ):
        assert kinds(*needs_more) is None


def test_a_row_is_cut_and_tells_what_is_beside_it():
    told = {
        "assignment_id": "5",
        "values": {},
        "task": {
            "interaction": {
                "messages": [
                    {"role": "system", "content": "s"},
                    {"role": "user", "content": "first"},
                    {"role": "assistant", "content": "then"},
                    {"role": "user", "content": "last"},
                ],
                "responses": [{"id": "r1", "text": "x" * (ROW_CHARS + 7)}],
                "context": ["p"],
            }
        },
    }
    shown = row(told)
    assert [block["text"] for block in shown["asked"]] == ["last"]
    (only,) = shown["responses"]
    assert (len(only["block"]["text"]), only["block"]["left"]) == (ROW_CHARS, 7)
    piece = presenters.read_more(told["task"], only["block"]["part"], ROW_CHARS)
    assert piece["text"] == "x" * 7
    assert shown["beside"] == {"turns": 2, "passages": 1, "system": 1}


def test_a_repeat_that_went_back_is_no_planned_label_when_it_is_taken_again(lab, desk, lists):
    lab.queue(1, overlap=2)
    first = desk.open("ann", "q")
    desk.submit_and_next("ann", "q", sent(first))
    with lab.store.write() as session:
        held = session.execute(select(assignment)).one()
        session.execute(
            insert(assignment).values(
                {**held._mapping, "id": 7, "role": "repeat", "round": 1, "slot": None,
                 "state": "returned"}
            )
        )  # fmt: skip
    shown = lists.reopen("ann", "q", "7")
    assert (shown["state"], shown["reopened"], shown["message"]) == ("task", None, None)
    with lab.store.read() as session:
        row = session.execute(select(assignment).where(assignment.c.id == 7)).one()
    assert (row.role, row.slot, row.state) == ("repeat", None, "leased")
    assert desk.open("bob", "q")["state"] == "task", "the second place is still free"
