"""The quality number by REST: judge, known totals, segments, skips, plan."""

import random
from dataclasses import replace
from typing import Any

import pytest

from labeling.draws import DrawRequest, draw_into
from labeling.fields import Rating
from labeling.queues import sync_guidelines
from storage.ingest import ingest_rows

WORD = {True: "pass", False: "fail"}


def quality_of(number: int) -> int:
    """A rating of 1 to 5; a fifth fails."""
    return random.Random(number).choice([1, 2, 3, 3, 4, 4, 4, 5, 5, 5])


def traffic(town: Any, count: int = 500, tasks: int = 160, *, skipping: int = 0) -> None:
    """Interactions with segments, a queue with a random draw, everything drawn labelled."""
    town.queue(tasks=0)
    rows = [
        {
            "id": f"r{number}",
            "source": ("web", "phone")[number % 2],
            "query": f"Question {number}?",
            "response": f"Answer {number}.",
            "model": f"m-{number % 2}",
            "category": ("billing", "travel", "other")[number % 3],
            "confidence": round(quality_of(number) / 5 - random.Random(-number).random() / 5, 2),
            "tags": ["faq", "long"][: number % 3],
            "created_at": f"2026-10-{1 + number % 28:02}T10:00:00Z",
        }
        for number in range(count)
    ]
    ingest_rows(town.house.store, enumerate(rows), source="web", clock=town.clock)
    town.clock.pass_(seconds=1)
    draw_into(town.house.store, "q", DrawRequest("random", size=tasks), clock=town.clock)
    ann = town.client("ann")
    for place in range(tasks):
        answer = ann.post("/v1/queues/q/assignments").json()
        number = int(answer["task"]["interaction_id"][1:])
        path = f"/v1/assignments/{answer['assignment_id']}"
        if place < skipping:
            ann.post(f"{path}/skip", json={"reason": "too hard"})
        else:
            ann.post(f"{path}/label", json={"values": {"quality": quality_of(number)}})


def judge(town: Any, count: int = 500, *, version: str = "v1", name: str = "judge") -> None:
    """A judge that is nearly right."""
    rows = [
        {
            "source": ("web", "phone")[number % 2],
            "interaction_id": f"r{number}",
            "name": name,
            "kind": "judge",
            "version": version,
            "value": min(
                max((quality_of(number) - 1) / 4 + random.Random(number + 7).uniform(-0.2, 0.2), 0),
                1,
            ),
        }
        for number in range(count)
    ]
    answer = town.client("eng").post("/v1/scores", json=rows)
    assert answer.json()["accepted"] == count, answer.text


def ask(town: Any, report: str, **query: Any) -> Any:
    answer = town.client("lee").get(f"/v1/queues/q/{report}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def width(figure: dict[str, Any]) -> float:
    return figure["ci"][1] - figure["ci"][0]


def test_a_judge_saves_labels(town) -> None:
    traffic(town)
    assert ask(town, "quality")["judge"] is None
    assert ask(town, "judge")["judge"] is None
    judge(town)
    told = ask(town, "quality")["judge"]
    assert told["used"]
    assert (told["name"], told["versions"], told["unscored"]) == ("judge", {"v1": 500}, 0)
    assert width(told["estimate"]) < 0.8 * width(told["without"])
    truth = sum(quality_of(number) for number in range(500)) / 500
    low, high = told["estimate"]["ci"]
    assert low < truth < high
    saved = round(told["saves"]["value"])
    assert saved > 100
    assert told["sentence"] == f"Your judge saves you {saved} labels."
    assert told["warnings"] == []


def test_how_far_a_judge_can_be_believed(sqlite_town) -> None:
    traffic(sqlite_town)
    judge(sqlite_town)
    told = ask(sqlite_town, "judge", field="quality")["judge"]
    assert told["labelled"] == 160
    assert (told["passes_from"], told["higher_is_worse"]) == (0.5, False)
    assert set(told["agreement"]) == {"accuracy", "cohen_kappa", "sensitivity", "specificity"}
    assert told["agreement"]["accuracy"]["value"] > 0.7
    assert sum(one["n"] for one in told["calibration"]["bins"]) == 160
    assert told["calibration"]["error"]["ci"] is not None
    assert told["drift"]["drifts"] is False
    higher = ask(sqlite_town, "judge", passes=0.9)["judge"]
    assert higher["passes_from"] == 0.9
    assert higher["agreement"]["sensitivity"]["value"] >= told["agreement"]["sensitivity"]["value"]


def test_a_judge_that_was_changed_or_saw_only_a_part_is_warned_of(sqlite_town) -> None:
    traffic(sqlite_town)
    judge(sqlite_town, 400)
    sqlite_town.clock.pass_(seconds=1)
    judge(sqlite_town, 100, version="v2")
    told = ask(sqlite_town, "judge")["judge"]
    assert told["versions"] == {"v1": 300, "v2": 100}
    assert any("not frozen" in one for one in told["warnings"])
    assert any(one.startswith("100 interactions (20 %)") for one in told["warnings"])


def test_two_judges_and_one_that_is_not_there(sqlite_town) -> None:
    traffic(sqlite_town, tasks=30)
    judge(sqlite_town, 20, name="small")
    judge(sqlite_town, name="whole")
    assert ask(sqlite_town, "judge")["judges"] == ["small", "whole"]
    assert ask(sqlite_town, "judge")["judge"]["name"] == "whole"
    told = ask(sqlite_town, "judge", name="small")["judge"]
    assert (told["name"], told["used"]) == ("small", False)
    assert "Your judge saves you no labels yet" in told["sentence"]
    answer = sqlite_town.client("lee").get("/v1/queues/q/judge", params={"name": "other"})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "name")


