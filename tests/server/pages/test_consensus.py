"""The section of consensus: what a lead reads first, what it warns of, and keeping by a button."""

import re
from typing import Any

import pytest

from server.pages.sections import consensus
from tests.server.pages.test_lead import Ask, ask, label_all, page
from tests.server.pages.test_sections import EVIL, fig

__all__ = ["ask"]


def known(tasks: int, said: float = 0.97, right: float = 0.8) -> dict[str, Any]:
    return {
        "tasks": tasks, "labels_per_task": 3.0, "right": fig(right if tasks else None, tasks),
        "mean_certainty": said, "honest": abs(said - right) < 0.05, "levels": [],
    }  # fmt: skip


def report(**changed: Any) -> dict[str, Any]:
    return {
        "queue": EVIL, "field": "quality", "method": "dawid_skene", "why_majority": None,
        "at_least": 0.95, "tasks": 100, "labels": 280, "annotators": 4, "settled": 80, "open": 12,
        "tied": 3, "single": 5, "kept": 2, "tags": {}, "converged": True, "rounds": 14,
        "shares": {"yes": fig(0.5)},
        "by_annotator": [{"annotator": EVIL, "labels": 90, "accuracy": fig(0.7)}],
        "against": {"gold": known(0), "adjudicated": known(60)},
        "worst": [{"task_id": "7", "interaction_id": EVIL, "source": EVIL, "field": "quality",
                   "value": None, "certainty": 0.51, "state": "open", "votes": {EVIL: 1, "4": 1}}],
    } | changed  # fmt: skip


def drawn(**changed: Any) -> str:
    choice = consensus.Choice({"quality": EVIL}, {"tone": EVIL}, EVIL)
    return str(consensus.consensus(report(**changed), choice))


def text(made: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", made))


def test_the_first_line_says_how_much_is_settled() -> None:
    assert "80 of 95 tasks with two labels or more are settled." in text(drawn())
    only = drawn(tasks=5, settled=0, open=0, tied=0, worst=[])
    assert "nothing to agree on yet" in only
    assert "keep_consensus" not in only


def test_certainty_that_does_not_hold_is_said_in_words() -> None:
    seen = text(drawn())
    assert "On 60 tasks that a person settled it was 97.0 % sure and 80.0 % right" in seen
    assert "do not read its certainty as a chance" in seen
    holds = text(drawn(against={"gold": known(40, 0.82), "adjudicated": known(0)}))
    assert "its certainty holds there" in holds
    few = text(drawn(against={"gold": known(4), "adjudicated": known(0)}))
    assert "too few to say" in few
    exact = "Right means the very answer that is known"
    assert exact in seen
    nothing = drawn(against={"gold": known(0), "adjudicated": known(0)})
    assert exact not in nothing
    assert "Nothing here tells how often these answers are right" in nothing


def test_names_and_answers_stay_text_also_of_tags() -> None:
    block = {key: report()[key] for key in ("shares", "by_annotator", "against")}
    for made in (drawn(), drawn(tags={"tone": block, EVIL: block}), drawn(why_majority="why")):
        assert "<img" not in made
        assert "\u202e" not in text(made)
        ids = re.findall(r' id="([^"]+)"', made)
        assert len(ids) == len(set(ids))


@pytest.mark.parametrize("field", [None, "issues"])
def test_a_lead_sees_it_and_keeps_it(ask: Ask, sqlite_town: Any, field: str | None) -> None:
    sqlite_town.queue("q", tasks=4, overlap=2)
    answer = {"quality": 4, "issues": ["refusal"]}
    label_all(
        sqlite_town,
        "q",
        {"ann": lambda _n: answer, "ben": lambda n: {**answer, "quality": 4 - n % 2}},
    )
    asked = {"queue": "q", "section": "consensus"} | ({"field": field} if field else {})
    seen = text(page(ask("lee", "show", **asked)))
    settled = 4 if field else 2
    assert f"{settled} of 4 tasks with two labels or more are settled." in seen
    assert "Fewer than three people" in seen
    told = {"queue": "q", "field": field or "quality", "method": "majority"}
    assert ask("lee", "keep_consensus", **told)["said"].startswith(f"{settled} verdicts kept")
    assert f"{settled} verdicts kept so far" in text(page(ask("lee", "show", **asked)))


def test_the_rule_of_further_labels_is_set_and_cleared_on_the_page(
    ask: Ask, sqlite_town: Any
) -> None:
    sqlite_town.queue("q", tasks=2, overlap=2)
    told = {"queue": "q", "overlap": "2", "overlap_until": "95", "overlap_at_most": "5"}
    assert ask("lee", "change_queue", **told)["said"] == "Rules saved."
    assert "more where unsure" in page(ask("lee", "show", queue="q", section="rules"))
    wrong = ask("lee", "change_queue", **{**told, "overlap_at_most": "2"})
    assert wrong["error"]["field"] == "overlap_until"
    ask("lee", "change_queue", **{**told, "overlap_until": ""})
    assert "more where unsure" not in page(ask("lee", "show", queue="q", section="rules"))
