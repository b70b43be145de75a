"""Senders that are broken, careless or hostile: nothing of theirs spoils what others sent."""

import json
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any

from sqlalchemy import event as event_of
from sqlalchemy import func, select

from storage import Store
from storage.assembly import has_work
from storage.intake import take as intake_of
from storage.queries import redaction
from storage.queries.remarks import waiting_remarks
from storage.queries.traces import FragmentIn, add_fragments, drop_assembled
from storage.redact.policy import Policy
from storage.sources import otlp
from storage.sources.brought import Brought
from storage.sources.otlp import Taken
from storage.sources.otlp.langfuse_posts import event, score
from storage.sources.otlp.langsmith_posts import runs
from storage.sources.otlp.plain import Event, Remark
from storage.tables import fragment, metadata, remark, trace
from storage.traces import Sender, take_in
from tests.storage.otlp.test_assembly import NOON, PATIENCE, TRACE, around, call, due, send
from tests.storage.otlp.test_payloads import kept

MAIL = "anna.kowalska@example.com"
DAY = timedelta(days=1)
OTLP = Sender()


def everything(store: Store) -> str:
    """All that any table holds."""
    with store.read() as session:
        return "\n".join(
            str(tuple(row))
            for table in metadata.sorted_tables
            for row in session.execute(select(table))
        )


def take(store: Store, taken: Taken, sender: Sender = OTLP) -> tuple[int, str]:
    found = take_in(store, taken, sender, PATIENCE, lambda: NOON)
    return found.number, found.reason


def evaluation(**told: object) -> Event:
    said = {"name": "user_feedback", "score.value": 1.0, **told}
    return Event(
        "gen_ai.evaluation.result", 0, {f"gen_ai.evaluation.{k}": v for k, v in said.items()}
    )


def test_no_part_of_a_span_goes_past_the_redactor(sqlite_store) -> None:
    attributes = {
        "langfuse.trace.metadata.paid": f"by {MAIL} with 4111 1111 1111 1111",
        "langfuse.trace.metadata.card_id": "4111111111111111",
        f"langfuse.trace.metadata.{MAIL} wrote": "x",
        "session.id": f"chat-{MAIL}",
        "gen_ai.response.id": f"r-{MAIL}",
    }
    found = evaluation(explanation=f"Ask {MAIL}.")
    found.attributes["gen_ai.response.id"] = f"r-{MAIL}"
    span = call(attributes=attributes, name=f"for {MAIL}", message=MAIL, status=2)
    span.events = [
        found,
        Event(f"gen_ai.{MAIL}", 0),
        Event("exception", 0, {"exception.message": MAIL}),
    ]
    span.resource = {"service.name": "shop", "service.version": f"built by {MAIL}"}
    assert take(sqlite_store, Taken([span], [])) == (0, "")
    for _ in range(2):
        stored = everything(sqlite_store)
        assert (MAIL in stored, "4111" in stored) == (False, False)
        due(sqlite_store, 10)
    (one,) = kept(sqlite_store).values()
    assert [each["value"] for each in one["feedback"]] == [1.0]


def test_ids_with_addresses_are_redacted_and_still_lead_to_their_call(sqlite_store) -> None:
    generation = {"id": f"g-{MAIL}", "traceId": f"t-{MAIL}", "model": "m", "input": "Why?",
                  "output": "So.", "startTime": "2026-11-22T10:00:00Z",
                  "endTime": "2026-11-22T10:00:01Z"}  # fmt: skip
    said = score(
        {"traceId": f"t-{MAIL}", "observationId": f"g-{MAIL}", "name": "thumb", "value": 1}
    )
    one = event({"type": "generation-create", "body": generation})
    take(sqlite_store, Taken([], [], said=[said]), Sender(default="langfuse"))
    take(sqlite_store, Taken([one], []), Sender(default="langfuse"))
    assert MAIL not in everything(sqlite_store)
    assert due(sqlite_store, 400).feedback == 1
    assert MAIL not in everything(sqlite_store)
    (found,) = kept(sqlite_store).values()
    assert [each["value"] for each in found["feedback"]] == [1.0]


