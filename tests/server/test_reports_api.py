"""Reports in the shapes of the public contract: every figure with n, interval or reason."""

from collections.abc import Iterator
from dataclasses import replace
from json import loads
from typing import Any

import pytest

from labeling.fields import Rating
from labeling.queues import sync_guidelines

REPORTS = ["progress", "agreement", "quality", "failures"]


def figures(found: Any, path: str = "") -> Iterator[tuple[str, dict]]:
    if isinstance(found, dict):
        if "value" in found and "ci" in found:
            yield path, found
            return
        for key, part in found.items():
            yield from figures(part, f"{path}.{key}")
    elif isinstance(found, list):
        for part in found:
            yield from figures(part, path)


def labelled(town, pairs: list[tuple[int, int]]) -> None:
    """Two annotators rate as many tasks."""
    town.queue(tasks=len(pairs), overlap=2)
    for place, name in enumerate(("ann", "ben")):
        client = town.client(name)
        for pair in pairs:
            number = client.post("/v1/queues/q/assignments").json()["assignment_id"]
            values = {"quality": pair[place], "issues": ["refusal"] if pair[place] < 3 else []}
            client.post(f"/v1/assignments/{number}/label", json={"values": values})


def ask(town, report: str, **query: str) -> dict:
    answer = town.client("lee").get(f"/v1/queues/q/{report}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_progress(town) -> None:
    labelled(town, [(4, 4), (2, 3)])
    told = ask(town, "progress")
    assert (told["tasks"], told["labels_needed"], told["labels_done"]) == (2, 4, 4)
    assert (told["remaining"], told["leased"]) == (0, 0)
    assert {row["name"]: row["labels"] for row in told["by_annotator"]} == {"ann": 2, "ben": 2}


def test_agreement(town) -> None:
    pairs = [(5, 5), (4, 4), (1, 1), (2, 3)]
    labelled(town, pairs)
    told = ask(town, "agreement", field="quality")
    assert (told["queue"], told["field"], told["scale"]) == ("q", "quality", "ordinal")
    assert (told["tasks"], told["labels"], told["annotators"]) == (4, 8, 2)
    assert told["coefficients"]["percent_agreement"]["value"] == pytest.approx(0.75)
    # by chance 1/16 each on 1, 4 and 5, so 3/16; kappa is what is beyond that: (12 - 3) / (16 - 3)
    assert told["coefficients"]["cohen_kappa"]["value"] == pytest.approx(9 / 13)
    (pair,) = told["pairs"]
    assert {pair["a"], pair["b"]} == {"ann", "ben"}
    assert pair["cohen_kappa"]["value"] == pytest.approx(9 / 13)


def test_agreement_within_a_segment_and_per_tag(town) -> None:
    labelled(town, [(5, 5), (1, 2), (4, 4), (2, 1)])
    assert ask(town, "agreement", field="quality", model="m-0")["tasks"] == 2
    tags = ask(town, "agreement", field="issues")["tags"]
    assert tags["refusal"]["coefficients"]["cohen_kappa"]["value"] == pytest.approx(1.0)
    assert tags["unsafe"]["coefficients"]["cohen_kappa"]["reason"]


@pytest.mark.parametrize("segment", ["model", "category"])
def test_a_segment_that_never_occurs_is_a_misspelling(sqlite_town, segment: str) -> None:
    labelled(sqlite_town, [(5, 5), (1, 2)])
    answer = sqlite_town.client("lee").get("/v1/queues/q/agreement", params={segment: "none"})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, segment)


def ask_otherwise(town, least: int) -> None:
    """Bring a version of the guideline in force whose ratings begin elsewhere."""
    guideline = town.house.guidelines["response-quality"]
    fields = [
        replace(
            one,
            min=least,
            words=None,
            meanings=None,
            examples=None,
            keys=(None,) * (one.max - least + 1),
        )
        if isinstance(one, Rating)
        else one
        for one in guideline.fields
    ]
    newer = replace(guideline, version="9", hash=f"from {least}", fields=tuple(fields))
    with town.house.store.write() as session:
        sync_guidelines(session, {newer.slug: newer}, town.house.clock())


