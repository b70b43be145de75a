"""Rows lose what the policy of their source says before anything of them is stored."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from storage import Conflict, Store, open_store
from storage.ingest import ingest_feedback, ingest_rows, ingest_scores
from storage.queries import redaction as kept
from storage.redact import placeholders
from storage.redact.finder import Finder
from storage.redact.key import Redaction
from storage.redact.policy import Policy, policy_of
from storage.redact.redactor import Redactor
from storage.redaction import Redactors, scan
from storage.tables import content, feedback, interaction

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
KEY = "k" * 32
MAIL, PHONE, CARD = "bob@example.com", "+1 415 555 0132", "4111 1111 1111 1111"
SHOWN = re.compile(r"<EMAIL_[a-z2-7]{6}>")


def clock() -> datetime:
    return NOON


@pytest.fixture
def keyed(store: Store) -> Store:
    return Store(store.engine, redaction=Redaction(given=KEY))


def take(store: Store, *rows: dict[str, Any]) -> dict[str, Any]:
    return ingest_rows(store, enumerate(rows), clock=clock).to_json()


def decide(store: Store, source: str, policy: Policy) -> None:
    with store.write() as session:
        kept.add_policy(session, source, policy, None, NOON)


def stored(store: Store) -> dict[str, str]:
    """All texts of each interaction as one JSON text, by id."""
    with store.read() as session:
        rows = session.execute(
            select(interaction.c.external_id, content).join_from(content, interaction)
        )
        return {
            row.external_id: json.dumps([row.messages, row.responses, row.context, row.extra])
            for row in rows
        }  # fmt: skip


def test_a_placeholder_is_the_same_within_a_conversation_and_nowhere_else(keyed: Store) -> None:
    report = take(
        keyed,
        {"id": "1", "session_id": "s", "query": f"I am {MAIL}", "response": f"Hi {MAIL.upper()}"},
        {"id": "2", "session_id": "s", "query": f"Again {MAIL}", "response": "ann@example.com"},
        {"id": "3", "session_id": "t", "query": f"I am {MAIL}", "response": "Hi"},
    )
    assert report["redacted"] == {"email": 5}
    one, two, three = (SHOWN.findall(text) for text in stored(keyed).values())
    assert one[0] == one[1] == two[0]
    assert len({one[0], two[1], three[0]}) == 3


def test_hash_follows_a_person_through_the_source_and_drop_links_nothing(keyed: Store) -> None:
    decide(keyed, "hashed", policy_of("hash"))
    decide(keyed, "dropped", policy_of("drop"))
    decide(keyed, "raw", policy_of("off"))
    for source in ("hashed", "dropped", "raw"):
        for number in "12":
            take(keyed, {"id": source + number, "source": source, "query": MAIL, "response": "y"})
    texts = stored(keyed)
    assert texts["hashed1"] == texts["hashed2"]
    assert re.search(r"<EMAIL_[a-z2-7]{12}>", texts["hashed1"])
    assert "<EMAIL>" in texts["dropped1"]
    assert MAIL in texts["raw1"]


def test_every_text_of_a_row_is_looked_through(keyed: Store) -> None:
    arguments = json.dumps({"to": MAIL, "phone": 4155550132, "deep": [{"password": "hunter2"}]})
    escaped = '{"to": "bob\\u0040example.com"}'
    row = {
        "id": "1",
        "messages": [
            {"role": "system", "content": f"Operator: {MAIL}"},
            {"role": "user", "content": [{"type": "text", "text": f"card {CARD}"}], "name": MAIL},
            {"role": "assistant", "content": None, "tool_calls": [
                {"id": "c1", "function": {"name": "send", "arguments": arguments}},
                {"id": "c2", "function": {"name": "send", "arguments": escaped}}]},
            {"role": "tool", "tool_call_id": "c1", "content": f"sent to {MAIL}"},
        ],
        "response": {"text": f"Called {PHONE}", "reasoning": f"they said {MAIL}"},
        "context": [{"title": f"{MAIL}.pdf", "text": PHONE}],
        "tags": [MAIL],
        "feedback": {"thumb": "down", "comment": f"write {MAIL}", "channel": MAIL},
        "metadata": {"card": 4111111111111111, MAIL: "key", "api_key": "whatever it is"},
        "note": MAIL,
    }  # fmt: skip
    report = take(keyed, row)
    assert report["accepted"] == 1
    (text,) = stored(keyed).values()
    with keyed.read() as session:
        said = session.execute(select(feedback.c.comment, feedback.c.raw)).one()
        tags = session.scalar(select(interaction.c.tags))
    everything = f"{text} {said} {tags}"
    for original in (MAIL, "bob", CARD, "4111111111111111", "0132", "hunter2", "whatever"):
        assert original not in everything
    calls = json.loads(text)[0][2]["tool_calls"]
    told = [json.loads(call["function"]["arguments"]) for call in calls]
    assert told[0]["to"] == told[1]["to"], "still JSON, and the same person"
    assert SHOWN.search(said.comment)[0] == told[0]["to"]


def test_an_address_as_an_id_goes_on_grouping_and_matching(keyed: Store) -> None:
    take(
        keyed,
        {"id": f"{MAIL}-1", "user_id": MAIL, "session_id": MAIL, "query": "a", "response": "b"},
        {"id": f"{MAIL}-2", "user_id": MAIL, "session_id": MAIL, "query": "a", "response": "b"},
    )
    told = {"interaction_id": f"{MAIL}-1", "comment": f"it is {MAIL}", "actor": MAIL}
    report = ingest_feedback(keyed, [(0, told)], clock=clock)
    assert (report.accepted, report.waiting) == (1, 0)
    scored = {"interaction_id": f"{MAIL}-2", "name": "judge", "kind": "judge", "value": 1}
    assert ingest_scores(keyed, [(0, scored)], clock=clock).waiting == 0
    assert take(keyed, {"id": f"{MAIL}-1", "query": "a", "response": "b"})["duplicate"] == 1
    with keyed.read() as session:
        users = set(session.execute(select(interaction.c.user_id, interaction.c.session_id)))
        actor = session.scalar(select(feedback.c.actor))
    assert len(users) == 1
    assert actor == users.pop()[0]


def test_a_refused_row_is_told_without_what_it_held(keyed: Store) -> None:
    report = take(
        keyed,
        {"id": "1", "query": "x", "response": "y", "created_at": f"when {MAIL}"},
        {"id": "2", "query": "x", "response": "y", "confidence": MAIL},
        {"id": "3", "query": "x", "response": "y", "flagged": f"{MAIL}"},
        {"id": "4", "query": {"a": MAIL}, "response": "y"},
        {MAIL: "no id", "query": "x"},
    )
    assert len(report["rejected"]) == 5
    assert "redacted" not in report
    assert MAIL not in json.dumps(report)


def test_counts_are_kept_by_source_and_repeats_store_nothing(keyed: Store) -> None:
    row = {"id": "1", "source": "bot", "query": f"{MAIL} {PHONE}", "response": "y"}
    take(keyed, row)
    take(keyed, row)
    with keyed.read() as session:
        assert kept.found_by_source(session) == {
            "bot": {"stored": {"mask/2": 1}, "found": {"email": 2, "phone": 2}}
        }


def test_what_came_before_a_policy_is_found_by_a_scan_that_tells_no_text(keyed: Store) -> None:
    raw = Store(keyed.engine, redaction=Redaction("off"))
    take(raw, {"id": "1", "source": "old", "query": MAIL, "response": f"{MAIL} {PHONE}",
               "feedback": {"thumb": "up", "comment": CARD}})  # fmt: skip
    take(keyed, {"id": "2", "source": "new", "query": MAIL, "response": "y"})
    assert scan(keyed) == {"new": {}, "old": {"card": 1, "email": 2, "phone": 1}}
    assert scan(keyed, ["new"]) == {"new": {}}


def test_fragments_end_as_if_they_had_come_whole(keyed: Store) -> None:
    redactors = Redactors.of_store(keyed)
    part = redactors.fragment("default", {"query": f"I am {MAIL}", "response": PHONE})
    assert MAIL not in json.dumps(part)
    assert PHONE not in json.dumps(part)
    whole = {"session_id": "s", "query": f"I am {MAIL}", "response": PHONE}
    report = take(keyed, {"id": "1", "session_id": "s", **part}, {"id": "2", **whole})
    assert report["redacted"] == {"email": 2, "phone": 2}
    one, two = stored(keyed).values()
    assert one == two


def test_another_key_is_refused_until_somebody_says_so(keyed: Store) -> None:
    take(keyed, {"id": "1", "query": MAIL, "response": "y"})
    other = Store(keyed.engine, redaction=Redaction(given="o" * 32))
    assert take(other, {"id": "2", "query": "nothing found", "response": "y"})["accepted"] == 1
    with pytest.raises(Conflict, match="redaction key") as raised:
        take(other, {"id": "3", "query": MAIL, "response": "y"})
    assert raised.value.code == "other_key"
    assert "3" not in stored(other)
    with other.write() as session:
        from storage.redact.key import fingerprint

        assert kept.renew_key(session, fingerprint(other.redaction.key), NOON)
    assert take(other, {"id": "3", "query": MAIL, "response": "y"})["accepted"] == 1


def test_a_key_is_made_once_kept_private_and_missed_when_it_is_gone(sqlite_store: Store) -> None:
    path = Path(str(sqlite_store.path)).with_name("redaction.key")
    take(sqlite_store, {"id": "1", "query": "nothing", "response": "y"})
    assert not path.exists(), "it is made when it is needed"
    take(sqlite_store, {"id": "2", "query": MAIL, "response": "y"})
    assert path.stat().st_mode & 0o777 == 0o600
    again = open_store(f"sqlite:///{sqlite_store.path}")
    assert take(again, {"id": "3", "query": MAIL, "response": "y"})["accepted"] == 1
    key = path.read_text()
    path.unlink()
    fresh = open_store(f"sqlite:///{sqlite_store.path}")
    with pytest.raises(Conflict, match="gone"):
        take(fresh, {"id": "4", "query": MAIL, "response": "y"})
    assert not path.exists()
    for store in (again, fresh):
        store.close()
    with sqlite_store.read() as session:
        dump = "\n".join(str(row) for row in session.connection.iterdump())
    assert key not in dump


def test_a_short_key_is_refused_without_being_told() -> None:
    with pytest.raises(Conflict, match="5 characters") as raised:
        _ = Redaction(given="s3cr3"[:5]).key
    assert "s3cr3" not in f"{raised.value} {raised.value.hint} {Redaction(given='s3cr3')!r}"


def redactor(policy: str) -> Redactor:
    return Redactor(Policy(policy), Finder(), lambda: KEY.encode())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(JSON, st.sampled_from(["mask", "hash", "drop"]))
def test_what_is_redacted_stays_the_same_when_it_is_redacted_again(value: Any, policy: str) -> None:
    put = {"said": [f"{MAIL} password: hunter22", value], "call": PHONE}
    once = redactor(policy).value(put, "c")
    again = redactor(policy)
    assert again.value(once, "c") == once
    assert MAIL not in json.dumps(once)


@given(JSON)
def test_what_holds_nothing_is_given_back_as_it_is(value: Any) -> None:
    one = redactor("mask")
    told = one.value(value, "c")
    assert told is value or one.found


def test_two_keys_that_become_one_word_both_stay() -> None:
    told = redactor("drop").value({"a@example.com": 1, "b@example.com": 2}, "c")
    assert told == {"<EMAIL>": 1, "<EMAIL>#2": 2}


def test_letters_tell_nothing_without_the_key() -> None:
    (span,) = Finder().find(MAIL)
    one, other = (placeholders.inner(key * 32, span) for key in (b"a", b"b"))
    assert one != other
    assert placeholders.shown(b"a" * 32, "mask", "email", one, "c") != placeholders.shown(
        b"a" * 32, "mask", "email", one, "d"
    )