def test_feedback_that_waits_is_redacted_as_its_service_wants_it(sqlite_store) -> None:
    with sqlite_store.write() as session:
        policy = Policy(patterns={"order": r"ORD-\d{6}"})
        redaction.add_policy(session, "shop", policy, None, NOON)
    span = call(events=[evaluation(explanation="Where is ORD-123456?")])
    span.resource = {"service.name": "shop"}
    take(sqlite_store, Taken([span], []))
    assert "ORD-123456" not in everything(sqlite_store)


def test_a_run_that_is_too_deep_spoils_no_other(sqlite_store) -> None:
    deep: object = "x"
    for _ in range(90):
        deep = [deep]
    run = {"trace_id": "r1", "run_type": "llm", "start_time": "2026-11-22T10:00:00Z",
           "end_time": "2026-11-22T10:00:01Z", "inputs": "Why?", "outputs": "So."}  # fmt: skip
    taken = runs([{**run, "id": "r1"}, {**run, "id": "r2", "inputs": deep}])
    assert take(sqlite_store, taken) == (1, "nested deeper than 64 levels")
    assert due(sqlite_store, 10).interactions == 1


def test_feedback_that_could_never_be_stored_is_refused_at_the_door(sqlite_store) -> None:
    said = Remark("feedback", {"name": "a", "label": "x" * 30_000}, trace_id=TRACE)
    number, reason = take(sqlite_store, Taken([call()], [], said=[said]))
    assert (number, "characters" in reason) == (1, True)
    with sqlite_store.read() as session:
        assert waiting_remarks(session) == 0
    assert due(sqlite_store, 10).interactions == 1


def test_a_response_that_a_cache_gave_twice_is_judged_where_it_was_judged(sqlite_store) -> None:
    cached = {"gen_ai.response.id": "chatcmpl-1"}
    send(sqlite_store, call(1, attributes=cached))
    due(sqlite_store, 10)
    told = evaluation()
    told.attributes |= cached
    later = call(2, attributes=cached, events=[told])
    later.trace_id = "b" * 32
    send(sqlite_store, later, at=20)
    assert due(sqlite_store, 30).feedback == 1
    found = {one["trace_id"]: len(one.get("feedback", [])) for one in kept(sqlite_store).values()}
    assert found == {TRACE: 0, "b" * 32: 1}


def test_the_first_user_of_a_table_is_a_user(sqlite_store) -> None:
    send(sqlite_store, call(1, attributes={"user.id": 1, "session.id": 0}))
    due(sqlite_store, 10)
    (one,) = kept(sqlite_store).values()
    assert (one["user_id"], one["session_id"]) == ("1", "0")


def test_an_update_that_names_no_parent_does_not_take_it_away(sqlite_store) -> None:
    at = "2026-11-22T10:00:0{}Z"
    bodies = [
        ("span-create", {"id": "inner", "startTime": at.format(0), "endTime": at.format(8)}),
        ("generation-create", {"id": "g", "parentObservationId": "inner", "input": "Why?",
                               "startTime": at.format(1), "model": "m"}),
        ("generation-update", {"id": "g", "endTime": at.format(2), "output": "So."}),
        ("generation-create", {"id": "last", "startTime": at.format(3), "endTime": at.format(4),
                               "input": "And?", "output": "Nothing.", "model": "m"}),
    ]  # fmt: skip
    events = [event({"type": kind, "body": {"traceId": "t", **body}}) for kind, body in bodies]
    said = score({"traceId": "t", "observationId": "inner", "name": "thumb", "value": 1})
    take(sqlite_store, Taken(events, [], said=[said]))
    assert due(sqlite_store, 400).feedback == 1
    found = {one["external_id"]: "feedback" in one for one in kept(sqlite_store).values()}
    assert found == {"t:g": True, "t:last": False}


def test_half_a_character_loses_no_span() -> None:
    sent = {"traceId": TRACE, "spanId": "1" * 16, "name": "cut \ud83d", "attributes": []}
    whole = {"resourceSpans": [{"scopeSpans": [{"spans": [sent, {**sent, "name": "🙂"}]}]}]}
    taken = otlp.traces_from_json(json.dumps(whole).encode())
    assert [one.name for one in taken.spans] == ["cut \ufffd", "🙂"]