def test_answers_to_an_older_question_are_left_out_and_counted(town) -> None:
    labelled(town, [(5, 5), (1, 2), (4, 4)])
    ask_otherwise(town, 0)
    told = ask(town, "agreement", field="quality")
    assert (told["tasks"], told["left_out"]) == (0, 6)
    assert ask(town, "agreement", field="issues")["tasks"] == 3  # asked as before
    quality = ask(town, "quality", field="quality")
    assert quality["labelled"] == 0
    assert quality["excluded"]["asked_otherwise"] == 6
    assert ask(town, "failures")["failure_rate"]["value"] is None
    ask_otherwise(town, 1)  # the first question again, by another version
    assert ask(town, "agreement", field="quality")["tasks"] == 3


def test_what_is_left_of_a_draw_after_the_question_changed_is_no_sample(sqlite_town) -> None:
    town = sqlite_town
    town.queue(tasks=60)
    ann = town.client("ann")

    def label(count: int) -> None:
        for _ in range(count):
            number = ann.post("/v1/queues/q/assignments").json()["assignment_id"]
            ann.post(f"/v1/assignments/{number}/label", json={"values": {"quality": 4}})

    label(30)
    assert ask(town, "quality")["estimate"]["value"] == pytest.approx(4)
    ask_otherwise(town, 0)
    label(30)
    told = ask(town, "quality")
    assert told["estimate"]["value"] is None
    assert told["estimate"]["reason"].startswith(
        "30 of the tasks served were asked another version"
    )
    assert told["unweighted_mean"]["value"] == pytest.approx(4)
    assert ask(town, "failures")["failure_rate"]["value"] is None
    assert all(one["rate"]["value"] == 0 for one in ask(town, "failures")["issues"])


def test_quality_and_failures(town) -> None:
    labelled(town, [(5, 5), (1, 1), (4, 4), (2, 2)])
    quality = ask(town, "quality", field="quality")
    assert (quality["population"], quality["labelled"]) == (4, 4)
    assert quality["estimate"]["value"] == pytest.approx(3.0)
    assert quality["unweighted_mean"]["value"] == pytest.approx(3.0)
    failures = ask(town, "failures")
    assert failures["threshold"] == 3
    assert failures["failure_rate"]["value"] == pytest.approx(0.5)
    assert failures["issues"][0]["tag"] == "refusal"
    assert failures["issues"][0]["count"] == 2
    models = failures["by"]["model"]
    assert sum(one["n"] for one in models.values()) == 4
    assert failures["issues"][0]["by"]["model"].keys() == models.keys()


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("tasks", [0, 3])
def test_what_is_undefined_says_why(town, report: str, tasks: int) -> None:
    town.queue(tasks=tasks)
    for path, figure in figures(ask(town, report)):
        if figure["value"] is None:
            assert figure["reason"], path
            assert figure["ci"] is None, path


@pytest.mark.parametrize("report", REPORTS)
def test_every_figure_has_n_and_an_interval_or_a_reason(sqlite_town, report: str) -> None:
    labelled(sqlite_town, [(5, 5), (1, 2), (4, 4), (3, 3), (2, 5)])
    for path, figure in figures(ask(sqlite_town, report)):
        assert isinstance(figure["n"], int), path
        if figure["ci"] is None:
            assert figure["reason"], path
        else:
            low, high = figure["ci"]
            assert low <= figure["value"] <= high, path


@pytest.mark.parametrize("report", REPORTS)
def test_no_such_queue(sqlite_town, report: str) -> None:
    answer = sqlite_town.client("lee").get(f"/v1/queues/none/{report}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("report", ["agreement", "quality"])
@pytest.mark.parametrize("field", ["colour", "notes"])
def test_no_such_field(sqlite_town, report: str, field: str) -> None:
    sqlite_town.queue(tasks=0)
    answer = sqlite_town.client("lee").get(f"/v1/queues/q/{report}", params={"field": field})
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == "field"


@pytest.mark.parametrize("report", REPORTS)
def test_a_misspelt_parameter_is_no_answer_to_another_question(sqlite_town, report: str) -> None:
    sqlite_town.queue(tasks=0)
    answer = sqlite_town.client("lee").get(f"/v1/queues/q/{report}", params={"feld": "quality"})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "feld")


