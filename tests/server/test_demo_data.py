"""The example data: varied, valid against the form, plainly marked, and free of real names."""

import json
import re
import tomllib
from collections import Counter, defaultdict
from datetime import datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from sklearn.metrics import cohen_kappa_score

from labeling.fields import Subject
from server.demo.load import FORMS

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "server" / "demo"
TAGS = {
    "hallucination",
    "irrelevant",
    "unsafe",
    "poor_formatting",
    "incomplete",
    "wrong_tone",
    "refusal",
}
COMPANIES = (
    "adobe|airbnb|amazon|android|anthropic|apple|arduino|autodesk|chatgpt|claude|facebook|gemini|"
    "github|google|ikea|instagram|iphone|kindle|kobo|microsoft|mistral|netflix|nvidia|openai|"
    "overdrive|paypal|prusa|raspberry|samsung|spotify|tiktok|twitter|whatsapp|wikipedia|youtube"
)
FIRST_NAMES = (
    "john|mary|james|anna|peter|maria|thomas|michael|sarah|david|julia|paul|laura|hans|pierre|"
    "marie|juan|carlos|ahmed|fatima|yuki|hiroshi|piotr|katarzyna"
)

Row = dict[str, Any]


def read(name: str) -> list[Row]:
    return [json.loads(line) for line in (DEMO / name).read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def interactions() -> list[Row]:
    return read("interactions.jsonl")


@pytest.fixture(scope="module")
def labels() -> list[Row]:
    return read("labels.jsonl")


@pytest.fixture(scope="module")
def form() -> dict[str, Row]:
    text = (ROOT / "guidelines" / "response-quality" / "fields.toml").read_text(encoding="utf-8")
    return {field["name"]: field for field in tomllib.loads(text)["fields"]}


def ratings_of(labels: list[Row]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in labels:
        found[row["interaction_id"]][row["annotator"]] = row["values"]["quality"]
    return found


def value_fits(field: Row, value: object) -> bool:
    options = {option["value"] for option in field.get("options", [])}
    match field["kind"]:
        case "rating":
            return type(value) is int and field["min"] <= value <= field["max"]
        case "tags":
            return (
                isinstance(value, list) and set(value) <= options and len(set(value)) == len(value)
            )
        case "choice":
            return value in options
        case "boolean":
            return isinstance(value, bool)
        case _:
            longest = field.get("max_chars", 20_000)
            return isinstance(value, str) and 0 < len(value.strip()) <= longest


def test_there_are_enough_interactions_with_ids_of_their_own(interactions: list[Row]) -> None:
    ids = [(row["source"], row["id"]) for row in interactions]
    assert len(ids) >= 66
    assert len(set(ids)) == len(ids)
    questions = [row.get("query") or json.dumps(row["messages"]) for row in interactions]
    assert len(set(questions)) == len(questions)
    assert len({row["response"] for row in interactions}) == len(interactions)


def test_interactions_have_the_shape_of_an_arrival(interactions: list[Row]) -> None:
    for row in interactions:
        assert ("query" in row) != ("messages" in row), row["id"]
        assert row["response"].strip(), row["id"]
        assert all(isinstance(passage, str) for passage in row["context"])
        assert 0 <= row["confidence"] <= 1
        assert row.get("feedback", {"score": 0.0})["score"] in (0.0, 1.0)
        assert 1 <= row.get("scores", {"judge": 1})["judge"] <= 5
        assert row["latency_ms"] > 0
        assert row["cost_usd"] > 0
        assert row["usage"]["output_tokens"] > 0
        at = datetime.fromisoformat(row["created_at"])
        assert at.tzinfo is not None
        assert (at.year, at.month) == (2026, 11)


def test_interactions_are_varied(interactions: list[Row]) -> None:
    conversations = [row["messages"] for row in interactions if "messages" in row]
    roles = [[message["role"] for message in messages] for messages in conversations]
    responses = [row["response"] for row in interactions]
    assert sum(one.count("user") > 1 for one in roles) >= 3
    assert sum("system" in one for one in roles) >= 5
    assert sum("tool" in one for one in roles) >= 2
    assert any(message.get("tool_calls") for one in conversations for message in one)
    for language in ("python", "sql", "bash"):
        assert any(f"```{language}" in response for response in responses), language
    assert sum("|---|" in response for response in responses) >= 3
    assert sum(1_500 <= len(response) <= 4_000 for response in responses) >= 3
    assert any("\U0001f300" <= sign <= "\U0001faff" for sign in "".join(responses))
    assert {row["metadata"]["locale"] for row in interactions} >= {
        "en",
        "de",
        "es",
        "fr",
        "ja",
        "ar",
        "pl",
    }
    assert any("\u0600" <= sign <= "\u06ff" for sign in "".join(responses))
    assert len({row["category"] for row in interactions}) >= 6
    assert len({row["model"] for row in interactions}) == 2
    assert {row["variant"] for row in interactions} == {"A", "B"}


def test_signals_are_there_and_imperfect(interactions: list[Row], labels: list[Row]) -> None:
    flags = Counter(flag for row in interactions for flag in row["flags"])
    assert {"too_short", "refusal_detected", "no_context_used", "language_mismatch"} <= set(flags)
    share = sum("feedback" in row for row in interactions) / len(interactions)
    assert 0.3 <= share <= 0.5
    assert sum("comment" in row.get("feedback", {}) for row in interactions) >= 5
    lowest = {name: min(given.values()) for name, given in ratings_of(labels).items()}
    good = [row for row in interactions if lowest.get(row["id"], 0) >= 4]
    poor = [row for row in interactions if lowest.get(row["id"], 9) <= 2]
    mean = {
        name: sum(row["confidence"] for row in rows) / len(rows)
        for name, rows in (("good", good), ("poor", poor))
    }
    assert mean["good"] > mean["poor"]
    assert max(row["confidence"] for row in poor) > min(row["confidence"] for row in good)
    assert any(row["flags"] for row in good)
    assert any(not row["flags"] for row in poor)
    for model in ("brook-large", "brook-mini"):
        assert {model} <= {row["model"] for row in good} & {row["model"] for row in poor}


def test_example_data_is_marked_as_such(interactions: list[Row], labels: list[Row]) -> None:
    assert all(row["metadata"]["example_data"] is True for row in interactions)
    note = (DEMO / "README.md").read_text(encoding="utf-8")
    assert note.startswith("# Example data")
    assert "The ratings are invented" in note
    assert "no figure computed from them is evidence of anything" in note
    assert f"| {len(interactions)} interactions " in note
    assert f"| {len(labels)} labels on {len(ratings_of(labels))} of them " in note


def test_the_other_forms_have_what_they_ask_about() -> None:
    rows = read("forms.jsonl")
    assert all(row["metadata"]["example_data"] is True for row in rows)
    by_source = defaultdict(list)
    for row in rows:
        by_source[row["source"]].append(row)
    assert {len(rows) for rows in by_source.values()} == {4}
    assert {source for _, source in FORMS.values()} == set(by_source)
    assert all(len(row["responses"]) == 2 for row in by_source["millrace-pairs"])
    assert all(row["context"] for row in by_source["millrace-claims"])
    for row in by_source["millrace-chats"]:
        assert len(Subject.of(row).turns_of(("assistant",))) > 2


def test_nothing_real_is_named(interactions: list[Row], labels: list[Row]) -> None:
    text = json.dumps(interactions + labels + read("forms.jsonl"), ensure_ascii=False)
    assert not re.search(rf"\b({COMPANIES}|{FIRST_NAMES})\b", text.casefold())
    assert not re.search(r"[\w.+-]+@[\w-]+\.\w+", text)
    assert not re.search(r"https?://|www\.", text)
    assert not re.search(r"\+\d{1,3}[ \d/-]{7,}", text)


def test_every_label_is_valid_against_the_form(
    interactions: list[Row], labels: list[Row], form: dict[str, Row]
) -> None:
    asked = {row["id"]: row for row in interactions}
    required = {name for name, field in form.items() if field.get("required")}
    assert required == {"quality"}
    for row in labels:
        place = (row["interaction_id"], row["annotator"])
        assert required <= set(row["values"]), place
        for name, value in row["values"].items():
            assert value_fits(form[name], value), (*place, name)
        target = asked[row["interaction_id"]]
        assert row["source"] == target["source"]
        assert row["created_at"] > target["created_at"]
        assert row["seconds"] > 0


def test_labels_are_spread_over_people_tags_and_fields(
    interactions: list[Row], labels: list[Row], form: dict[str, Row]
) -> None:
    assert {option["value"] for option in form["issues"]["options"]} == TAGS
    people = ratings_of(labels)
    assert {row["annotator"] for row in labels} == {"ada", "ben", "chloe"}
    assert len({(row["interaction_id"], row["annotator"]) for row in labels}) == len(labels)
    assert set(people) == {row["id"] for row in interactions}
    sizes = Counter(len(given) for given in people.values())
    assert set(sizes) == {2, 3}
    assert 0.2 <= sizes[3] / len(people) <= 0.33
    assert {tag for row in labels for tag in row["values"]["issues"]} == TAGS
    assert {row["values"]["quality"] for row in labels} == {1, 2, 3, 4, 5}
    for name in ("confidence", "difficulty"):
        options = {option["value"] for option in form[name]["options"]}
        assert {row["values"][name] for row in labels} == options


def test_most_failures_have_a_corrected_answer(interactions: list[Row], labels: list[Row]) -> None:
    said = {row["id"]: row["response"] for row in interactions}
    failed = {row["interaction_id"] for row in labels if row["values"]["quality"] <= 2}
    corrected = {
        row["interaction_id"]: row["values"]["expected_answer"]
        for row in labels
        if "expected_answer" in row["values"]
    }
    assert set(corrected) <= failed
    assert len(corrected) >= 0.8 * len(failed)
    assert all(len(text) >= 40 and text != said[name] for name, text in corrected.items())


def pooled_kappa(pairs: dict[tuple[str, str], list[tuple[int, int]]], weights: str | None) -> float:
    """The mean over pairs, weighted by shared tasks: what the agreement report puts on top."""
    total = sum(len(shared) for shared in pairs.values())
    kappa = 0.0
    for shared in pairs.values():
        a, b = zip(*shared, strict=True)
        one = cohen_kappa_score(a, b, labels=[1, 2, 3, 4, 5], weights=weights)
        kappa += len(shared) / total * float(one)
    return kappa


def test_annotators_disagree_the_way_people_do(labels: list[Row]) -> None:
    given = ratings_of(labels)
    pairs = {
        (a, b): [(one[a], one[b]) for one in given.values() if a in one and b in one]
        for a, b in combinations(("ada", "ben", "chloe"), 2)
    }
    assert min(len(shared) for shared in pairs.values()) >= 40
    # Wide on purpose: what real teams reach, not the figure that these labels happen to give.
    assert 0.5 <= pooled_kappa(pairs, "quadratic") <= 0.9
    assert 0.2 <= pooled_kappa(pairs, None) <= 0.7
    gaps = Counter(abs(a - b) for shared in pairs.values() for a, b in shared)
    assert gaps[1] > gaps[2] + gaps[3] + gaps[4] > 0
    mean = {
        name: sum(one[name] for one in given.values() if name in one)
        / sum(name in one for one in given.values())
        for name in ("ada", "ben", "chloe")
    }
    assert mean["ada"] < mean["chloe"] < mean["ben"]
    far = {name for name, one in given.items() if max(one.values()) - min(one.values()) >= 2}
    explained = {row["interaction_id"] for row in labels if "notes" in row["values"]}
    assert far <= explained
