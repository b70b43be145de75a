"""Every captured request becomes the right interactions, in either encoding, in any order."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from storage import Store
from storage.assembly import assemble
from storage.sources.otlp import Taken
from storage.tables import content, feedback, generation, interaction, metadata, remark, score
from storage.traces import Patience, Sender, take_in
from tests.storage.otlp.payloads import SENDERS, requests

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
REFUND = "How do I get a refund for order 8841?"
OSLO = "It is 4 degrees and raining in Oslo."
PATIENCE = Patience()


def received(store: Store, sent: list[Taken], **options: Any) -> None:
    for taken in sent:
        take_in(store, taken, Sender(), PATIENCE, lambda: NOON)
    assemble(store, PATIENCE, lambda: NOON + timedelta(hours=1), **options)


def kept(store: Store) -> dict[str, dict[str, Any]]:
    """Every interaction with its texts, feedback and scores, by its id."""
    with store.read() as session:
        rows = session.execute(
            select(interaction, content).join(content).order_by(interaction.c.created_at)
        )
        left_out = ("id", "interaction_id", "received_at")
        found = {
            row.id: {k: v for k, v in row._mapping.items() if k not in left_out} for row in rows
        }
        for name, table in (("feedback", feedback), ("scores", score)):
            for row in session.execute(select(table).order_by(table.c.fingerprint)):
                said = {k: v for k, v in row._mapping.items() if k not in left_out}
                found[row.interaction_id].setdefault(name, []).append(said)
    return {one["external_id"]: one for one in found.values()}


def emptied(store: Store) -> Store:
    with store.write() as session:
        for table in reversed(metadata.sorted_tables):
            session.execute(delete(table))
    return store


@pytest.mark.parametrize("sender", SENDERS)
def test_every_sender_becomes_its_calls_twice_without_duplicates(sqlite_store, sender) -> None:
    received(sqlite_store, requests(sender))
    once = kept(sqlite_store)
    assert len(once) == SENDERS[sender]
    received(sqlite_store, requests(sender))
    assert kept(sqlite_store) == once
    if sender != "js_sdk_http_json":
        received(emptied(sqlite_store), requests(sender, ".pb"))
        assert kept(sqlite_store) == once


WITH_TEXTS = [
    *("otel_genai_span_content", "otel_genai_event_mode", "otel_openai_v2_legacy"),
    *("openinference", "openllmetry_0_40_indexed", "openllmetry_0_62"),
]


@pytest.mark.parametrize("sender", WITH_TEXTS)
def test_the_same_conversations_read_the_same_in_every_convention(sqlite_store, sender) -> None:
    received(sqlite_store, requests(sender))
    first, second, asks, tells, failed, *_ = kept(sqlite_store).values()
    assert [one["role"] for one in first["messages"]] == ["system", "user"]
    assert first["messages"][1] == {"role": "user", "content": REFUND}
    assert first["responses"][0]["text"].startswith("You can request a refund within 30 days")
    roles = [one["role"] for one in second["messages"]]
    assert roles == ["system", "user", "assistant", "user"]
    assert second["messages"][2]["content"] == first["responses"][0]["text"]
    (call,) = asks["responses"][0]["tool_calls"]
    assert (call["id"], call["function"]["name"]) == ("call_w1", "get_weather")
    assert call["function"]["arguments"].replace(" ", "") == '{"city":"Oslo"}'
    assert tells["messages"][2] == {
        "role": "tool", "content": "4 C, rain", "tool_call_id": "call_w1"
    }  # fmt: skip
    assert tells["responses"] == [{"id": "1", "text": OSLO}]
    assert (failed["responses"], failed["flags"]) == ([], ["error"])
    assert "429" in failed["extra"]["error"]["message"]
    assert {one["model"] for one in (first, second, asks, tells)} == {"fake-mini-2026-01"}
    assert (first["input_tokens"], first["output_tokens"]) == (18, 19)
    assert first["latency_ms"] > 10
    assert {one["session_id"] for one in (first, second, asks, tells, failed)} == {"sess-1f3a"}
    assert (first["user_id"], second["user_id"]) == ("user-42", "user-42")
    assert {one["source"] for one in (first, failed)} == {"support-bot"}


def test_content_that_was_not_recorded_is_stated_and_not_guessed(sqlite_store) -> None:
    received(sqlite_store, requests("otel_genai_no_content"))
    first, *_, failed, last = kept(sqlite_store).values()
    assert (first["messages"], first["responses"]) == ([], [])
    assert first["flags"] == ["content_missing"]
    assert first["extra"]["content_missing"] == ["messages", "responses"]
    assert failed["flags"] == ["error", "content_missing"]
    assert last["model"] == "fake-mini-2026-01"


def test_feedback_finds_the_call_that_it_is_about(sqlite_store) -> None:
    received(sqlite_store, requests("otel_genai_event_mode"))
    said = {one["extra"]["response_id"]: one.get("feedback") for one in _named(sqlite_store)}
    found = said.pop("chatcmpl-f2437074f6295ef2b49d")
    assert not any(said.values())
    by_name = {one["raw"]["name"]: one for one in found}
    thumb, stars = by_name["user_feedback"], by_name["csat"]
    assert (thumb["value"], thumb["comment"]) == (1.0, "Clear and quick.")
    assert thumb["actor"] == "user-42"
    assert (stars["value"], stars["raw"]["rating"]) == (None, 4.0)  # of how many, nobody knows


def _named(store: Store) -> list[dict[str, Any]]:
    return [one for one in kept(store).values() if "response_id" in one["extra"]]


def test_a_scale_that_is_set_is_known(sqlite_store) -> None:
    for taken in requests("otel_genai_event_mode"):
        take_in(sqlite_store, taken, Sender(), PATIENCE, lambda: NOON)
    assemble(
        sqlite_store, Patience(scales={"csat": (1, 5)}), lambda: NOON + timedelta(hours=1)
    )  # fmt: skip
    (found,) = [one["feedback"] for one in kept(sqlite_store).values() if "feedback" in one]
    assert sorted(one["value"] for one in found) == [0.75, 1.0]


def test_an_annotation_of_the_span_around_is_about_its_last_call(sqlite_store) -> None:
    received(sqlite_store, requests("openinference"))
    (one,) = [one for one in kept(sqlite_store).values() if "feedback" in one]
    assert one["messages"][-1]["content"] == "And how do I reset my password?"
    assert [each["value"] for each in one["feedback"]] == [1.0]


def test_feedback_in_an_event_of_the_span_itself(sqlite_store) -> None:
    received(sqlite_store, requests("js_sdk_http_json"))
    answered, failed = kept(sqlite_store).values()
    assert [one["raw"]["label"] for one in answered["feedback"]] == ["thumbs_up"]
    assert "feedback" not in failed
    assert failed["extra"]["error"] == {"type": "timeout", "message": "request timed out"}
    assert answered["messages"][1]["content"] == "Is Zürich in Germany?"


@pytest.mark.parametrize("sender", ["otel_genai_event_mode", "otel_openai_v2_legacy"])
def test_texts_in_the_log_alone_are_enough(sqlite_store, sender) -> None:
    received(sqlite_store, [one for one in requests(sender) if one.records])
    found = list(kept(sqlite_store).values())
    assert len(found) == SENDERS[sender]
    assert {one["responses"][0]["text"] for one in found if one["responses"]} >= {OSLO}


PIECES: dict[str, list[Taken]] = {}


def pieces(sender: str) -> list[Taken]:
    """One request for every span, record and remark."""
    if sender not in PIECES:
        PIECES[sender] = [
            piece
            for taken in requests(sender)
            for piece in (
                *(Taken([one], []) for one in taken.spans),
                *(Taken([], [one]) for one in taken.records),
            )
        ]
    return PIECES[sender]


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sender=st.sampled_from([*WITH_TEXTS, "js_sdk_http_json", "langfuse_sdk_5"]), data=st.randoms()
)
def test_any_order_split_and_repetition_gives_the_same(
    sqlite_store: Store, sender: str, data: random.Random
) -> None:
    received(emptied(sqlite_store), requests(sender))
    whole = kept(sqlite_store)
    sent = [*pieces(sender), *data.sample(pieces(sender), 3 if sender != "langfuse_sdk_5" else 1)]
    data.shuffle(sent)
    joined: list[Taken] = []
    while sent:
        some = [sent.pop() for _ in range(min(len(sent), data.randint(1, 6)))]
        spans = [span for one in some for span in one.spans]
        joined.append(Taken(spans, [record for one in some for record in one.records]))
    received(emptied(sqlite_store), joined)
    assert kept(sqlite_store) == whole


def test_many_senders_at_once_lose_nothing_and_add_nothing_twice(store) -> None:
    names = ("openinference", "otel_genai_event_mode", "openllmetry_0_62")
    sent = [one for name in names for one in requests(name)]

    def send(turn: int) -> None:
        for place in range(len(sent)):
            taken = sent[(place * (1 + turn % 2) + turn) % len(sent)]
            take_in(store, taken, Sender(), PATIENCE, lambda: NOON)
            assemble(store, PATIENCE, lambda: NOON + timedelta(hours=1))

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(send, range(6)))
    for taken in sent:
        take_in(store, taken, Sender(), PATIENCE, lambda: NOON)
    assemble(store, PATIENCE, lambda: NOON + timedelta(hours=1))
    assert len(kept(store)) == 18


def test_both_databases_keep_the_same(store) -> None:
    received(store, requests("otel_genai_event_mode"))
    received(store, requests("openinference"))
    received(store, requests("openinference"))
    assert len(kept(store)) == 12
    with store.read() as session:
        assert session.execute(select(remark)).all() == []
        assert len(session.execute(select(generation)).all()) == 12
