"""Waiting, lateness, restarts, and what is forgotten: traces over time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from storage import Store
from storage.assembly import assemble
from storage.queries.remarks import waiting_remarks
from storage.queries.traces import recent_faults, trace_counts
from storage.sources.otlp import Taken
from storage.sources.otlp.plain import Event, Record, Remark, Span
from storage.tables import fragment, generation, trace
from storage.traces import Patience, Sender, take_in
from tests.conftest import opened
from tests.storage.otlp.test_payloads import kept

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
START = 1_795_348_800_000_000_000
PATIENCE = Patience(quiet_seconds=10, wait_seconds=300, keep_hours=24)
TRACE = "a" * 32


def call(number: int = 1, *, parent: str | None = None, ask: str = "Why?", **more: Any) -> Span:
    said, answer = ({"type": "text", "content": text} for text in (ask, "So."))
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "m",
        "gen_ai.input.messages": [{"role": "user", "parts": [said]}],
        "gen_ai.output.messages": [{"role": "assistant", "parts": [answer]}],
        **more.pop("attributes", {}),
    }
    start = START + number * 1_000_000_000
    shape = {"start": start, "end": start + 5_000_000, **more}
    return Span(TRACE, f"{number:016x}", parent, attributes=attributes, **shape)


def around(**attributes: Any) -> Span:
    return Span(TRACE, "f" * 16, start=START, end=START + 10**10, attributes=attributes)


def send(store: Store, *found: Any, at: float = 0, source: str | None = None) -> None:
    spans = [one for one in found if isinstance(one, Span)]
    records = [one for one in found if isinstance(one, Record)]
    said = [one for one in found if isinstance(one, Remark)]
    moment = NOON + timedelta(seconds=at)
    take_in(store, Taken(spans, records, said=said), Sender(source), PATIENCE, lambda: moment)


def due(store: Store, at: float, patience: Patience = PATIENCE) -> Any:
    return assemble(store, patience, lambda: NOON + timedelta(seconds=at))


def test_a_trace_is_assembled_once_it_has_been_quiet(store) -> None:
    send(store, call())
    assert due(store, 9).interactions == 0
    send(store, around(), at=9)
    assert due(store, 18).interactions == 0
    assert due(store, 19).interactions == 1
    assert due(store, 60).traces == 0


def test_a_span_around_that_is_missing_is_waited_for_but_not_forever(sqlite_store) -> None:
    send(sqlite_store, call(parent="f" * 16))
    assert due(sqlite_store, 299).interactions == 0
    send(sqlite_store, around(**{"session.id": "s-1"}), at=299)
    assert due(sqlite_store, 309).interactions == 1
    assert [one["session_id"] for one in kept(sqlite_store).values()] == ["s-1"]
    other = call(2, parent="e" * 16)
    other.trace_id = "b" * 32
    send(sqlite_store, other, at=400)
    assert due(sqlite_store, 699).interactions == 0
    assert due(sqlite_store, 700).interactions == 1


def test_a_call_that_has_not_ended_is_waited_for_and_then_said_to_be_unfinished(
    sqlite_store,
) -> None:
    send(sqlite_store, call(end=0))
    assert due(sqlite_store, 100).interactions == 0
    assert due(sqlite_store, 300).interactions == 1
    assert [one["flags"] for one in kept(sqlite_store).values()] == [["unfinished"]]


def test_a_trace_that_is_never_quiet_is_assembled_after_an_hour(sqlite_store) -> None:
    for number in range(1, 480):
        send(sqlite_store, call(number), at=number * 9.0)
        if due(sqlite_store, number * 9.0).interactions:
            break
    assert 3600 <= number * 9 < 3630


def test_texts_never_change_once_they_are_stored_and_what_came_late_is_counted(store) -> None:
    send(store, call(ask="Why?"))
    due(store, 10)
    before = kept(store)
    send(store, call(ask="Why not?", end=START + 2_000_000_000), call(2, ask="And then?"), at=60)
    told = due(store, 70)
    assert (told.interactions, told.late) == (1, 1)
    after = kept(store)
    assert {key: after[key] for key in before} == before
    assert len(after) == 2
    with store.read() as session:
        assert trace_counts(session)["late"] == 1
        assert recent_faults(session)[0]["trace_id"] == TRACE


def test_feedback_that_comes_late_is_attached_and_what_comes_early_waits(store) -> None:
    early = Remark("feedback", {"name": "user_feedback", "thumb": "down"}, trace_id=TRACE)
    send(store, early)
    assert due(store, 5).feedback == 0
    with store.read() as session:
        assert waiting_remarks(session) == 1
    send(store, call(), at=20)
    assert due(store, 30).feedback == 1
    late = Remark("score", {"name": "judge", "kind": "judge", "value": 2.5}, trace_id=TRACE)
    send(store, late, at=90_000)
    assert due(store, 90_010).feedback == 1
    (one,) = kept(store).values()
    assert [each["value"] for each in one["feedback"]] == [0.0]
    assert [each["value"] for each in one["scores"]] == [2.5]


def test_feedback_on_a_session_or_a_response_finds_its_call(sqlite_store) -> None:
    ids = {"gen_ai.response.id": "r-1", "gen_ai.conversation.id": "s-1"}
    send(sqlite_store, call(1, attributes=ids))
    send(sqlite_store, call(2, attributes={**ids, "gen_ai.response.id": "r-2"}))
    send(
        sqlite_store,
        Remark("feedback", {"name": "a", "thumb": "up"}, response_id="r-1"),
        Remark("feedback", {"name": "b", "thumb": "up"}, session_id="s-1"),
        Remark("feedback", {"name": "c", "thumb": "up"}, span_id=f"{1:016x}"),
    )
    assert due(sqlite_store, 10).feedback == 3
    found = [[each["raw"]["name"] for each in one.get("feedback", [])]
             for one in kept(sqlite_store).values()]  # fmt: skip
    assert [sorted(one) for one in found] == [["a", "c"], ["b"]]


def test_what_was_received_is_assembled_after_a_restart(tmp_path, sqlite_store) -> None:
    send(sqlite_store, call())
    url = sqlite_store.engine.url.render_as_string(hide_password=False)
    with opened(url) as again:
        assert due(again, 10).interactions == 1


def test_a_run_that_was_killed_after_storing_adds_nothing_twice(sqlite_store) -> None:
    send(sqlite_store, call())
    due(sqlite_store, 10)
    with sqlite_store.write() as session:  # as if the last step had never been written
        session.execute(generation.delete())
        session.execute(trace.update().values(due_at=NOON, assembled_at=None))
    told = due(sqlite_store, 20)
    assert (told.traces, told.interactions, len(kept(sqlite_store))) == (1, 0, 1)


def test_fragments_are_forgotten_and_a_repeat_after_that_adds_nothing(store) -> None:
    send(store, call(), around())
    due(store, 10)
    day = 24 * 3600
    assert due(store, day).dropped == 0
    assert due(store, day + 11).dropped == 1
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(fragment)) == 0
    send(store, call(), at=day + 20)
    assert due(store, day + 30).interactions == 0
    assert len(kept(store)) == 1


def test_results_of_tools_are_context_unless_the_messages_say_them(sqlite_store) -> None:
    def ran(number: int, name: str, result: Any) -> Span:
        told = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name,
                "gen_ai.tool.call.result": result}  # fmt: skip
        return Span(TRACE, f"{number:x}" * 16, start=START, end=START + number, attributes=told)

    send(sqlite_store, ran(13, "weather", {"degrees": 4}), ran(14, "clock", "noon"))
    send(sqlite_store, call(ask="It is noon. And the weather?"))
    due(sqlite_store, 10)
    (one,) = kept(sqlite_store).values()
    assert one["context"] == [{"tool": "weather", "text": '{"degrees":4}'}]


SILENT = {"gen_ai.input.messages": None, "gen_ai.output.messages": None}


@pytest.mark.parametrize("inner", [{}, SILENT])
def test_two_spans_that_tell_of_one_call_are_one_interaction(sqlite_store, inner) -> None:
    outer = call(1, attributes={"gen_ai.response.id": "outer"})
    within = call(2, parent=outer.span_id)
    within.attributes = {key: value for key, value in (within.attributes | inner).items() if value}
    send(sqlite_store, outer, within)
    send(sqlite_store, Remark("feedback", {"name": "x", "thumb": "up"}, TRACE, outer.span_id))
    assert due(sqlite_store, 10).interactions == 1
    (one,) = kept(sqlite_store).values()
    assert one["messages"] == [{"role": "user", "content": "Why?"}]
    assert len(one["feedback"]) == 1


def test_passages_that_were_found_before_are_the_context(sqlite_store) -> None:
    search = Span(
        TRACE, "d" * 16, start=START, end=START + 1,
        attributes={"openinference.span.kind": "RETRIEVER",
                    "retrieval.documents.0.document.content": "Within 30 days.",
                    "retrieval.documents.0.document.id": "faq-7"},
    )  # fmt: skip
    later = Span(
        TRACE, "c" * 16, start=START + 10**10, end=START + 2 * 10**10,
        attributes={"openinference.span.kind": "RETRIEVER",
                    "retrieval.documents.0.document.content": "Later."},
    )  # fmt: skip
    send(sqlite_store, later, call(), search)
    due(sqlite_store, 10)
    (one,) = kept(sqlite_store).values()
    assert one["context"] == [{"id": "faq-7", "text": "Within 30 days."}]


def test_embeddings_tools_agents_and_chains_are_no_interactions(sqlite_store) -> None:
    kinds = ("embeddings", "execute_tool", "invoke_agent", "create_agent")
    send(
        sqlite_store,
        *(call(n, attributes={"gen_ai.operation.name": kind}) for n, kind in enumerate(kinds, 1)),
        *(call(n, attributes={"openinference.span.kind": kind})
          for n, kind in enumerate(("CHAIN", "AGENT", "TOOL", "EMBEDDING"), 10)),
        call(20, attributes={"langfuse.observation.type": "span"}),
    )  # fmt: skip
    assert due(sqlite_store, 10).interactions == 0


def test_the_source_is_what_the_sender_names_or_its_service(sqlite_store) -> None:
    send(sqlite_store, call(1, resource={"service.name": "shop"}))
    send(sqlite_store, call(2, resource={"service.name": "unknown_service:python"}))
    send(sqlite_store, call(3, resource={"service.name": "guideline:mine"}))
    send(sqlite_store, call(4, resource={"service.name": "shop"}), source="named")
    due(sqlite_store, 10)
    found = [one["source"] for one in kept(sqlite_store).values()]
    assert found == ["shop", "otlp", "otlp", "named"]


def test_a_call_that_cannot_be_stored_is_told_of_and_spoils_no_other(sqlite_store) -> None:
    send(sqlite_store, call(1, ask="x" * 4_100_000), call(2))
    told = due(sqlite_store, 10)
    assert (told.interactions, told.rejected) == (1, 1)
    with sqlite_store.read() as session:
        (fault,) = recent_faults(session)
    assert "at most 4000000" in fault["fault"] or "characters" in fault["fault"]


def test_deep_texts_stay_texts(sqlite_store) -> None:
    deep = '[{"role": "user", "content": ' + "[" * 900 + "]" * 900 + "}]"
    send(sqlite_store, call(1, attributes={"gen_ai.output.messages": deep}), call(2))
    assert due(sqlite_store, 10).interactions == 2


def test_names_that_no_column_holds_do_not_lose_the_call(sqlite_store) -> None:
    odd = {"gen_ai.response.model": "m" * 999, "session.id": "s\x00", "user.id": 7}
    send(sqlite_store, call(1, attributes={**odd, "gen_ai.usage.input_tokens": "many"}))
    assert due(sqlite_store, 10).interactions == 1
    (one,) = kept(sqlite_store).values()
    assert (one["model"], one["session_id"], one["user_id"]) == (None, None, "7")


def test_an_evaluation_by_a_machine_is_a_score_and_by_a_person_feedback(sqlite_store) -> None:
    said = {"gen_ai.evaluation.name": "groundedness", "gen_ai.evaluation.score.value": 0.4}
    likes = {"gen_ai.evaluation.name": "stars", "gen_ai.evaluation.score.value": 1.0}
    events = [Event("gen_ai.evaluation.result", START, one)
              for one in (said, {**likes, "enduser.id": "u"})]  # fmt: skip
    send(sqlite_store, call(1, events=events))
    due(sqlite_store, 10)
    (one,) = kept(sqlite_store).values()
    assert [(each["name"], each["value"]) for each in one["scores"]] == [("groundedness", 0.4)]
    assert [(each["raw"]["rating"], each["value"]) for each in one["feedback"]] == [(1.0, None)]
