"""The rows of an export, read from the tables on both databases."""

from datetime import timedelta
from typing import Any

import pytest

from labeling.expected import Expected
from labeling.fields import fields_from_json
from labeling.forms import Forms
from labeling.rows import raw_columns, raw_rows, settled_columns, settled_rows
from storage import Session, Store
from storage.exports.texts import decoded
from storage.queries.answers import CHUNK, TaskSaid, answered_tasks
from tests import factories

FIELDS = tuple(fields_from_json(factories.FIELDS))
FORM = "toy-hash"
FORMS = Forms(FIELDS, {FORM: FIELDS})
CORRECTED = Expected.parse("corrected", FIELDS)


class Team:
    """A queue with people who label in it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        with store.write() as session:
            form = factories.guideline(session, hash=FORM)
            self.queue_id = factories.queue(session, guideline_id=form)
            self.people = {name: factories.account(session, name) for name in ("ada", "ben", "chi")}
            self.machine = factories.account(session, "judge")

    def task(self, *labels: dict[str, Any] | None, **columns: Any) -> int:
        """A task on an interaction of its own with labels by ada, ben, chi."""
        with self.store.write() as session:
            asked = factories.interaction(session)
            task_id = factories.task(session, self.queue_id, asked, **columns)
            for account_id, values in zip(self.people.values(), labels, strict=False):
                factories.label(session, task_id, account_id, values)
        return task_id

    def tasks(self, session: Session) -> list[TaskSaid]:
        return list(answered_tasks(session, self.queue_id, texts=True))

    def raw(self, chances: dict[int, float] | None = None) -> list[dict[str, Any]]:
        with self.store.read() as session:
            return list(raw_rows(self.tasks(session), chances or {}))

    def settled(
        self, expected: Expected = CORRECTED, forms: Forms = FORMS, **options: Any
    ) -> list[dict[str, Any]]:
        with self.store.read() as session:
            return list(settled_rows(self.tasks(session), forms, {}, expected, **options))


@pytest.fixture
def team(store: Store) -> Team:
    return Team(store)


def test_one_raw_row_per_current_label(team: Team) -> None:
    task_id = team.task({"quality": 4, "issues": []}, {"quality": 2})
    rows = team.raw({task_id: 0.25})
    assert [(row["annotator"], row["values"]) for row in rows] == [
        ("ada", {"quality": 4, "issues": []}),
        ("ben", {"quality": 2}),
    ]
    first = rows[0]
    assert first["task_id"] == str(task_id)
    assert (first["source"], first["role"], first["purpose"]) == ("bot", "planned", "sample")
    assert (first["pi"], first["reason"], first["guideline"]) == (0.25, "taken at random", FORM)
    assert (first["seconds"], first["revision"], first["created_at"]) == (12.5, 1, factories.NOON)
    asked = decoded(first["interaction"]["messages"])
    assert asked == [{"role": "user", "content": f"What about {first['interaction_id']}?"}]


def test_only_the_newest_revision_counts_and_a_withdrawn_label_not_at_all(team: Team) -> None:
    with team.store.write() as session:
        task_id = factories.task(session, team.queue_id, factories.interaction(session))
        for name, values in (("ada", {"quality": 5}), ("ben", None)):
            held = factories.assignment(session, task_id, team.people[name])
            for revision, one in ((1, {"quality": 1}), (2, values)):
                factories.label(
                    session, task_id, team.people[name], one, assignment_id=held, revision=revision
                )
    assert [(row["annotator"], row["revision"], row["values"]) for row in team.raw()] == [
        ("ada", 2, {"quality": 5})
    ]
    assert team.settled()[0]["values"]["quality"] == 5


def test_tasks_without_an_answer_have_no_row(team: Team) -> None:
    team.task()
    team.task(None)
    assert team.raw() == []
    assert team.settled() == []


def test_a_settled_row_says_how_each_field_came_about(team: Team) -> None:
    team.task(
        {"quality": 4, "issues": ["incomplete"], "confidence": "high", "difficulty": "easy"},
        {"quality": 4, "issues": ["incomplete", "wrong_tone"], "confidence": "low"},
        {"quality": 1, "expected_answer": "Paris.", "difficulty": "hard", "confidence": "medium"},
    )
    [row] = team.settled()
    assert row["values"] == {
        "quality": 4,
        "issues": ["incomplete"],
        "expected_answer": "Paris.",
        "confidence": None,
        "difficulty": None,
        "requires_context": None,
        "notes": None,
    }
    assert row["origin"]["quality"] == "majority"
    assert row["origin"]["expected_answer"] == "single"
    assert row["unsettled"] == ["confidence", "difficulty"]
    assert row["mean"] == {"quality": 3.0}
    assert (row["labels"], row["annotators"]) == (3, ["ada", "ben", "chi"])
    assert row["annotator_confidence"] == 0.5
    assert (row["expected_answer"], row["expected_from"]) == ("Paris.", "corrected")
    ids = [one["label_id"] for one in team.raw()]
    assert row["label_ids"]["quality"] == ids[:2]


def test_a_verdict_settles_what_people_are_split_on(team: Team) -> None:
    task_id = team.task({"quality": 1}, {"quality": 5})
    assert team.settled()[0]["unsettled"] == ["quality"]
    with team.store.write() as session:
        for revision, value in ((1, 3), (2, 2)):
            factories.verdict(session, task_id, "quality", value, [7], revision=revision)
    [row] = team.settled()
    assert (row["values"]["quality"], row["origin"]["quality"]) == (2, "adjudicated")
    assert row["label_ids"]["quality"] == [7]
    assert (row["unsettled"], row["mean"]["quality"]) == ([], 3.0)


def test_gold_qualification_and_repeats_settle_nothing(team: Team) -> None:
    team.task({"quality": 1}, purpose="gold")
    team.task({"quality": 1}, purpose="qualification")
    task_id = team.task({"quality": 4})
    with team.store.write() as session:
        again = factories.assignment(session, task_id, team.people["ada"], role="repeat", round=1)
        factories.label(session, task_id, team.people["ada"], {"quality": 1}, assignment_id=again)
    [row] = team.settled()
    assert (row["values"]["quality"], row["labels"]) == (4, 1)
    assert len(team.raw()) == 4


def test_a_person_has_one_vote_their_newest(team: Team) -> None:
    task_id = team.task({"quality": 4}, {"quality": 2})
    with team.store.write() as session:
        held = factories.assignment(session, task_id, team.people["ben"], role="import", round=-1)
        later = factories.NOON + timedelta(days=1)
        factories.label(
            session, task_id, team.people["ben"], {"quality": 4}, assignment_id=held,
            created_at=later,
        )  # fmt: skip
    [row] = team.settled()
    assert (row["values"]["quality"], row["origin"]["quality"]) == (4, "unanimous")
    assert row["labels"] == 2


def test_untouched_tags_say_none_but_an_imported_label_without_them_says_nothing(
    team: Team,
) -> None:
    team.task({"quality": 4})
    with team.store.write() as session:
        asked = factories.interaction(session)
        imported = factories.task(session, team.queue_id, asked, purpose="import")
        factories.label(session, imported, team.people["ada"], {"quality": 4}, role="import")
    served, brought = team.settled()
    assert (served["values"]["issues"], served["origin"]["issues"]) == ([], "single")
    assert (brought["values"]["issues"], brought["origin"]["issues"]) == (None, None)


def test_a_label_made_under_another_scale_keeps_its_row_and_has_no_vote(team: Team) -> None:
    narrow = [dict(factories.FIELDS[0]) | {"max": 3}, *factories.FIELDS[1:]]
    older = tuple(fields_from_json(narrow))
    forms = Forms(FIELDS, {FORM: FIELDS, "older": older})
    task_id = team.task({"quality": 5})
    with team.store.write() as session:
        form = factories.guideline(session, narrow, hash="older")
        factories.label(
            session, task_id, team.people["ben"], {"quality": 3, "difficulty": "easy"},
            guideline_id=form,
        )  # fmt: skip
    [row] = team.settled(forms=forms)
    assert (row["values"]["quality"], row["origin"]["quality"]) == (5, "single")
    assert (row["values"]["difficulty"], row["mean"]["quality"]) == ("easy", 5.0)
    assert row["guidelines"] == ["older", FORM]
    assert len(team.raw()) == 2


def test_a_field_whose_kind_changed_is_json_in_a_table() -> None:
    was = fields_from_json([{"kind": "text", "name": "quality", "label": "Q"},
                            {"kind": "boolean", "name": "dropped", "label": "D"}])  # fmt: skip
    columns = {one.name: one.kind for one in raw_columns(Forms(FIELDS, {"x": tuple(was)}))}
    assert columns["values.quality"] == "json"
    assert columns["values.dropped"] == "boolean"
    assert columns["values.issues"] == "texts"


def test_every_key_of_a_settled_row_is_in_its_table(team: Team) -> None:
    team.task({"quality": 4, "issues": ["wrong_tone"], "notes": "n", "requires_context": False})
    [row] = team.settled()
    columns = settled_columns(FORMS)
    assert {one.path[0] for one in columns} == set(row)
    cells = {one.name: one.value(row) for one in columns}
    assert cells["values.issues"] == ["wrong_tone"]
    assert cells["query"] == f"What about {row['interaction_id']}?"
    assert cells["response"] == f"This about {row['interaction_id']}."
    [said] = team.raw()
    assert {one.path[0] for one in raw_columns(FORMS)} == set(said)


def test_a_good_response_is_expected_only_where_it_is_the_only_one(team: Team) -> None:
    rule = Expected.parse("response-if-quality>=4", FIELDS)
    with team.store.write() as session:
        two = [{"id": "a", "text": "One"}, {"id": "b", "text": "Two"}]
        for responses in (two[:1], two, []):
            asked = factories.interaction(session, responses=responses)
            task_id = factories.task(session, team.queue_id, asked)
            factories.label(session, task_id, team.people["ada"], {"quality": 4})
    found = [(row["expected_answer"], row["expected_from"]) for row in team.settled(rule)]
    assert found == [("One", "response"), (None, None), (None, None)]


def test_settled_rows_carry_the_labels_when_asked(team: Team) -> None:
    team.task({"quality": 4}, {"quality": 2})
    [row] = team.settled(given=True)
    assert [(one["annotator"], one["values"]["quality"]) for one in row["given"]] == [
        ("ada", 4), ("ben", 2),
    ]  # fmt: skip
    assert "given" not in team.settled()[0]


def test_another_queue_and_chunk_borders_lose_and_double_nothing(store: Store) -> None:
    """An interaction that is drawn and imported straddles the border of two reads."""
    with store.write() as session:
        form = factories.guideline(session)
        queue_id = factories.queue(session, guideline_id=form)
        other = factories.queue(session, "other", guideline_id=form)
        ada = factories.account(session)
        wanted = []
        for number in range(CHUNK + 20):
            asked = factories.interaction(session)
            purposes = ("sample", "import") if number in (CHUNK - 1, CHUNK) else ("sample",)
            for purpose in purposes:
                made = factories.task(session, queue_id, asked, purpose=purpose)
                factories.label(session, made, ada, {"quality": 1})
                wanted.append(made)
            foreign = factories.task(session, other, asked)
            factories.label(session, foreign, ada, {"quality": 5})
    with store.read() as session:
        found = list(answered_tasks(session, queue_id, texts=False))
    assert [one.task_id for one in found] == wanted
    assert all([label.values for label in one.labels] == [{"quality": 1}] for one in found)
    assert "messages" not in found[0].interaction
