"""What a queue settles on: chosen labels, states, what is known, verdicts that people outrank."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from labeling.consensus import settling, states_of
from labeling.consensus_keep import keep_consensus
from labeling.consensus_report import consensus_lines, consensus_report
from labeling.errors import InvalidLabel
from labeling.fields import fields_from_toml
from labeling.gold import judged
from labeling.outcomes import evidence, outcomes
from storage import Store
from storage.queries import queues
from storage.queries.verdicts import verdicts_of_queue
from storage.tables import gold, task, verdict
from tests import factories as make

FORM = """
[[fields]]
name = "quality"
kind = "rating"
label = "Quality"
min = 1
max = 5
failure_below = 3
"""
TAGS = ("hallucination", "incomplete", "wrong_tone")


class Crowd:
    """A queue with people and their labels, straight into the tables."""

    def __init__(self, store: Store, people: Sequence[str], form: int | None = None) -> None:
        self.store, self.tasks = store, list[int]()
        with store.write() as session:
            self.queue = make.queue(session, "q", form)
            self.people = {name: make.account(session, name) for name in people}

    def task(self, said: dict[str, Any], *, purpose: str = "sample", role: str = "planned") -> int:
        with self.store.write() as session:
            one = make.task(session, self.queue, make.interaction(session), purpose=purpose)
            for name, values in said.items():
                given = values if isinstance(values, dict) else {"quality": values}
                make.label(session, one, self.people[name], given, role=role)
        self.tasks.append(one)
        return one

    def more(self, count: int = 60, seed: int = 0) -> None:
        """Tasks on which everybody is mostly right."""
        rng = np.random.default_rng(seed)
        for _ in range(count):
            truth = int(rng.integers(1, 6))
            wrong = {name: int(rng.integers(1, 6)) for name in self.people}
            self.task({name: truth if rng.random() < 0.9 else wrong[name] for name in self.people})

    def report(self, **asked: Any) -> dict[str, Any]:
        with self.store.snapshot() as session:
            return consensus_report(session, "q", **asked)

    def keep(self, **asked: Any) -> dict[str, Any]:
        return keep_consensus(self.store, "q", by=None, clock=lambda: make.NOON, **asked)

    def verdicts(self) -> dict[int, Any]:
        with self.store.read() as session:
            return {row.task_id: row for row in verdicts_of_queue(session, self.queue)}


@pytest.fixture
def crowd(store: Store) -> Crowd:
    return Crowd(store, ["ada", "ben", "cyn", "dan"])


def test_majority_states_ties_and_one_label_settles_nothing(crowd: Crowd) -> None:
    crowd.task({"ada": 4, "ben": 4, "cyn": 2})
    crowd.task({"ada": 1, "ben": 5})
    crowd.task({"ada": 3})
    crowd.task({"ada": 1, "ben": 2, "cyn": 3})
    found = crowd.report(method="majority")
    assert [found[state] for state in ("settled", "open", "tied", "single")] == [1, 0, 2, 1]
    assert {row["state"] for row in found["worst"]} == {"tied"}
    assert found["worst"][1]["votes"] == {"1": 1, "5": 1}
    assert all(row["accuracy"]["value"] is None for row in found["by_annotator"])


def test_extra_labels_and_imports_have_a_say_checks_and_repeats_have_none(crowd: Crowd) -> None:
    one = crowd.task({"ada": 4, "ben": 2})
    with crowd.store.write() as session:
        make.label(session, one, crowd.people["cyn"], {"quality": 4}, role="extra")
    crowd.task({"ada": 4, "ben": 4}, purpose="import", role="import")
    crowd.task({"ada": 1, "ben": 1}, purpose="gold", role="gold")
    found = crowd.report(method="majority")
    assert (found["tasks"], found["settled"], found["labels"]) == (2, 2, 5)


def test_two_people_get_the_majority_and_are_told_why(crowd: Crowd) -> None:
    crowd.task({"ada": 4, "ben": 2})
    found = crowd.report()
    assert found["method"] == "majority"
    assert "fewer than three people" in found["why_majority"]


def test_the_model_names_accuracies_only_with_enough_labels(crowd: Crowd) -> None:
    crowd.more()
    with crowd.store.write() as session:
        crowd.people["eve"] = make.account(session, "eve")
    crowd.task({"ada": 4, "ben": 4, "eve": 2})
    found = crowd.report()
    assert found["method"] == "dawid_skene"
    assert found["converged"]
    by = {row["annotator"]: row["accuracy"] for row in found["by_annotator"]}
    assert by["ada"]["value"] > 0.8
    assert by["ada"]["ci"][0] < by["ada"]["value"] < by["ada"]["ci"][1]
    assert (by["eve"]["value"], by["eve"]["reason"]) == (None, "fewer than 20 labels")
    assert found["settled"] > 50
    assert sum(figure["value"] for figure in found["shares"].values()) == pytest.approx(1)


def test_certainty_is_told_beside_what_is_known(crowd: Crowd) -> None:
    crowd.more()
    for one in crowd.tasks[:12]:
        with crowd.store.write() as session:
            make.verdict(session, one, "quality", 5, [], account_id=crowd.people["dan"])
    against = crowd.report()["against"]["adjudicated"]
    assert against["tasks"] == 12
    assert against["mean_certainty"] > 0.9 > against["right"]["value"]
    assert against["honest"] is False
    assert crowd.report()["against"]["gold"]["right"]["value"] is None


def test_right_is_the_very_answer_though_a_check_of_people_takes_one_point_off(
    crowd: Crowd,
) -> None:
    crowd.more()
    for agreed in (4, 4, 5, 5):
        one = crowd.task({"ada": 4, "ben": 4}, purpose="gold", role="gold")
        with crowd.store.write() as session:
            served = select(task.c.interaction_id).where(task.c.id == one)
            row = {"interaction_id": session.scalar(served), "guideline": "toy", "use": "gold"}
            row |= {"expected": {"quality": agreed}, "created_at": make.NOON}
            make.add(session, gold, row)
    assert judged(fields_from_toml(FORM), {"quality": 5}, {"quality": 4}) == {"quality": True}
    for method in ("majority", None):
        against = crowd.report(method=method)["against"]["gold"]
        assert (against["tasks"], against["right"]["value"]) == (4, 0.5)


def test_tags_are_settled_one_by_one_and_kept_together(crowd: Crowd) -> None:
    both = ["hallucination", "incomplete"]
    for _ in range(8):
        crowd.task({name: {"quality": 3, "issues": both[:1]} for name in crowd.people})
    torn = crowd.task({"ada": {"issues": both}, "ben": {"issues": both[:1]}})
    found = crowd.report(field="issues", method="majority")
    assert set(found["tags"]) == set(TAGS)
    assert (found["settled"], found["tied"]) == (8, 1)
    assert [(row["task_id"], row["tag"]) for row in found["worst"]] == [(str(torn), "incomplete")]
    assert crowd.keep(field="issues", method="majority")["written"] == 8
    assert crowd.verdicts()[crowd.tasks[0]].value == ["hallucination"]
    assert torn not in crowd.verdicts()


def test_kept_once_it_says_by_which_labels_and_is_not_written_again(crowd: Crowd) -> None:
    crowd.more(30)
    kept = crowd.keep()
    assert kept["written"] > 20
    row = crowd.verdicts()[crowd.tasks[0]]
    assert row.origin == "model"
    assert len(row.label_ids) == 4
    assert "posterior" in row.reason
    again = crowd.keep()
    assert (again["written"], again["unchanged"]) == (0, kept["written"])


def test_a_persons_verdict_is_left_alone_and_a_withdrawn_one_is_not(crowd: Crowd) -> None:
    persons, withdrawn = (crowd.task(dict.fromkeys(crowd.people, 4)) for _ in range(2))
    with crowd.store.write() as session:
        make.verdict(session, persons, "quality", 1, [], account_id=crowd.people["dan"])
        make.verdict(session, withdrawn, "quality", None, [], account_id=crowd.people["dan"])
    kept = crowd.keep(method="majority")
    assert (kept["written"], kept["left_to_people"]) == (1, 1)
    found = crowd.verdicts()
    assert (found[persons].value, found[persons].origin) == (1, "adjudicated")
    assert (found[withdrawn].value, found[withdrawn].origin) == (4, "unanimous")
    assert found[withdrawn].revision == 2


def test_what_is_settled_no_longer_is_withdrawn_not_changed(crowd: Crowd) -> None:
    one = crowd.task({"ada": 4, "ben": 4})
    crowd.keep(method="majority")
    with crowd.store.write() as session:
        for name in ("cyn", "dan"):
            make.label(session, one, crowd.people[name], {"quality": 1}, role="extra")
    assert crowd.keep(method="majority")["withdrawn"] == 1
    with crowd.store.read() as session:
        told = session.execute(select(verdict.c.value, verdict.c.origin)).all()
    assert [tuple(row) for row in told] == [(4, "unanimous"), (None, "unanimous")]
    assert crowd.keep(method="majority")["withdrawn"] == 0


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"at_least": 0.999}, "not settled by dawid_skene at 0.999"),
        ({"method": "majority"}, "not settled by majority"),
    ],
)
def test_a_withdrawal_says_what_did_not_settle_it(
    crowd: Crowd, asked: dict[str, Any], reason: str
) -> None:
    crowd.more(30)
    one = crowd.task({"ada": 4, "ben": 4, "cyn": 1, "dan": 1})
    crowd.keep(at_least=0.5)
    assert crowd.verdicts()[one].value in (1, 4)
    assert crowd.keep(**asked)["withdrawn"] >= 1
    assert (crowd.verdicts()[one].value, crowd.verdicts()[one].reason) == (None, reason)


def test_two_who_keep_at_once_write_every_verdict_once(postgres_store: Store) -> None:
    crowd, both = Crowd(postgres_store, ["ada", "ben"]), Barrier(2)
    stays, goes = (crowd.task({"ada": 4, "ben": 4}) for _ in range(2))
    crowd.keep(method="majority")
    with crowd.store.write() as session:
        make.label(session, goes, make.account(session, "cyn"), {"quality": 1}, role="extra")
        make.label(session, goes, make.account(session, "dan"), {"quality": 1}, role="extra")
    new = crowd.task({"ada": 2, "ben": 2})

    def clock() -> datetime:
        both.wait(timeout=60)  # both have read what there is, neither has written
        return make.NOON

    def keep(_: int) -> dict[str, Any]:
        return keep_consensus(crowd.store, "q", by=None, clock=clock, method="majority")

    with ThreadPoolExecutor(2) as pool:
        kept = list(pool.map(keep, range(2)))
    assert sorted((one["written"], one["withdrawn"]) for one in kept) == [(0, 0), (1, 1)]
    told = {task: (row.value, row.revision) for task, row in crowd.verdicts().items()}
    assert told == {stays: (4, 1), goes: (None, 2), new: (2, 1)}


def test_estimates_do_not_read_what_a_model_settled_but_do_read_people(crowd: Crowd) -> None:
    first = crowd.task({"ada": 4, "ben": 4, "cyn": 1})
    second = crowd.task({"ada": 4, "ben": 4, "cyn": 1})
    crowd.keep(method="majority")
    with crowd.store.write() as session:
        make.verdict(session, second, "quality", 5, [], revision=2,
                     account_id=crowd.people["dan"])  # fmt: skip
    with crowd.store.read() as session:
        queue = queues.queue_named(session, "q")
        found = evidence(session, queue, make.NOON)
    y = outcomes(found, found.forms.fields[0]).set_index("task")["y"]
    assert (y[first], y[second]) == (3, 5)


def test_rows_are_lines_of_every_task(crowd: Crowd) -> None:
    one = crowd.task({"ada": 4, "ben": 4, "cyn": 2})
    crowd.task({"ada": 4})
    rows = [json.loads(part) for part in b"".join(
        consensus_lines(crowd.store, "q", method="majority")).splitlines()]  # fmt: skip
    assert [(row["state"], row["value"]) for row in rows] == [("settled", 4), ("single", 4)]
    assert rows[0] == rows[0] | {
        "task_id": str(one), "field": "quality", "votes": {"2": 1, "4": 2},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"method": "glad"}, "no method"),
        ({"at_least": 1.0}, "out of range"),
        ({"field": "notes"}, "cannot be reported"),
    ],
)
def test_what_cannot_be_asked_is_refused(crowd: Crowd, asked: Any, words: str) -> None:
    with crowd.store.read() as session, pytest.raises(InvalidLabel, match=words):
        settling(session, "q", **asked)


def test_an_empty_queue_settles_nothing(crowd: Crowd) -> None:
    found = crowd.report()
    assert (found["tasks"], found["settled"], found["worst"]) == (0, 0, [])
    assert crowd.keep()["written"] == 0
    with crowd.store.read() as session:
        assert states_of(settling(session, "q", field="issues")) == {}
