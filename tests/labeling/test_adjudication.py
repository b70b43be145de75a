"""What people differ on, ranked; one task without names; verdicts that are kept with their why."""

import pandas as pd
import pytest

from labeling import adjudication, disagreements, notes
from labeling.adjudication import Ruling
from labeling.errors import InvalidLabel
from labeling.notes import Hole
from storage import Conflict, NotFound
from tests.labeling.conftest import Lab


@pytest.fixture
def split(lab: Lab) -> Lab:
    """Three tasks by two people: at one; a step apart; on both sides of a failure."""
    lab.queue(3, overlap=2)
    for name, said in {"ann": [4, 4, 2], "ben": [4, 5, 4]}.items():
        for quality, held in zip(said, lab.claim(name, count=3), strict=True):
            issues = ["hallucination"] if quality == 2 else []
            lab.submit(name, held.id, values={"quality": quality, "issues": issues})
    lab.person("lea", "lead")
    return lab


def listed(lab: Lab, **options) -> dict:
    with lab.store.read() as session:
        return disagreements.disagreements(session, "q", lab.now, **options)


def tasks(lab: Lab, **options) -> list[int]:
    return [int(one["task_id"]) for one in listed(lab, **options)["tasks"]]


def case(lab: Lab, task: int) -> dict:
    with lab.store.read() as session:
        return adjudication.case(session, "q", task)


def settle(lab: Lab, task: int, values: dict, reason: str | None = None, **more) -> dict:
    with lab.store.write() as session:
        lea = lab.person("lea", "lead")
        ruling = Ruling(values, reason, **more)
        return adjudication.settle(session, "q", task, lea, ruling, lab.now)


def test_what_hangs_on_a_failure_comes_first(split: Lab) -> None:
    found = listed(split)
    assert (found["open"], found["settled"], found["compared"]) == (2, 0, 3)
    first, second = found["tasks"]
    assert set(first["apart"]) == {"quality", "issues"}
    assert sorted(first["apart"]["quality"]["said"].values()) == [2, 4]
    assert first["apart"]["quality"]["spread"] == 2
    assert sorted(second["apart"]["quality"]["said"].values()) == [4, 5]
    assert tasks(split, field="issues") == [int(first["task_id"])]
    assert tasks(split, limit=1) == [int(first["task_id"])]
    with pytest.raises(InvalidLabel, match="cannot be reported"):
        listed(split, field="notes")


def test_nobody_is_named_and_a_letter_is_nobody_in_particular(split: Lab) -> None:
    assert "ann" not in str(listed(split))
    people = [f"p{number}" for number in range(4)]
    orders = {
        tuple(under[one] for one in people)
        for task in range(40)
        if (under := disagreements.letters(task, people))
    }
    assert len(orders) > 10
    many = disagreements.letters(1, [f"p{number}" for number in range(30)])
    assert len(set(many.values())) == 30


def test_a_verdict_settles_and_is_kept_with_its_reason(split: Lab) -> None:
    first, second = tasks(split)
    assert settle(split, first, {"quality": 2, "issues": ["hallucination"]}, "it is made up") == {
        "quality": 1, "issues": 1,
    }  # fmt: skip
    assert tasks(split) == [second]
    assert listed(split)["settled"] == 1
    told = case(split, first)
    assert [one["letter"] for one in told["answers"]] == ["A", "B"]
    by_field = {one["field"]: one for one in told["verdicts"]}
    assert by_field["quality"]["value"] == 2
    assert by_field["quality"]["by"] == "lea"
    assert by_field["quality"]["reason"] == "it is made up"
    assert by_field["quality"]["origin"] == "adjudicated"
    assert sorted(by_field["quality"]["label_ids"]) == sorted(
        one["label_id"] for one in told["answers"]
    )
    with split.store.read() as session:
        kept = adjudication.queue_verdicts(session, "q")
    assert {(one["field"], str(one["value"])) for one in kept} == {
        ("quality", "2"), ("issues", "['hallucination']"),
    }  # fmt: skip


def test_a_field_that_is_still_open_keeps_its_task_in_the_list(split: Lab) -> None:
    first, _ = tasks(split)
    settle(split, first, {"issues": []})
    again = listed(split)["tasks"][0]
    assert int(again["task_id"]) == first
    assert set(again["apart"]) == {"quality"}
    assert listed(split)["settled"] == 0
    assert listed(split, field="issues")["settled"] == 1


def test_the_same_again_is_no_revision_and_another_value_is(split: Lab) -> None:
    first = tasks(split)[0]
    assert settle(split, first, {"quality": 2}) == {"quality": 1}
    assert settle(split, first, {"quality": 2}) == {"quality": 1}
    assert settle(split, first, {"quality": 4}, seen={"quality": 1}) == {"quality": 2}
    with pytest.raises(Conflict, match="settled by somebody else"):
        settle(split, first, {"quality": 2}, seen={"quality": 1})
    assert [one["value"] for one in case(split, first)["verdicts"]] == [2, 4]