def test_known_totals_narrow_the_interval(town) -> None:
    traffic(town)
    plain = ask(town, "quality")
    met = ask(town, "quality", poststratify="confidence")
    assert (plain["poststratified"]["by"], met["poststratified"]["by"]) == (None, "confidence")
    assert sum(met["poststratified"]["totals"].values()) == 500
    assert len(met["poststratified"]["totals"]) == 4
    assert width(met["estimate"]) < 0.9 * width(plain["estimate"])
    assert "known totals" in met["estimate"]["method"]
    by_category = ask(town, "quality", poststratify="category")["poststratified"]
    assert by_category["totals"] == {"billing": 167, "travel": 167, "other": 166}
    answer = town.client("lee").get("/v1/queues/q/quality", params={"poststratify": "colour"})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "poststratify")


def test_every_segment_has_its_estimate(sqlite_town) -> None:
    traffic(sqlite_town)
    told = ask(sqlite_town, "quality")["by"]
    assert set(told) == {"category", "model", "source", "week", "tags"}
    assert set(told["source"]) == {"web", "phone"}
    assert set(told["tags"]) == {"faq", "long"}
    assert told["tags"]["faq"]["n"] > told["tags"]["long"]["n"]
    assert set(told["week"]) == {"2026-W40", "2026-W41", "2026-W42", "2026-W43", "2026-W44"}
    assert sum(figure["n"] for figure in told["week"].values()) == 160
    only = ask(sqlite_town, "quality", by="model,tags")["by"]
    assert set(only) == {"model", "tags"}
    answer = sqlite_town.client("lee").get("/v1/queues/q/quality", params={"by": "colour"})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "by")


def test_skips_are_counted_weighted_and_warned_of(sqlite_town) -> None:
    traffic(sqlite_town, skipping=40)
    told = ask(sqlite_town, "quality")["response"]
    assert told["rate"]["value"] == pytest.approx(0.75)
    assert told["rate"]["n"] == 160
    assert len(told["by_confidence"]) == 4
    assert told["warning"].startswith("25 % of the tasks")


def test_what_no_draw_could_reach_is_told(sqlite_town) -> None:
    traffic(sqlite_town, tasks=30)
    sqlite_town.interactions(100, source="later")
    told = ask(sqlite_town, "quality")["not_covered"]
    assert (told["interactions"], told["share"]) == (100, pytest.approx(1 / 6))


def test_a_plan_uses_what_the_labels_say(town) -> None:
    town.queue(tasks=0)
    before = ask(town, "plan", change=0.5)
    assert before["assumed"]
    assert (before["value"], before["sd"]) == (3.0, 2.0)
    # Cohen: 2 (1.96 + 0.84)^2 sd^2 / d^2
    assert before["change"]["labels"] == 252


def test_a_judge_makes_a_plan_cheaper(sqlite_town) -> None:
    traffic(sqlite_town)
    plain = ask(sqlite_town, "plan", change=0.25, half_width=0.1)
    judge(sqlite_town)
    helped = ask(sqlite_town, "plan", change=0.25, half_width=0.1)
    assert plain["judge_worth"] == 1
    assert helped["judge_worth"] > 1.5
    assert helped["change"]["labels"] < 0.7 * plain["change"]["labels"]
    labels = plain["change"]["labels"]
    assert plain["change"]["sentence"].startswith(
        f"To see a change of 0.25 with 80 % power, label {labels} before"
    )
    assert plain["label_worth"] == pytest.approx(1, abs=0.1)
    more = ask(sqlite_town, "plan", change=0.25, power=0.95)
    assert more["change"]["labels"] > 1.5 * helped["change"]["labels"]


@pytest.mark.parametrize(
    ("name", "value"), [("change", 0), ("change", 9), ("power", 1), ("half_width", -1)]
)
def test_a_plan_that_cannot_be_names_the_number(sqlite_town, name: str, value: float) -> None:
    sqlite_town.queue(tasks=0)
    answer = sqlite_town.client("lee").get("/v1/queues/q/plan", params={name: value})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, name)


def test_annotators_see_neither(sqlite_town) -> None:
    sqlite_town.queue(tasks=0)
    for report in ("judge", "plan"):
        assert sqlite_town.client("ann").get(f"/v1/queues/q/{report}").status_code == 403


def stricter(town: Any) -> None:
    """The guideline with a rating that fails below 4."""
    known = town.house.guidelines["response-quality"]
    fields = tuple(
        replace(one, failure_below=4) if isinstance(one, Rating) else one for one in known.fields
    )
    changed = replace(known, fields=fields, hash="2" * 64, version="strict")
    town.house.guidelines["response-quality"] = changed
    with town.house.store.write() as session:
        sync_guidelines(session, {changed.slug: changed}, town.clock.now)


def test_a_judge_that_rates_the_higher_the_worse_is_read_mirrored(sqlite_town) -> None:
    stricter(sqlite_town)
    traffic(sqlite_town)
    rows = [
        {
            "source": ("web", "phone")[number % 2],
            "interaction_id": f"r{number}",
            "name": "harm",
            "kind": "judge",
            "value": 6 - quality_of(number),
        }
        for number in range(500)
    ]
    sqlite_town.client("eng").post("/v1/scores", json=rows)
    told = ask(sqlite_town, "judge")["judge"]
    assert (told["passes_from"], told["higher_is_worse"]) == (2, True)
    assert told["agreement"]["accuracy"]["value"] == 1
