"""Taking rows in, on both databases: once, beside bad ones, with what belongs to them."""

import json
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, func, select

from storage import BadRow, Store, ingest
from storage.clock import draw_clock, ingest_clock
from storage.ingest import IngestReport, ingest_feedback, ingest_file, ingest_rows, ingest_scores
from storage.interactions import InteractionIn, parse_interaction
from storage.queries.events import add_feedback
from storage.queries.interactions import add_interactions, interaction_view
from storage.sources import FileOptions
from storage.tables import content, feedback, interaction, score, waiting_event

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


class Clock:
    """Each look is a second later."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def row(name: str = "a", **more: Any) -> dict[str, Any]:
    return {"id": name, "source": "bot", "query": f"Why {name}?", "response": "Because.", **more}


def take(store: Store, rows: Iterable[Any], clock: Callable[[], datetime] | None = None):
    return ingest_rows(store, enumerate(rows), clock=clock or Clock())


def count(store: Store, table: Table) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def views(store: Store) -> list[dict[str, Any]]:
    with store.read() as session:
        ids = session.scalars(select(interaction.c.id).order_by(interaction.c.id)).all()
        return [interaction_view(session, number) for number in ids]


def results(report: IngestReport) -> tuple[int, int, int]:
    return report.accepted, report.duplicate, report.rejected_total


def test_everything_sent_is_there(store: Store) -> None:
    sent = row(
        created_at="2026-11-01T10:00:00.000123Z", session_id="s", user_id="u", trace_id="t",
        context=["p", {"title": "x"}], model="m", variant="B", category="billing", tags=["faq"],
        confidence=0.42, flags=["short"], latency_ms=8.5, cost_usd=0.1,
        usage={"input_tokens": 1, "output_tokens": 2}, metadata={"locale": "de"},
        feedback=[{"thumb": "down", "comment": "wrong", "actor": "u"}],
        scores={"judge": {"value": 2.5, "version": "v1"}},
    )  # fmt: skip
    assert results(take(store, [sent])) == (1, 0, 0)
    (view,) = views(store)
    same = ("source", "session_id", "user_id", "context", "model", "variant", "category", "tags",
            "confidence", "flags", "latency_ms", "metadata")  # fmt: skip
    assert {key: view[key] for key in same} == {key: sent[key] for key in same}
    assert view["interaction_id"] == "a"
    assert view["created_at"] == datetime(2026, 11, 1, 10, 0, 0, 123, tzinfo=UTC)
    assert view["messages"] == [{"role": "user", "content": "Why a?"}]
    assert view["responses"] == [{"id": "1", "text": "Because."}]
    assert view["feedback"] == [
        {"value": 0.0, "raw": {"thumb": "down"}, "comment": "wrong", "actor": "u"}
    ]
    assert view["scores"] == [{"name": "judge", "kind": "judge", "value": 2.5, "version": "v1"}]
    with store.read() as session:
        kept = session.execute(select(interaction)).one()
    assert (kept.trace_id, kept.input_tokens, kept.output_tokens) == ("t", 1, 2)
    assert (kept.cost_usd, kept.chars) == (0.1, 8)


def test_sending_again_adds_and_changes_nothing(store: Store) -> None:
    rows = [row("a", confidence=0.1), row("b", feedback={"thumb": "up"}, scores={"judge": 1})]
    assert results(take(store, rows)) == (2, 0, 0)
    before = views(store)
    changed = {**rows[0], "response": "Other.", "confidence": 0.9}
    assert results(take(store, [rows[1], changed])) == (0, 2, 0)
    assert views(store) == before


def test_the_same_id_twice_in_one_batch_is_one_interaction(store: Store) -> None:
    assert results(take(store, [row("a"), row("b"), row("a", response="Other.")])) == (2, 1, 0)
    assert [view["responses"][0]["text"] for view in views(store)] == ["Because.", "Because."]


def test_the_same_id_from_another_source_is_another_interaction(store: Store) -> None:
    assert results(take(store, [row("a"), row("a", source="shop")])) == (2, 0, 0)


def test_feedback_that_a_repeat_brings_is_appended(store: Store) -> None:
    take(store, [row()])
    told = [row(feedback={"thumb": "down"}), row(scores={"judge": 1})]
    assert results(take(store, told)) == (0, 2, 0)
    assert results(take(store, told)) == (0, 2, 0)
    assert (count(store, feedback), count(store, score)) == (1, 1)


def test_good_rows_beside_bad_ones(store: Store) -> None:
    rows = [row("a"), row("b", confidence=7), BadRow(None, "no JSON", None), {"x": 1}, row("e"), 3]
    report = take(store, rows)
    assert results(report) == (2, 0, 4)
    assert [one["index"] for one in report.rejected] == [1, 2, 3, 5]
    assert report.rejected[0]["error"]["field"] == "confidence"
    assert [view["interaction_id"] for view in views(store)] == ["a", "e"]


def test_faults_are_listed_up_to_a_limit_and_counted_beyond(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "KEPT_ERRORS", 3)
    told = take(sqlite_store, [{}] * 5 + [row()]).to_json()
    assert (told["accepted"], len(told["rejected"]), told["rejected_total"]) == (1, 3, 5)


HOSTILE = [
    "<script>alert(1)</script>", "'; DROP TABLE interaction; --", "{{7*7}}{% raw %}", "%s %(x)s ?",
    "\u202etxet\u2066", "a\x00b", "\x1b[31m", "\ud800", "🙂" * 1_000, "x" * 700_000, "=1+1",
    "\\u0000", "null", "\u2028\u2029\ufeff\ufffe",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_come_back_as_they_were(store: Store, text: str) -> None:
    sent = row(query=text, response=text, context=[text], metadata={text: text},
               feedback={"thumb": "up", "comment": text[:20_000]})  # fmt: skip
    assert results(take(store, [sent])) == (1, 0, 0)
    (view,) = views(store)
    whole = text.replace("\ud800", "�")
    assert view["messages"][0]["content"] == whole
    assert view["responses"][0]["text"] == whole
    assert view["context"] == [whole]
    assert view["metadata"] == {whole: whole}
    assert view["feedback"][0]["comment"] == whole[:20_000].replace("\x00", "�")


SEGMENTS = ("id", "source", "session_id", "user_id", "trace_id", "category", "model", "variant")


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_are_stored_as_they_were_or_refused(store: Store, text: str) -> None:
    rows = [row("good")] + [row(f"r-{name}") | {name: text} for name in SEGMENTS]
    rows += [row("flag", flags=[text]), row("score", scores={text: 1})]
    report = take(store, rows)
    assert report.accepted + report.rejected_total == len(rows)
    for one in report.rejected:
        assert one["error"]["hint"]
        json.dumps(one).encode()
    kept = {view["interaction_id"] for view in views(store)}
    assert "good" in kept
    assert len(kept) == report.accepted


def test_batches_end_by_rows_and_by_size(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    add = ingest.add_interactions

    def noted(session: Any, rows: list[InteractionIn], now: datetime) -> Any:
        sizes.append(len(rows))
        return add(session, rows, now)

    monkeypatch.setattr(ingest, "add_interactions", noted)
    monkeypatch.setattr(ingest, "BATCH", 4)
    monkeypatch.setattr(ingest, "BATCH_TEXT", 10_000)
    rows = [row(str(number)) for number in range(6)]
    rows += [row(f"large {number}", response="x" * 9_900) for number in range(3)]
    assert results(take(store, rows)) == (9, 0, 0)
    assert sizes == [4, 3, 2]


def test_a_run_that_breaks_off_keeps_its_batches_and_resumes(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "BATCH", 10)

    def breaking() -> Iterable[Any]:
        for number in range(25):
            yield row(str(number))
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        take(store, breaking())
    assert count(store, interaction) == 20
    assert results(take(store, [row(str(number)) for number in range(25)])) == (5, 20, 0)
    assert count(store, content) == 25


def test_a_file_twice(store: Store, tmp_path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row(str(number))) for number in range(2_500)))
    told: list[int] = []
    options = FileOptions(source="log")
    first = ingest_file(store, path, options, clock=Clock(), on_bytes=told.append)
    again = ingest_file(store, path, options, clock=Clock())
    assert (results(first), results(again)) == ((2_500, 0, 0), (0, 2_500, 0))
    assert sum(told) == path.stat().st_size
    assert count(store, interaction) == 2_500


# What comes before its interaction


def said(name: str = "a", **more: Any) -> dict[str, Any]:
    return {"source": "bot", "interaction_id": name, "thumb": "down", **more}


def scored(name: str = "a", **more: Any) -> dict[str, Any]:
    event = {"name": "judge", "kind": "judge", "value": 2.5}
    return {"source": "bot", "interaction_id": name, **event, **more}


def test_early_feedback_and_scores_wait_and_are_attached_as_received_then(store: Store) -> None:
    clock = Clock()
    early = ingest_feedback(
        store, enumerate([said(created_at=1772359260, comment="a\x00"), said("never")]), clock=clock
    )
    assert early.to_json() == {"accepted": 2, "duplicate": 0, "waiting": 2, "rejected": []}
    assert ingest_scores(store, enumerate([scored()]), clock=clock).waiting == 1
    assert (count(store, feedback), count(store, score)) == (0, 0)

    take(store, [row("a"), row("b")], clock)
    (view, other) = views(store)
    assert view["feedback"] == [{"value": 0.0, "raw": {"thumb": "down"}, "comment": "a�"}
                                | {"actor": None}]  # fmt: skip
    assert [one["value"] for one in view["scores"]] == [2.5]
    assert (other["feedback"], other["scores"]) == ([], [])
    with store.read() as session:
        kept = session.execute(select(feedback)).one()
        arrived = session.scalar(select(interaction.c.received_at).limit(1))
        left = session.scalars(select(waiting_event.c.external_id)).all()
    assert kept.received_at == arrived
    assert kept.created_at == datetime(2026, 3, 1, 10, 1, tzinfo=UTC)
    assert left == ["never"]


def test_events_said_again_are_duplicates_before_and_after_attaching(store: Store) -> None:
    rows = [said(), said(), said(thumb="up")]
    first = ingest_feedback(store, enumerate(rows), clock=Clock())
    assert (first.accepted, first.duplicate, first.waiting) == (2, 1, 2)
    take(store, [row()])
    again = ingest_feedback(store, enumerate(rows), clock=Clock())
    assert (again.accepted, again.duplicate, again.waiting) == (0, 3, 0)
    assert (count(store, feedback), count(store, waiting_event)) == (2, 0)


def test_bad_events_beside_good_ones(store: Store) -> None:
    take(store, [row()])
    report = ingest_scores(store, enumerate([scored(), scored(value="high"), 3]), clock=Clock())
    assert results(report) == (1, 0, 2)
    assert [one["error"].get("field") for one in report.rejected] == ["value", None]
    nothing = ingest_feedback(store, enumerate([{}]), clock=Clock())
    assert (nothing.accepted, nothing.rejected_total) == (0, 1)


def test_later_scores_of_one_name_come_later(store: Store) -> None:
    take(store, [row()])
    rows = [scored(value=3), scored(value=1), scored(value=2)]
    ingest_scores(store, enumerate(rows), clock=Clock())
    assert [one["value"] for one in views(store)[0]["scores"]] == [3, 1, 2]


# Several at once


def together(*acts: Callable[[], object]) -> None:
    """Run acts at the same moment; the first failure is ours."""
    failed: list[BaseException] = []
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        try:
            barrier.wait(20)
            act()
        except BaseException as error:  # noqa: BLE001 - told to the test
            failed.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if failed:
        raise failed[0]


def test_the_same_rows_from_several_at_once_are_stored_once(store: Store) -> None:
    rows = [row(str(number), scores={"judge": number}) for number in range(300)]
    reports: list[IngestReport] = []
    orders = (rows, rows[::-1], rows[150:] + rows[:150], rows[::-1])
    together(*(lambda order=order: reports.append(take(store, order)) for order in orders))
    assert sum(report.accepted for report in reports) == 300
    assert sum(report.duplicate for report in reports) == 900
    counts = [count(store, table) for table in (interaction, content, score)]
    assert counts == [300, 300, 300]


def test_feedback_and_interaction_at_the_same_moment_find_each_other(store: Store) -> None:
    names = [f"r{number}" for number in range(40)]
    clock = Clock()

    def tell() -> None:
        for name in names:
            ingest_feedback(store, enumerate([said(name)]), clock=clock)

    def bring() -> None:
        for name in names:
            take(store, [row(name)], clock)

    together(tell, bring, tell)
    assert (count(store, feedback), count(store, waiting_event)) == (40, 0)


def test_feedback_looks_again_once_its_interaction_is_committed(postgres_store: Store) -> None:
    """The race itself: the interaction is written but not committed when feedback looks."""
    store, written = postgres_store, threading.Event()
    answers: list[Any] = []

    def tell() -> None:
        assert written.wait(20)
        answers.append(ingest_feedback(store, enumerate([said()]), clock=Clock()))

    def bring() -> None:
        with store.write() as session:
            add_interactions(session, [parse_interaction(row(), now=NOON)], NOON)
            written.set()
            telling.join(0.5)  # it cannot end before we commit
            assert not answers

    telling = threading.Thread(target=tell)
    telling.start()
    bring()
    telling.join(20)
    assert [(one.accepted, one.waiting) for one in answers] == [(1, 0)]
    assert (count(store, feedback), count(store, waiting_event)) == (1, 0)


def test_a_draw_reads_its_clock_when_nobody_is_receiving(postgres_store: Store) -> None:
    """Nothing that a later look finds was received before the as-of time of an earlier draw."""
    store, clock, seen = postgres_store, Clock(), []

    def draw() -> None:
        with store.write() as session:
            seen.append(draw_clock(session, clock))

    with store.write() as session:
        received = ingest_clock(session, clock)
        drawing = threading.Thread(target=draw)
        drawing.start()
        drawing.join(0.5)
        assert not seen
    drawing.join(20)
    assert seen[0] > received
    with store.write() as one, store.write() as other:  # those who receive do not wait
        assert ingest_clock(one, clock) < ingest_clock(other, clock)


def test_adding_nothing_is_allowed(store: Store) -> None:
    with store.write() as session:
        assert add_interactions(session, [], NOON)[:2] == (0, 0)
        assert add_feedback(session, [], NOON) == (0, 0, 0)


def test_more_than_a_driver_takes_at_once(store: Store) -> None:
    rows = [parse_interaction(row(str(number)), now=NOON) for number in range(4_500)]
    ingest_feedback(
        store, enumerate(said(str(number)) for number in range(0, 4_500, 3)), clock=Clock()
    )
    with store.write() as session:
        assert add_interactions(session, rows, LATER)[:2] == (4_500, 0)
        assert add_interactions(session, rows, LATER)[:2] == (0, 4_500)
    assert (count(store, content), count(store, feedback)) == (4_500, 1_500)
