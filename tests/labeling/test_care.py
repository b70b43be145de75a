"""Who has to qualify, who gets a check or a repeat and when, and that nothing tells which."""

import json
from collections import Counter
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import select, update

from labeling import care
from labeling.agreement import agreement_report
from labeling.assignment import Nothing, give_back, held_view, my_assignments
from labeling.checks import ENOUGH, annotator_named, gold_report, own_progress
from labeling.desk import Desk, Sent
from labeling.draws import DrawRequest, draw_into
from labeling.errors import InvalidLabel
from labeling.exports import ExportOptions, export_queue
from labeling.quality import quality_report
from labeling.queues import change_queue, queue_info
from labeling.reports import progress_report
from labeling.rules import CareRules, care_in_words
from storage import Conflict, NotFound
from storage.ingest import ingest_rows
from storage.queries import queues
from storage.tables import assignment, gold, interaction, queue, task

FIVE = CareRules(qualification={"tasks": 5, "pass": 0.8})
SEED = 328


@pytest.fixture
def desk(lab):
    for name in ("ann", "bob"):
        lab.person(name)
    lab.person("lea", "lead")
    return Desk(lab.store, lambda: lab.now)


def expected_of(lab, assignment_id):
    """(role, agreed values) of an assignment."""
    with lab.store.read() as session:
        return session.execute(
            select(assignment.c.role, gold.c.expected)
            .join_from(assignment, task, assignment.c.task_id == task.c.id)
            .outerjoin(gold, gold.c.interaction_id == task.c.interaction_id)
            .where(assignment.c.id == int(assignment_id))
        ).one()


def answer(lab, desk, shown, *, right=True, name="ann", queue="q", **more):
    """Submit what was agreed, or what cannot be right; a task of the queue gets a plain 4."""
    agreed = expected_of(lab, shown["assignment_id"]).expected
    values = {"quality": 4, "issues": []}
    if agreed:
        wrong = 1 if agreed["quality"] > 2 else 5
        values = {
            "issues": agreed.get("issues", []),
            "quality": agreed["quality"] if right else wrong,
        }
    lab.wait(30)
    sent = Sent(shown["assignment_id"], values, f"n{shown['assignment_id']}", **more)
    return desk.submit_and_next(name, queue, sent)


def qualify(lab, desk, marks, name="ann"):
    """Answer that many tasks to qualify, each right or not; the feedback of each."""
    told = []
    for right in marks:
        shown = desk.open(name, "q")
        told.append(answer(lab, desk, shown, right=right, name=name))
    return told


def work_through(lab, desk, count, name="ann", queue="q"):
    """Label that many tasks; their roles in the order they were served."""
    shown, roles = desk.open(name, queue), []
    for _ in range(count):
        assert shown["state"] == "task", shown
        roles.append(expected_of(lab, shown["assignment_id"]).role)
        shown = answer(lab, desk, shown, name=name, queue=queue, seconds=12.0)
    return roles


def watched(lab, tasks=60, name="q", **rules):
    """A queue with hidden checks and repeats that come the same way every time."""
    rules = {"gold_rate": 0.3, "repeat_rate": 0.1} | rules
    made = lab.queue(tasks, name=name, care=CareRules(**rules))
    with lab.store.write() as session:
        session.execute(update(queue).where(queue.c.name == name).values(check_seed=SEED))
    return made