def forgettable(store: Store) -> None:
    send(store, call())
    due(store, 10)


def another() -> FragmentIn:
    return FragmentIn(TRACE, "e" * 16, 7, "span", "otlp", 0, "{}")


def test_what_comes_while_its_trace_is_forgotten_is_not_forgotten(postgres_store) -> None:
    forgettable(postgres_store)
    later = NOON + 2 * DAY
    with ThreadPoolExecutor(1) as thread:

        def forget() -> int:
            with postgres_store.write() as session:
                return drop_assembled(session, NOON + DAY)

        with postgres_store.write() as session:
            add_fragments(session, [another()], later, later)
            dropping = thread.submit(forget)
            wait([dropping], timeout=5)
        assert dropping.result() == 0
    with postgres_store.read() as session:
        assert session.scalar(select(func.count()).select_from(fragment)) == 2


def test_what_comes_just_after_its_trace_was_forgotten_begins_it_anew(postgres_store) -> None:
    forgettable(postgres_store)
    later = NOON + 2 * DAY
    with ThreadPoolExecutor(1) as thread:

        def add() -> int:
            with postgres_store.write() as session:
                return add_fragments(session, [another()], later, later)

        with postgres_store.write() as session:
            assert drop_assembled(session, NOON + DAY) == 1
            adding = thread.submit(add)
            wait([adding], timeout=0.5)
        assert adding.result() == 1
    with postgres_store.read() as session:
        assert session.execute(select(trace.c.trace_id, trace.c.due_at)).all() == [(TRACE, later)]


def test_what_is_asked_every_second_never_walks_over_what_is_done(sqlite_store) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    event_of.listen(sqlite_store.engine, "before_cursor_execute", note)
    assert not has_work(sqlite_store, PATIENCE, lambda: NOON)
    with sqlite_store.write() as session:
        drop_assembled(session, NOON)
    event_of.remove(sqlite_store.engine, "before_cursor_execute", note)
    asked = [one for one in asked if one[0].startswith("SELECT")]
    assert len(asked) == 4
    with sqlite_store.read() as session:
        for statement, values in asked:
            plan = session.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            assert [("_at<?" in step.detail) for step in plan] == [True], plan


def test_feedback_that_waits_for_long_is_looked_at_less_often(sqlite_store) -> None:
    send(sqlite_store, Remark("feedback", {"name": "a", "thumb": "up"}, trace_id=TRACE))
    for day, hours in ((1, 1), (8, 24)):
        due(sqlite_store, day * 86_400)
        with sqlite_store.read() as session:
            again = session.scalar(select(remark.c.due_at))
        assert again == NOON + day * DAY + timedelta(hours=hours)
    send(sqlite_store, call(), at=8 * 86_400 + 60)
    assert due(sqlite_store, 8 * 86_400 + 70).feedback == 1


def test_a_session_that_is_named_too_late_is_counted(sqlite_store) -> None:
    send(sqlite_store, call(parent="f" * 16))
    due(sqlite_store, 300)
    send(sqlite_store, around(**{"session.id": "s-1"}), at=400)
    assert due(sqlite_store, 410).late == 1
    (one,) = kept(sqlite_store).values()
    assert one["session_id"] is None


def test_pulled_feedback_finds_a_call_whose_ids_were_redacted(sqlite_store) -> None:
    call_id, trace_id = f"call-{MAIL}", f"trace-{MAIL}"
    row = {"id": call_id, "trace_id": trace_id, "query": "Why?", "response": "So."}
    said = [
        {"interaction_id": call_id, "trace_id": trace_id, "name": "a", "thumb": "up"},
        {"interaction_id": None, "trace_id": trace_id, "name": "b", "thumb": "down"},
    ]
    brought = Brought(interactions=[(0, row)], feedback=list(enumerate(said)))
    found = intake_of(sqlite_store, brought, "shop", clock=lambda: NOON)
    assert (found.feedback.accepted, found.feedback.waiting, found.unattached) == (2, 0, 0)
    assert MAIL not in everything(sqlite_store)