def test_a_withdrawn_verdict_lets_the_labels_speak(split: Lab) -> None:
    first = tasks(split, field="quality")[0]
    settle(split, first, {"quality": 2})
    assert first not in tasks(split, field="quality")
    assert settle(split, first, {"quality": None}) == {"quality": 2}
    assert first in tasks(split, field="quality")
    with split.store.read() as session:
        assert adjudication.queue_verdicts(session, "q") == []
    with pytest.raises(InvalidLabel, match="no verdict to withdraw"):
        settle(split, first, {"issues": None})


def test_who_decides_against_everybody_says_why(split: Lab) -> None:
    first = tasks(split)[0]
    with pytest.raises(InvalidLabel, match="nobody answered quality like this"):
        settle(split, first, {"quality": 5})
    assert settle(split, first, {"quality": 5}, "both overlooked the second half") == {"quality": 1}


@pytest.mark.parametrize(
    ("values", "reason", "message"),
    [
        ({}, None, "nothing is settled"),
        ({"quality": 9}, None, "quality"),
        ({"colour": "red"}, None, "no such field"),
        ({"quality": 2}, "x" * 4001, "longer than 4000"),
        ({"quality": 2}, "half \ud800", "cannot be kept"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(split: Lab, values, reason, message) -> None:
    with pytest.raises(InvalidLabel, match=message):
        settle(split, tasks(split)[0], values, reason)
    with split.store.read() as session:
        assert adjudication.queue_verdicts(session, "q") == []


def test_a_task_of_another_queue_is_none(split: Lab) -> None:
    first = tasks(split)[0]
    split.queue(1, name="other")
    for queue, task in (("other", first), ("q", 2**63), ("q", 0)):
        with split.store.read() as session, pytest.raises(NotFound):
            adjudication.case(session, queue, task)


def test_worth_follows_the_chance_of_being_drawn(lab: Lab) -> None:
    lab.queue(0, overlap=2)
    assert listed(lab) == {
        "queue": "q", "field": None, "compared": 0, "open": 0, "settled": 0, "tasks": [],
    }  # fmt: skip


def test_worth_is_that_of_the_field_that_is_worth_most_among_its_own_answers(lab: Lab) -> None:
    lab.queue(0, overlap=2)
    reach = pd.Series({1: 0.5})
    alone = disagreements.worth(reach, {1: 0.1, 2: 0.1}, {1, 2})
    among = disagreements.worth(reach, {1: 0.1, 2: 0.1, 3: 0.1, 4: 0.1}, {1, 2, 3, 4})
    assert alone["worth"].tolist() == [0.25]
    assert among["worth"].tolist() == [0.125]


def test_tags_left_untouched_say_none_applies(split: Lab) -> None:
    first = tasks(split)[0]
    assert settle(split, first, {"issues": []}) == {"issues": 1}


def test_sent_twice_it_is_settled_once(split: Lab) -> None:
    first = tasks(split)[0]
    assert settle(split, first, {"quality": 2}, seen={"quality": 0}) == {"quality": 1}
    assert settle(split, first, {"quality": 2}, seen={"quality": 0}) == {"quality": 1}


def test_letters_are_the_same_in_the_list_and_on_the_task(split: Lab) -> None:
    for one in listed(split)["tasks"]:
        said = one["apart"].get("quality", {"said": {}})["said"]
        answers = case(split, int(one["task_id"]))["answers"]
        told = {answer["letter"]: answer["values"]["quality"] for answer in answers}
        assert said.items() <= told.items()


def test_only_what_is_open_on_a_task_is_told_for_it(split: Lab) -> None:
    first, second = tasks(split)
    with split.store.read() as session:
        assert disagreements.open_on(session, "q", first) == ["quality", "issues"]
        assert disagreements.open_on(session, "q", second) == ["quality"]
    settle(split, first, {"quality": 2})
    with split.store.read() as session:
        assert disagreements.open_on(session, "q", first) == ["issues"]


def test_a_hole_in_the_guideline_is_noted_and_closed(split: Lab) -> None:
    first, lea = tasks(split)[0], split.person("lea", "lead")
    with split.store.write() as session:
        number = notes.note(session, "q", lea, Hole(" Does it? ", "quality", first), split.now)
        (told,) = notes.queue_notes(session, "q")
        assert (told["text"], told["field"], told["task_id"]) == ("Does it?", "quality", str(first))
        assert (told["by"], told["closed_at"], told["guideline"]["version"]) == ("lea", None, "2")
        assert notes.close(session, number, lea, split.now)["closed_by"] == "lea"
        split.wait(60)
        again = notes.close(session, number, lea, split.now)
    assert again["closed_at"] < split.now, "the first time counts"
    for hole in (Hole("  "), Hole("x", "colour"), Hole("x" * 4001), Hole("a\x00b")):
        with split.store.write() as session, pytest.raises(InvalidLabel):
            notes.note(session, "q", lea, hole, split.now)
    with split.store.write() as session, pytest.raises(NotFound):
        notes.note(session, "q", lea, Hole("x", task_id=12), split.now)
    with split.store.write() as session, pytest.raises(NotFound):
        notes.close(session, 99, lea, split.now)