def shape(value):
    """The keys and kinds of a JSON value, whatever it says."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [shape(value[0])]
    return type(value).__name__


# --- qualification -------------------------------------------------------------------------------


def test_the_queue_opens_after_enough_right_answers(lab, desk):
    lab.queue(2, care=FIVE)
    first = desk.open("ann", "q")
    assert first["qualification"] == {"state": "qualifying", "answered": 0, "tasks": 5}
    told = qualify(lab, desk, [True, False, True, True])
    assert [one["state"] for one in told] == ["feedback"] * 4
    assert [one["feedback"]["right"] for one in told] == [True, False, True, True]
    assert [one["feedback"]["qualification"]["answered"] for one in told] == [1, 2, 3, 4]
    assert told[1]["progress"]["own"] == 0
    (last,) = qualify(lab, desk, [True])
    assert last["feedback"]["qualification"]["state"] == "open"
    shown = desk.open("ann", "q")
    assert "qualification" not in shown
    assert expected_of(lab, shown["assignment_id"]).role == "planned"
    assert shown["progress"] == {"own": 0, "finished": 0, "labels_done": 0, "labels_needed": 2}


def test_feedback_says_what_was_said_what_was_agreed_and_why(lab, desk):
    lab.queue(1, care=FIVE)
    shown = desk.open("ann", "q")
    agreed = expected_of(lab, shown["assignment_id"]).expected
    values = {
        "quality": agreed["quality"],
        "issues": ["wrong_tone", "refusal", "unsafe", "incomplete"],
    }
    told = desk.submit_and_next("ann", "q", Sent(shown["assignment_id"], values, "n"))["feedback"]
    rows = {one["name"]: one for one in told["fields"]}
    assert rows["quality"]["said"] == rows["quality"]["agreed"]
    assert rows["quality"]["right"]
    assert rows["issues"]["said"] == "Unsafe, Incomplete, Wrong tone, Refusal"
    assert not rows["issues"]["right"]
    assert not told["right"]
    assert len(told["why"]) > 40


def test_the_first_answer_counts_once_what_was_agreed_is_known(lab, desk):
    lab.queue(1, care=FIVE)
    shown = desk.open("ann", "q")
    told = answer(lab, desk, shown, right=False)
    assert desk.undo("ann", "q")["error"]["code"] == "nothing_to_undo"
    assert told["progress"]["finished"] == 0
    agreed = dict(expected_of(lab, shown["assignment_id"]).expected)
    again = desk.submit_and_next("ann", "q", Sent(shown["assignment_id"], agreed, "other"))
    assert again["state"] == "feedback"
    assert not again["feedback"]["right"]
    lab.submit("ann", int(shown["assignment_id"]), values=agreed, revises=1)
    with lab.store.read() as session:
        row = queues.queue_named(session, "q")
        assert care.standing(session, row, lab.person("ann")).right == 0


def test_who_fails_waits_for_the_lead_who_lets_them_try_again(lab, desk):
    lab.queue(1, care=FIVE)
    last = qualify(lab, desk, [True, True, True, False, False])[-1]
    assert last["feedback"]["qualification"]["state"] == "not_qualified"
    closed = desk.open("ann", "q")
    assert (closed["state"], closed["reason"]) == ("nothing", "not_qualified")
    assert "3 as agreed" in closed["why"]
    assert "ask your lead" in closed["why"]
    first = texts_of(lab, "ann")
    with lab.store.write() as session:
        row = queues.queue_named(session, "q")
        stands = care.decide(session, row, lab.person("ann"), "again", lab.person("lea"), lab.now)
    assert (stands.state, stands.answered, stands.attempt) == ("qualifying", 0, 1)
    qualify(lab, desk, [True] * 4)
    assert not set(texts_of(lab, "ann")[5:]) & set(first), "what they have not had comes first"
    qualify(lab, desk, [False])
    assert expected_of(lab, desk.open("ann", "q")["assignment_id"]).role == "planned"


def texts_of(lab, name):
    """The interactions a person had to qualify, in order."""
    with lab.store.read() as session:
        return list(
            session.scalars(
                select(task.c.interaction_id)
                .join_from(assignment, task, assignment.c.task_id == task.c.id)
                .where(
                    assignment.c.account_id == lab.person(name).id,
                    assignment.c.role == "qualification",
                )
                .order_by(assignment.c.leased_at)
            )
        )


def test_when_all_were_had_they_come_again(lab, desk):
    lab.queue(1, care=CareRules(qualification={"tasks": 12, "pass": 1.0}))
    qualify(lab, desk, [False] * 12)
    with lab.store.write() as session:
        row = queues.queue_named(session, "q")
        care.decide(session, row, lab.person("ann"), "again", lab.person("lea"), lab.now)
    qualify(lab, desk, [True] * 12)
    assert desk.open("ann", "q")["state"] == "task"
    had = Counter(texts_of(lab, "ann"))
    assert sorted(had.values()) == [1] * 12 + [2] * 6


def test_a_lead_lets_somebody_in(lab, desk):
    lab.queue(1, care=FIVE)
    desk.open("ann", "q")
    with lab.store.write() as session:
        row = queues.queue_named(session, "q")
        ann, lea = lab.person("ann"), lab.person("lea")
        with pytest.raises(Conflict, match="has not failed"):
            care.decide(session, row, ann, "again", lea, lab.now)
        with pytest.raises(InvalidLabel, match="no decision"):
            care.decide(session, row, ann, "perhaps", lea, lab.now)
        assert care.decide(session, row, ann, "admit", lea, lab.now).admitted
        assert care.decide(session, row, ann, "admit", lea, lab.now).state == "open"
        with pytest.raises(InvalidLabel, match="need not qualify"):
            annotator_named(session, "lea")
        with pytest.raises(NotFound):
            annotator_named(session, "nobody")
    open_one = desk.open("ann", "q")
    assert "qualification" in open_one, "the task that they hold is still theirs to answer"
    answer(lab, desk, open_one)
    assert expected_of(lab, desk.open("ann", "q")["assignment_id"]).role == "planned"


def test_leads_need_not_qualify_and_people_begin_at_different_tasks(lab, desk):
    lab.queue(1, care=FIVE)
    assert "qualification" not in desk.open("lea", "q")
    orders = set()
    for name in ("ann", "bob"):
        qualify(lab, desk, [True] * 5, name)
        orders.add(tuple(texts_of(lab, name)))
    assert len(orders) == 2


def test_a_task_to_qualify_is_leased_alone_and_comes_back(lab, desk):
    lab.queue(3, care=FIVE)
    (held,) = lab.claim("ann", count=3)
    assert held.role == "qualification"
    view = held_view_of(lab, held)
    assert "source" not in view["task"]
    assert "guideline:" not in json.dumps(msgspec.to_builtins(view))
    with lab.store.write() as session:
        give_back(session, held.id, lab.person("ann"), lab.now)
    assert lab.claim_one("ann").id == held.id
    lab.wait(3600)
    assert lab.claim_one("ann").id == held.id
    lab.wait(3600)
    lab.claim("bob")  # everything of ann's has run out
    lab.submit("ann", held.id)
    with lab.store.read() as session:
        assert (
            care.standing(session, queues.queue_named(session, "q"), lab.person("ann")).answered
            == 1
        )


def held_view_of(lab, held):
    with lab.store.read() as session:
        return held_view(session, held, lab.person("ann"))


def test_what_was_skipped_is_replaced_and_at_the_end_not_right(lab, desk):
    lab.queue(1, care=CareRules(qualification={"tasks": 5, "pass": 1.0}))
    for _ in range(18 - 4):
        shown = desk.open("ann", "q")
        desk.skip_and_next("ann", "q", shown["assignment_id"], "not my language")
    qualify(lab, desk, [True] * 4)
    assert desk.open("ann", "q")["reason"] == "not_qualified"


def test_without_any_task_to_qualify_the_lead_is_named(lab, desk):
    lab.queue(1, care=FIVE)
    with lab.store.write() as session:
        session.execute(update(gold).values(retired_at=lab.now))
    found = lab.claim("ann")
    assert isinstance(found, Nothing)
    assert (found.reason, "Ask your lead" in found.message) == ("not_qualified", True)


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ({"qualification": {"tasks": 0, "pass": 0.5}}, "qualification.tasks"),
        ({"qualification": {"tasks": True, "pass": 0.5}}, "qualification.tasks"),
        ({"qualification": {"tasks": 5, "pass": 0}}, "qualification.pass"),
        ({"qualification": {"tasks": 5}}, "qualification"),
        ({"qualification": {"tasks": 19, "pass": 0.5}}, "qualification"),
        ({"gold_rate": 0.31}, "gold_rate"),
        ({"repeat_rate": -0.1}, "repeat_rate"),
        ({"min_seconds": 0}, "min_seconds"),
    ],
)
def test_a_setting_that_cannot_be_is_named_and_changes_nothing(lab, rules, field):
    lab.queue(0)
    with pytest.raises(InvalidLabel) as raised, lab.store.write() as session:
        change_queue(session, "q", rules, lab.now)
    assert raised.value.field == field
    assert raised.value.hint
    with lab.store.read() as session:
        info = queue_info(session, "q")
    assert [info[key] for key in ("qualification", "gold_rate", "repeat_rate", "min_seconds")] == [
        None, 0.0, 0.0, None,
    ]  # fmt: skip
    with pytest.raises(InvalidLabel):
        lab.queue(0, name="other", care=CareRules(**rules))


def test_settings_are_changed_one_by_one_and_told(lab):
    lab.queue(0, care=FIVE)
    with lab.store.write() as session:
        changed = change_queue(session, "q", {"gold_rate": 0.1, "min_seconds": 3}, lab.now)
    assert changed["qualification"] == {"tasks": 5, "pass": 0.8}
    assert (changed["gold_rate"], changed["min_seconds"]) == (0.1, 3.0)
    assert "check_seed" not in changed
    words = care_in_words(changed)
    assert words == "5 tasks to qualify, 80 % right, 10 % hidden checks, a word below 3 s"
    with (
        pytest.raises(InvalidLabel, match="hidden checks have no model"),
        lab.store.write() as session,
    ):
        change_queue(session, "q", {"show": ["model"]}, lab.now)


# --- checks and repeats --------------------------------------------------------------------------


def test_checks_come_at_about_their_rate_each_once_and_repeats_far_apart(lab, desk):
    watched(lab, 60)
    roles = work_through(lab, desk, 60)
    found = Counter(roles)
    assert 8 <= found["gold"] <= 18
    assert 1 <= found["repeat"] <= 10
    assert "repeat" not in roles[:20]
    with lab.store.read() as session:
        again = session.execute(
            select(assignment.c.task_id, assignment.c.round).where(assignment.c.role == "repeat")
        ).all()
        golds = session.scalars(
            select(assignment.c.task_id).where(assignment.c.role == "gold")
        ).all()
    assert {row.round for row in again} == {1}
    assert len({row.task_id for row in again}) == len(again)
    assert len(set(golds)) == len(golds)


def test_the_order_is_the_persons_own_and_leads_get_none(lab, desk):
    watched(lab, 60)
    ann, bob = work_through(lab, desk, 20), work_through(lab, desk, 20, "bob")
    assert ann != bob
    assert set(work_through(lab, desk, 10, "lea")) == {"planned"}


def test_a_check_is_never_all_there_is(lab, desk):
    watched(lab, 6)
    shown, told = desk.open("ann", "q"), []
    while shown["state"] == "task":
        told.append(expected_of(lab, shown["assignment_id"]).role)
        shown = answer(lab, desk, shown)
    assert told.count("planned") == 6
    assert told[-1] == "planned"
    assert "gold" in told


def test_every_task_moves_every_count_by_one_and_has_the_same_shape(lab, desk):
    watched(lab, 40)
    shown, seen = desk.open("ann", "q"), {}
    for number in range(28):
        role = expected_of(lab, shown["assignment_id"]).role
        seen.setdefault(role, set()).add(
            json.dumps(shape(msgspec.to_builtins(shown)), sort_keys=True)
        )
        assert shown["progress"]["own"] == number
        assert shown["progress"]["labels_done"] == number
        (listed,) = desk.queues("ann")["queues"]
        assert (listed["labels_done"], listed["own"]["submitted"]) == (number, number)
        assert set(listed["own"]) == {"submitted", "skipped", "leased"}
        assert "guideline:" not in json.dumps(msgspec.to_builtins(shown))
        shown = answer(lab, desk, shown)
    assert set(seen) == {"planned", "gold", "repeat"}
    assert len(set.union(*seen.values())) == 1
    assert desk.open("bob", "q")["progress"]["labels_done"] < 28


def test_lists_and_claims_do_not_tell_which_is_which(lab, desk):
    watched(lab, 60)
    work_through(lab, desk, 28)
    with lab.store.read() as session:
        listed = my_assignments(session, lab.person("ann"))
        roles = set(session.scalars(select(assignment.c.role)))
    assert roles == {"planned", "gold", "repeat"}
    assert len({one["task_id"] for one in listed}) == len(listed)
    assert len({one["interaction_id"] for one in listed}) == len(listed)
    assert all(one["interaction_id"].isdigit() and one["task_id"].isdigit() for one in listed)
    assert len({json.dumps(shape(one)) for one in listed if one["state"] == "submitted"}) == 1
    held = lab.claim("ann", count=10)
    views = [held_view_of(lab, one) for one in held]
    assert len({json.dumps(shape(msgspec.to_builtins(one)), sort_keys=True) for one in views}) == 1
    assert [one.leased_at for one in held] == sorted(one.leased_at for one in held)


def test_ids_stay_opaque_when_the_rates_go_back_to_nothing(lab, desk):
    watched(lab, 30)
    roles = work_through(lab, desk, 12)
    assert "gold" in roles
    with lab.store.write() as session:
        change_queue(session, "q", {"gold_rate": 0.0, "repeat_rate": 0.0}, lab.now)
        listed = my_assignments(session, lab.person("ann"))
    assert all(one["interaction_id"].isdigit() for one in listed)
    assert set(work_through(lab, desk, 10)) == {"planned"}


def find(lab, desk, role):
    """Label until a task in this role is open."""
    shown = desk.open("ann", "q")
    while expected_of(lab, shown["assignment_id"]).role != role:
        shown = answer(lab, desk, shown)
    return shown


@pytest.mark.parametrize("role", ["gold", "repeat"])
def test_what_was_put_back_or_ran_out_comes_back_and_a_late_answer_counts(lab, desk, role):
    watched(lab, 60)
    shown = find(lab, desk, role)
    number = shown["assignment_id"]
    desk.give_back("ann", number)
    assert desk.open("ann", "q")["assignment_id"] == number
    lab.wait(3600)
    desk.open("bob", "q")
    after = answer(lab, desk, shown)
    assert after["state"] == "task"
    assert expected_of(lab, number).role == role
    assert desk.undo("ann", "q")["assignment_id"] == number
    with lab.store.read() as session:
        assert (
            session.scalar(select(assignment.c.slot).where(assignment.c.id == int(number))) is None
        )


def test_a_repeat_is_blank(lab, desk):
    watched(lab, 60)
    assert find(lab, desk, "repeat")["values"] == {}


def test_nothing_of_it_counts_in_reports_estimates_and_exports(lab, desk, tmp_path):
    watched(lab, 0)
    lab.interactions(40)
    draw_into(lab.store, "q", DrawRequest("random", size=40, seed=3), clock=lambda: lab.now)
    roles = Counter(work_through(lab, desk, 30))
    assert roles["gold"]
    assert roles["repeat"]
    lab.wait(1)
    with lab.store.snapshot() as session:
        progress = progress_report(session, "q")
        quality = quality_report(session, "q", lab.now)
        agreement = agreement_report(session, "q", field="quality")
    assert progress["labels_done"] == progress["by_annotator"][0]["labels"] == roles["planned"]
    assert progress["tasks"] == quality["population"] == 40
    assert quality["labelled"] == quality["unweighted_mean"]["n"] == roles["planned"]
    assert quality["unweighted_mean"]["value"] == 4.0
    assert agreement["tasks"] == 0
    path = tmp_path / "out.jsonl"
    export_queue(lab.store, "q", "jsonl", path, ExportOptions(), lab.now)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(rows) == roles["planned"]
    assert {(row["source"], row["purpose"], row["labels"]) for row in rows} == {
        ("lab", "sample", 1)
    }


def test_agreed_answers_are_in_no_population_and_nobody_sends_to_their_source(lab):
    lab.queue(0)
    with lab.store.read() as session:
        sources = set(session.scalars(select(interaction.c.source)))
    assert sources == {"guideline:response-quality"}
    with pytest.raises(Conflict, match="nothing is stored yet"):
        draw_into(lab.store, "q", DrawRequest("random", size=5), clock=lambda: lab.now)
    lab.interactions(3)
    for where in ({}, {"source": ["lab", "guideline:response-quality"]}):
        drawn = draw_into(
            lab.store, "q", DrawRequest("random", size=50, where=where), clock=lambda: lab.now,
            dry_run=True,
        )  # fmt: skip
        assert drawn["population"] == 3
    row = {"id": "x", "source": "guideline:response-quality", "query": "Q?", "response": "A."}
    report = ingest_rows(lab.store, [(0, row)], clock=lambda: lab.now)
    assert report.accepted == 0
    assert "reserved" in report.rejected[0]["error"]["message"]


# --- totals --------------------------------------------------------------------------------------


def own(lab, **more):
    with lab.store.read() as session:
        return own_progress(session, lab.person("ann"), lab.now, **({"queue_name": "q"} | more))


def test_own_totals_are_of_days_gone_by_and_of_ten_checks_or_more(lab, desk):
    watched(lab, 120)
    roles = Counter(work_through(lab, desk, 60))
    assert roles["gold"] >= ENOUGH
    told = own(lab)
    assert told == {
        "queue": "q", "labels": 60, "today": 60, "median_seconds": 12.0, "checks": None,
    }  # fmt: skip
    lab.now += timedelta(days=1)
    told = own(lab)
    assert (told["labels"], told["today"]) == (60, 0)
    assert told["checks"] == {"n": roles["gold"], "right": roles["gold"]}
    before = told["checks"]
    find(lab, desk, "planned")
    assert own(lab)["checks"] == before
    assert own(lab, queue_name=None)["labels"] >= 60
    with pytest.raises(InvalidLabel):
        own(lab, offset=2000)


def test_today_begins_where_the_person_is(lab, desk):
    lab.queue(3)
    lab.now = lab.now.replace(hour=22, minute=30)
    work_through(lab, desk, 1)
    lab.now = lab.now.replace(hour=23, minute=30)
    assert own(lab)["today"] == 1
    assert own(lab, offset=60)["today"] == 0
    assert own(lab, offset=60)["labels"] == 1
    assert own(lab, queue_name=None, offset=-600)["today"] == 1


def test_leads_see_checks_and_repeats_with_an_interval_and_too_few_are_said_to_be(lab, desk):
    watched(lab, 120)
    roles = Counter(work_through(lab, desk, 60))
    work_through(lab, desk, 8, "bob")
    with lab.store.read() as session:
        told = gold_report(session, "q")
    ann = told["gold"][0]
    assert (ann["annotator"], ann["n"], ann["right"]) == ("ann", roles["gold"], roles["gold"])
    assert ann["rate"]["value"] == 1.0
    assert ann["rate"]["ci"][0] < 0.9
    assert "note" not in ann["rate"]
    (bob,) = told["gold"][1:]
    assert "too few" in bob["rate"]["note"]
    (repeats,) = told["repeats"]
    assert (repeats["annotator"], repeats["n"], repeats["right"]) == (
        "ann", roles["repeat"], roles["repeat"],
    )  # fmt: skip
    assert told["qualification"] == []


def test_an_answer_that_came_out_otherwise_the_second_time(lab, desk):
    watched(lab, 60)
    shown = find(lab, desk, "repeat")
    desk.submit_and_next("ann", "q", Sent(shown["assignment_id"], {"quality": 1}, "n"))
    with lab.store.read() as session:
        (told,) = gold_report(session, "q")["repeats"]
    assert (told["n"], told["right"]) == (1, 0)


def test_where_everybody_stands(lab, desk):
    lab.queue(1, care=FIVE)
    qualify(lab, desk, [True, False])
    with lab.store.write() as session:
        row = queues.queue_named(session, "q")
        care.decide(session, row, lab.person("bob"), "admit", lab.person("lea"), lab.now)
        told = gold_report(session, "q")["qualification"]
    assert [(one["annotator"], one["state"], one["answered"], one["right"]) for one in told] == [
        ("ann", "qualifying", 2, 1),
        ("bob", "open", 0, 0),
    ]
    assert told[1]["admitted"]


def test_a_queue_without_rules_asks_nothing_more(lab, desk, monkeypatch):
    lab.queue(2)
    for name in ("count_served", "gold_had", "decisions"):
        monkeypatch.setattr(f"storage.queries.care.{name}", lambda *_: pytest.fail("asked"))
    assert work_through(lab, desk, 2) == ["planned", "planned"]


def test_nobody_reads_what_was_agreed_before_they_answered(lab, desk):
    lab.queue(3, care=FIVE)
    shown = desk.open("ann", "q")
    forged = Sent(shown["assignment_id"], {"quality": 4}, "n", revises=7)
    told = desk.submit_and_next("ann", "q", forged)
    assert (told["state"], told["error"]["code"]) == ("error", "stale_revision")
    assert "feedback" not in told


def test_a_skipped_task_answered_late_does_not_push_a_wrong_answer_out(lab, desk):
    lab.queue(3, care=FIVE)
    skipped = desk.open("ann", "q")
    lab.wait(5)
    desk.skip_and_next("ann", "q", skipped["assignment_id"], "cannot tell")
    told = qualify(lab, desk, [True, True, True, False, False])
    assert told[-1]["feedback"]["qualification"]["state"] == care.FAILED
    answer(lab, desk, skipped)
    assert desk.open("ann", "q")["reason"] == "not_qualified"


def test_a_queue_is_paused_though_its_agreed_answers_are_gone(lab, desk):
    lab.queue(1, care=FIVE)
    with lab.store.write() as session:
        session.execute(update(gold).values(retired_at=lab.now))
    with lab.store.write() as session:
        assert change_queue(session, "q", {"paused": True}, lab.now)["paused"] is True
    with pytest.raises(InvalidLabel, match="tasks to qualify"), lab.store.write() as session:
        change_queue(session, "q", {"qualification": {"tasks": 6, "pass": 0.5}}, lab.now)
