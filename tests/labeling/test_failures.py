"""The failures report over a store: a pattern, a change, an issue that comes with another."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from labeling.attributes import ATTRIBUTES, attributes, having, parse_pattern, to_draw
from labeling.draws import DrawRequest, draw_into
from labeling.errors import InvalidLabel
from labeling.failing import failing_tasks
from labeling.failures import Asked, failures_report
from labeling.filters import parse_filter
from storage import Store
from storage.frames import tasks as task_frame
from storage.types import encode_json
from tests import factories

NOW = factories.NOON + timedelta(days=90)
FIELDS = [
    {**factories.FIELDS[0], "failure_below": 3, "required": True},
    *factories.FIELDS[1:2],
]
SAID = {
    "refunds": "where is the money for the parcel that I returned",
    "delivery": "my order has not been delivered to the address",
    "account": "the password does not open my account any more",
}


def built(
    store: Store, *, size: int = 300, seed: int = 5, models: tuple[str, ...] = ("m-2",)
) -> None:
    """Refunds on some models fail six times in ten; everything fails more from week 7 of 10 on."""
    rng = np.random.default_rng(seed)
    with store.write() as session:
        queue = factories.queue(session, "support", factories.guideline(session, FIELDS))
        for number in range(2 * size):
            category = str(rng.choice(list(SAID)))
            factories.interaction(
                session, f"req-{number}", source="shop", category=category,
                model=str(rng.choice(["m-1", "m-2"])), variant="A" if number < size else "B",
                created_at=factories.NOON + timedelta(days=70 * number / (2 * size)),
                flags=["late"] if number % 5 == 0 else None, chars=int(rng.integers(20, 2000)),
                extra={"language": "de" if number % 2 else "en"},
                messages=[{"role": "user", "content": f"{SAID[category]} <b>{number}</b>"}],
            )  # fmt: skip
        person = factories.account(session, "ada")
    draw_into(store, "support", DrawRequest("random", size=size, seed=5), clock=lambda: NOW)
    with store.write() as session:
        told = task_frame(session, queue)
        for task, inside, number in zip(
            told["task"].tolist(),
            ((told["category"] == "refunds") & told["model"].isin(models)).tolist(),
            told["interaction_id"].str.removeprefix("req-").astype(int).tolist(),
            strict=True,
        ):
            risk = 0.6 if inside else 0.05 if number < 1.4 * size else 0.3
            failed = bool(rng.random() < risk)
            issues = ["hallucination", "incomplete"] if failed and rng.random() < 0.7 else []
            held = factories.assignment(session, task, person, slot=0)
            values = {"quality": 1 if failed else 4, "issues": issues}
            factories.label(session, task, person, values, assignment_id=held)


def report(store: Store, asked: Asked | None = None) -> dict[str, Any]:
    with store.snapshot() as session:
        return failures_report(session, "support", NOW, asked)


def clear(rows: Any) -> list[Mapping[str, Any]]:
    return [one for one in rows if one["q_value"] is not None and one["q_value"] <= 0.05]


def test_the_pattern_is_found_with_what_a_draw_would_be_told(store: Store) -> None:
    built(store)
    told = report(store)
    best = clear(told["patterns"])[0]
    assert best["where"] == {"category": "refunds", "model": "m-2"}
    assert best["lift_ci"][0] > 1
    assert best["draw"] == {"where": {"category": ["refunds"], "model": ["m-2"]}, "left_out": []}
    parse_filter(best["draw"]["where"])
    assert told["tested"] > len(told["patterns"]) > 0
    encode_json(told)


def test_issues_and_changes_are_told(sqlite_store: Store) -> None:
    built(sqlite_store)
    told = report(sqlite_store)
    (pair,) = told["together"]
    assert pair["tags"] == ["hallucination", "incomplete"]
    assert pair["q_value"] < 0.01
    overall = next(one for one in told["changes"]["moments"] if one["where"] == {})
    assert overall["q_value"] <= 0.05
    assert abs(overall["since"] - factories.NOON - timedelta(days=49)) < timedelta(days=12)
    assert overall["difference"]["value"] > 0.05
    (release,) = told["changes"]["releases"]
    assert (release["until"], release["since"]) == ("A", "B")
    assert told["trend"]["by"] in ("week", "month")
    assert len(told["trend"]["periods"]) >= 3
    assert sum(one["rate"]["n"] for one in told["trend"]["periods"]) == 300


def test_depth_and_attributes_can_be_chosen(sqlite_store: Store) -> None:
    built(sqlite_store)
    single = report(sqlite_store, Asked(depth=1, by=("category", "length")))
    assert {len(one["where"]) for one in single["patterns"]} == {1}
    assert {key for one in single["patterns"] for key in one["where"]} <= {"category", "length"}
    assert single["clusters"] is None
    with pytest.raises(InvalidLabel, match="no attribute 'colour'"):
        Asked(by=("colour",))
    with pytest.raises(InvalidLabel, match="neither"):
        Asked(depth=3)


def test_texts_that_fail_are_grouped_on_request(sqlite_store: Store) -> None:
    built(sqlite_store, size=600, models=("m-1", "m-2"))
    found = report(sqlite_store, Asked(clusters=True))["clusters"]
    assert found
    best = found[0]
    assert best["confirmed"]
    assert set(" ".join(best["words"]).split()) & {"money", "parcel", "returned"}
    assert len(best["task_ids"]) >= best["tasks"]


def test_embeddings_can_be_brought(sqlite_store: Store) -> None:
    built(sqlite_store, size=600, models=("m-1", "m-2"))
    with sqlite_store.snapshot() as session:
        tasks = task_frame(session, 1)
    place = {"refunds": [1.0, 0.0], "delivery": [0.0, 1.0], "account": [-1.0, -1.0]}
    rng = np.random.default_rng(1)
    vectors = {
        ("shop", one.interaction_id): [v + rng.normal() * 0.1 for v in place[one.category]]
        for one in tasks.itertuples()
    }
    asked = Asked(clusters=True, vectors=vectors)
    assert report(sqlite_store, asked)["clusters"][0]["confirmed"]
    with sqlite_store.snapshot() as session:
        few = dict(list(vectors.items())[:40])
        told = failures_report(session, "support", NOW, Asked(clusters=True, vectors=few))
    assert told["clusters"] == []


def test_the_tasks_of_a_pattern_fail_first(store: Store) -> None:
    built(store, size=120)
    with store.snapshot() as session:
        where = {"category": "refunds", "flags": "late"}
        told = failing_tasks(session, "support", NOW, where, limit=5)
        every = failing_tasks(session, "support", NOW, {})
    assert told["labelled"] >= len(told["tasks"])
    failed = [one["failed"] for one in told["tasks"]]
    assert failed == sorted(failed, reverse=True)
    assert every["labelled"] == 120
    assert sum(one["failed"] for one in every["tasks"]) == every["failures"]
    assert every["tasks"][0]["value"] == 1


def test_attributes_of_tasks(store: Store) -> None:
    with store.write() as session:
        queue, ada = factories.queue(session), factories.account(session)
        for number, columns in enumerate(
            [
                {"chars": 90, "confidence": 0.2, "flags": ["short"], "tags": ["vip", "eu"],
                 "extra": {"metadata": {"locale": "de-CH", "release": 7}}},
                {"chars": 950, "confidence": 0.9,
                 "messages": [{"role": "user", "content": "?"}] * 9},
                {"chars": 910, "category": "c" * 500},
                {"chars": 2040, "extra": {"language": ""}},
            ]
        ):  # fmt: skip
            one = factories.interaction(session, f"r{number}", **columns)
            factories.label(session, factories.task(session, queue, one), ada, {"quality": 1})
        unseen = factories.interaction(session, "never labelled")
        factories.task(session, queue, unseen)
        found = (
            attributes(session, queue, {}).sort_values("interaction").set_index("interaction_id")
        )
    assert len(found) == 4
    assert found.loc["r0", ["language", "release", "turns"]].tolist() == ["de-CH", "7", "1 message"]
    assert found.loc["r0", "flags"] == ["short"]
    assert found.loc["r0", "tags"] == ["vip", "eu"]
    assert found.loc["r1", "turns"] == "6 to 15 messages"
    assert found.loc["r1", "flags"] == []
    assert found["length"].tolist() == [
        "up to 90 characters", "910 to 950 characters", "90 to 910 characters",
        "more than 950 characters",
    ]  # fmt: skip
    assert found["confidence"].tolist()[:2] == ["up to 0.2", "more than 0.2"]
    assert found["confidence"].isna().tolist() == [False, False, True, True]
    assert found["language"].isna().tolist() == [False, True, True, True]
    assert len(found.loc["r2", "category"]) == 200
    assert set(found["week"]) == {"2026-W44"}
    assert set(ATTRIBUTES) <= set(found.columns)
    assert having(found, {"tags": "eu"}).index.tolist() == ["r0"]
    with pytest.raises(InvalidLabel, match="no labelled task has tags 'us'") as error:
        having(found, {"tags": "us"})
    assert error.value.hint == "there are: eu, vip"


def test_quarters_are_those_of_the_population(sqlite_store: Store) -> None:
    with sqlite_store.write() as session:
        queue, ada = factories.queue(session), factories.account(session)
        chances = {}
        for number in range(40):
            chars = 1000 if number < 20 else 100
            one = factories.interaction(session, f"r{number}", chars=chars + number)
            task = factories.task(session, queue, one)
            factories.label(session, task, ada, {"quality": 1})
            chances[task] = 1.0 if chars == 1000 else 0.05
        plain = attributes(session, queue, {})["length"]
        weighted = attributes(session, queue, chances)["length"]
    assert plain.value_counts().max() <= 20
    # the short ones stand for nearly all: long ones are all in the last class
    assert weighted.str.startswith("more than 1").sum() >= 20


def test_a_pattern_can_be_typed() -> None:
    assert parse_pattern(["category=a=b", "week=2026-W01"]) == {
        "category": "a=b", "week": "2026-W01"
    }  # fmt: skip
    for wrong, message in (
        (["category"], "is no pair"),
        (["colour=red"], "no attribute 'colour'"),
        (["category=a", "week=2026-W01", "category=b"], "'category' is there twice"),
    ):
        with pytest.raises(InvalidLabel, match=message):
            parse_pattern(wrong)


def test_what_a_draw_can_and_cannot_be_told() -> None:
    told = to_draw({"flags": "late", "week": "2026-W45", "length": "up to 100 characters"})
    assert told["left_out"] == ["length"]
    where = parse_filter(told["where"])
    assert where.flags == ("late",)
    assert (where.until - where.since) == timedelta(days=7)
    assert where.since.isocalendar()[:3] == (2026, 45, 1)


def test_nothing_labelled_and_nothing_drawn(store: Store) -> None:
    with store.write() as session:
        factories.queue(session, "support", factories.guideline(session, FIELDS))
    told = report(store, Asked(clusters=True))
    assert told["failure_rate"]["value"] is None
    assert (told["patterns"], told["together"], told["clusters"]) == ([], [], [])
    with store.snapshot() as session:
        assert failing_tasks(session, "support", NOW, {})["tasks"] == []


def test_without_a_threshold_issues_are_told_all_the_same(sqlite_store: Store) -> None:
    with sqlite_store.write() as session:
        queue, ada = factories.queue(session), factories.account(session)
        one = factories.task(session, queue, factories.interaction(session))
        factories.label(session, one, ada, {"quality": 1, "issues": ["incomplete"]})
        told = failures_report(session, "support", NOW)
        listed = failing_tasks(session, "support", NOW, {})
    assert "failure_below" in told["failure_rate"]["reason"]
    assert told["issues"][0]["count"] == 1
    assert listed["tasks"][0]["value"] is None
    assert listed["tasks"][0]["issues"] == ["incomplete"]