def test_a_lead_reads_with_the_cookie_of_the_page(sqlite_town) -> None:
    sqlite_town.queue()
    assert sqlite_town.browser("lee").get("/v1/queues/q/progress").status_code == 200
    assert sqlite_town.browser("ann").get("/v1/queues/q/progress").status_code == 403


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("failures", {"depth": 3}, "depth"),
        ("failures", {"by": "model,colour"}, "by"),
        ("failures/tasks", {"where": "model"}, "where"),
        ("failures/tasks", {"where": "colour=red"}, "where"),
        ("failures/tasks", {"where": "model=none"}, "where"),
        ("failures/tasks", {"limit": 0}, "limit"),
    ],
)
def test_what_failures_cannot_be_looked_for_by_is_told(sqlite_town, path, query, field) -> None:
    labelled(sqlite_town, [(5, 5), (1, 2)])
    answer = sqlite_town.client("lee").get(f"/v1/queues/q/{path}", params=query)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)


def test_the_tasks_of_a_pattern_and_what_a_draw_is_told(town) -> None:
    labelled(town, [(5, 5), (1, 2), (4, 4), (2, 1)])
    told = ask(town, "failures/tasks", where="source=bot", limit="3")
    assert (told["labelled"], told["failures"], len(told["tasks"])) == (4, 2, 3)
    assert [one["failed"] for one in told["tasks"]] == [True, True, False]
    assert told["tasks"][0]["issues"] == ["refusal"]
    drawn = {"strategy": "random", "size": 1, "where": told["draw"]["where"]}
    answer = town.client("lee").post("/v1/queues/q/draws?dry_run=true", json=drawn)
    assert answer.status_code == 200, answer.text


def test_a_verdict_answers_for_labels_that_answered_an_older_question(sqlite_town) -> None:
    labelled(sqlite_town, [(5, 5), (1, 2), (4, 4)])
    ask_otherwise(sqlite_town, 0)
    listed = sqlite_town.client("lee").get("/v1/queues/q/tasks").text
    tasks = [loads(line)["task_id"] for line in listed.splitlines()]
    for done, task in enumerate(tasks, start=1):
        body = {"task_id": task, "values": {"quality": 3}, "reason": "asked anew"}
        answer = sqlite_town.client("lee").post("/v1/queues/q/verdicts", json=body)
        assert answer.status_code == 201, answer.text
        quality = ask(sqlite_town, "quality", field="quality")
        assert (quality["labelled"], quality["settled"]) == (done, done)
        assert quality["unweighted_mean"]["value"] == 3
        # of the tasks left some answered the older question alone: no estimate beside them
        assert quality["estimate"]["value"] == (3 if done == len(tasks) else None)


def test_rates_of_a_census_hold_the_noise_of_labels_before_and_after_a_verdict(sqlite_town) -> None:
    labelled(sqlite_town, [(2, 3), (2, 2), *[(4, 4)] * 8])
    before = ask(sqlite_town, "failures")["failure_rate"]
    assert before["value"] == pytest.approx(0.2)
    assert before["ci"][0] < 0.15 < 0.25 < before["ci"][1]
    (apart,) = sqlite_town.client("lee").get("/v1/queues/q/disagreements").json()["tasks"]
    body = {"task_id": apart["task_id"], "values": {"quality": 2, "issues": []}, "reason": "half"}
    answer = sqlite_town.client("lee").post("/v1/queues/q/verdicts", json=body)
    assert answer.status_code == 201, answer.text
    after = ask(sqlite_town, "failures")
    assert after["failure_rate"]["ci"][0] < 0.15 < 0.25 < after["failure_rate"]["ci"][1]
    low, high = ask(sqlite_town, "quality")["estimate"]["ci"]
    assert high - low > 0.05


def test_an_issue_is_counted_where_its_rate_sees_it(sqlite_town) -> None:
    labelled(sqlite_town, [(1, 1), (1, 4), (4, 4)])

    def issue() -> tuple[int, float, int]:
        told = ask(sqlite_town, "failures")
        (one,) = (one for one in told["issues"] if one["tag"] == "refusal")
        return one["count"], one["rate"]["value"], told["settled"]

    assert issue() == (2, 0.5, 0)
    (apart,) = sqlite_town.client("lee").get("/v1/queues/q/disagreements").json()["tasks"]
    body = {"task_id": apart["task_id"], "values": {"quality": 4, "issues": []}, "reason": "fine"}
    answer = sqlite_town.client("lee").post("/v1/queues/q/verdicts", json=body)
    assert answer.status_code == 201, answer.text
    assert issue() == (1, pytest.approx(1 / 3), 1)
