"""Passages on the lead's pages: quoted in the list, and settled however many there are."""

from typing import Any

from storage.types import encode_json
from tests import factories
from tests.server.pages.test_lead import Ask, ask, page

__all__ = ["ask"]

FORM = [
    {"kind": "spans", "name": "where", "label": "Where?",
     "options": [{"value": "wrong", "label": "Wrong fact"}]}
]  # fmt: skip
TEXT = "The fee is 12 euros. " * 60


def marked(start: int) -> dict[str, Any]:
    return {"in": "response", "start": start, "end": start + 7, "tag": "wrong"}


def disputed(town: Any, said: dict[str, list[dict[str, Any]]]) -> str:
    with town.house.store.write() as session:
        queue = factories.queue(session, "spans", factories.guideline(session, FORM), overlap=2)
        about = factories.interaction(session, "one", responses=[{"id": "r", "text": TEXT}])
        task = factories.task(session, queue, about)
        for slot, (who, spans) in enumerate(said.items()):
            person = factories.account(session, who)
            held = factories.assignment(session, task, person, slot=slot)
            factories.label(session, task, person, {"where": spans}, assignment_id=held)
    return str(task)


def test_the_list_of_disagreements_quotes_passages(ask: Ask, sqlite_town: Any) -> None:
    disputed(sqlite_town, {"amy": [marked(0)], "bo": [marked(4)]})
    shown = page(ask("lee", "show", queue="spans", section="disagreements"))
    assert "Wrong fact “The fee” (0 to 7)" in shown
    assert "Wrong fact “fee is” (4 to 11)" in shown


def test_an_answer_of_many_passages_can_be_settled_as_it_was_given(
    ask: Ask, sqlite_town: Any
) -> None:
    many = [marked(start) for start in range(0, 1000, 10)]
    task = disputed(sqlite_town, {"amy": many, "bo": [marked(3)]})
    told = encode_json(many)
    assert len(told) > 4_000
    answer = ask("lee", "settle_here", queue="spans", task=task, field__where=told, seen__where="0")
    assert answer.get("said") == "Settled.", answer
    listed = page(ask("lee", "show", queue="spans", section="disagreements"))
    assert "Everything that people differed on has a verdict." in listed
