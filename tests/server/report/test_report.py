"""The report that is passed on: what it says in words, as Markdown, as one HTML file."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest

from server.cli.reports import quality_text
from server.report import FORMATS, report

EVIL = "<img src=x onerror=alert(1)> [a](javascript:1) | `x` \u202e\n# Fired"


def fig(value: float | None = 0.4, n: int = 40) -> dict[str, Any]:
    if value is None:
        return {"value": None, "ci": None, "n": n, "reason": "too few labels"}
    return {"value": value, "ci": [value / 2, value * 1.2], "n": n, "method": "weighted mean"}


def found(**changed: Any) -> dict[str, Any]:
    """An overview as the rooms below make it, with a hostile text wherever one can be."""
    return {
        "queue": EVIL,
        "as_of": datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
        "words": {"quality": "How good?", "tone": EVIL},
        "scales": {"quality": [1, 5]},
        "guideline": {"slug": "g", "version": EVIL, "hash": "0", "title": EVIL},
        "progress": {
            "labels_done": 80, "labels_needed": 90, "imported_tasks": 2,
            "by_annotator": [{"name": EVIL, "labels": 80, "imported": 0}],
        },
        "quality": {
            "field": "quality", "population": 900, "labelled": 40, "effective_n": 31.5,
            "estimate": fig(3.5), "unweighted_mean": fig(3.1), "rates": {EVIL: fig()},
            "by": {"model": {EVIL: fig(3.0)}, "category": {EVIL: fig(None)}},
            "excluded": {"skipped_tasks": 10},
        },
        "failures": {
            "field": "quality", "threshold": 3, "failure_rate": fig(0.2),
            "issues": [{"tag": "tone", "count": 3, "rate": fig(0.1), "by": {}}],
            "by": {"model": {EVIL: fig(0.3)}},
            "patterns": [
                {"where": {"model": EVIL}, "lift": 2.0, "rate": fig(), "q_value": 0.01, "tasks": 9,
                 "failures": 5},
                {"where": {"model": "m"}, "lift": 3.0, "rate": fig(), "q_value": 0.3, "tasks": 9,
                 "failures": 5},
            ],
        },
        "agreement": {
            "tasks": 30, "annotators": 2,
            "coefficients": {"percent_agreement": fig(0.7), "cohen_kappa": fig(None)},
        },
        "disagreements": {"open": 4, "settled": 1},
        "questions_open": 1,
        "notes_open": 0,
    } | changed  # fmt: skip


class _Seen(HTMLParser):
    """Tags and attributes of a page, and its text outside of style."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [str(value) for key, value in attrs if key in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def seen(**changed: Any) -> _Seen:
    parser = _Seen()
    parser.feed(FORMATS["html"].write(found(**changed)))
    return parser


def test_a_reader_in_a_hurry_is_told_what_matters_first() -> None:
    short = report(found()).short
    assert short[0] == (
        "How good? 3.50 [1.75 to 4.20] on a scale of 1 to 5, over 900 interactions. "
        "In brackets, here and below: where the truth lies, 95 times in 100."
    )
    assert short[1] == (
        "20.0 % [10.0 to 24.0 %] of the answers fail: rated below 3 by the mean of a task's labels "
        "(a 2 and a 3 fail), on “How good?”."
    )
    assert "10.0 % [5.0 to 12.0 %]" in short[2]
    assert "2.0 times the average" in short[3]
    assert short[4].startswith("Two people give the same answer on 70.0 %")
    assert short[5] == "Waiting for the lead: 4 disagreements, 1 question."


def test_what_is_not_known_is_said_and_not_guessed() -> None:
    told = found()
    told["quality"] |= {"estimate": fig(None), "by": {}}
    told["failures"] |= {"failure_rate": fig(None), "issues": [], "patterns": [], "by": {}}
    told["agreement"] |= {"tasks": 0}
    short = report(told).short
    assert short[0] == "There is no estimate for all traffic: too few labels."
    assert not any("fail" in one for one in short)
    text = FORMATS["markdown"].write(told)
    assert "nothing is known of how far they agree" in text


def test_only_segments_that_stand_out_are_named() -> None:
    text = FORMATS["markdown"].write(found())
    assert "3.0 times" not in text
    assert "Failures by category" not in text
    assert "too few labels in each of 1 value to tell" in text


def test_why_an_interval_is_wide_is_said_once_with_the_cure() -> None:
    told = found()
    for figure in (told["quality"]["estimate"], told["failures"]["failure_rate"]):
        figure["method"] = (
            "weighted mean; widened: 79% of the population was hardly drawn (4 labels); 20% skipped"
        )
    why = "The interval is widened: 79 % of the population was hardly drawn (4 labels)."
    made = report(told)
    assert made.short[0].endswith(f"{why} A random draw beside it narrows it.")
    assert made.short[1].endswith("Its interval is widened for the same reason.")
    assert f"{why} A random draw beside it narrows it." in made.parts[0].blocks
    assert any("Draw at random for “How good?”" in str(one) for one in made.parts[-1].blocks)
    told["quality"]["estimate"]["method"] = "weighted mean; widened: few failures"
    assert report(told).short[0].endswith("The interval is widened: few failures.")


def test_what_cannot_be_compared_is_no_list_to_rank_by() -> None:
    told, bare = found(), {"value": 4.0, "ci": None, "n": 2, "reason": "fewer than 20 labels (2)"}
    told["quality"]["by"] = {
        "model": {"a": fig(3.0), "b": bare, "c": fig(3.0) | {"ci": [1.1, 4.9]}},
        "category": {"x": bare, "y": bare | {"value": 2.0}},
    }
    text = FORMATS["markdown"].write(told)
    assert len(re.findall(r"^\| [bc] .*too uncertain to compare \|$", text, re.M)) == 2
    assert not re.search(r"^\| a .*too uncertain", text, re.M)
    assert "By category: none of 2 values can be compared: fewer than 20 labels." in text


def test_the_coefficient_that_decides_stands_alone_before_the_others() -> None:
    told = found()
    told["agreement"] |= {
        "coefficients": {"cohen_kappa": fig(0.3), "krippendorff_alpha_ordinal": fig(0.7)},
        "reading": {"text": "Open.", "answer": "open", "coefficient": "krippendorff_alpha_ordinal"},
        "warnings": [],
        "plan": {"half_width": 0.1,
                 "coefficients": {"krippendorff_alpha_ordinal": {"more_tasks": 28}}},
    }  # fmt: skip
    text = FORMATS["markdown"].write(told)
    first, others = text.split("**Agreement**")[1].split("**Other coefficients**")
    assert "(ordinal): this one decides" in first
    assert "kappa" not in first
    assert "kappa" in others.split("##")[0]
    assert "Have 28 more tasks labelled by two people" in text


NOTED = {
    "pattern_id": 1, "where": {"length": "up to 42 characters"}, "tags": [], "text": EVIL,
    "done": False, "then": {"tasks": 10, "failures": 10, "rate": fig(None, 10)},
    "since": {"tasks": 0, "failures": 0, "rate": fig(None, 0)},
}  # fmt: skip


def test_what_was_decided_and_what_is_next_are_told() -> None:
    made = report(found(patterns=[NOTED]))
    parts = {part.title: part.blocks for part in made.parts}
    settled, table = parts["What was decided"]
    assert settled == "1 task on which people differed: settled by a verdict."
    assert table.rows[0][0] == "Responses of up to 42 characters"  # type: ignore[union-attr]
    assert table.rows[0][2:4] == ("open", "10 of 10 labelled tasks failed")  # type: ignore[union-attr]
    assert made.parts[-1].title == "What to do next"
    steps = [str(one).split()[0] for one in made.parts[-1].blocks]
    assert steps == ["Settle", "Answer", "Label", "Act"]
    page = seen(patterns=[NOTED])
    assert "img" not in page.tags
    idle = found(disagreements={"open": 0, "settled": 0}, questions_open=0)
    idle["quality"]["estimate"]["ci"] = [3.2, 3.8]
    titles = [part.title for part in report(idle).parts]
    assert "What to do next" not in titles
    assert "What was decided" not in titles


def test_the_terminal_marks_what_cannot_be_compared_and_says_why_an_interval_is_wide() -> None:
    quality = found()["quality"] | {"judge": None, "rates": {}}
    quality["estimate"]["method"] = "weighted mean; widened: 60% of it was hardly drawn (0 labels)"
    quality["by"] = {"model": {"a": fig(3.0), "b": fig(3.0) | {"ci": [1.1, 4.9]}}}
    lines = quality_text(quality, 1, 5).splitlines()
    assert lines[2] == (
        "    The interval is widened: 60 % of it was hardly drawn (0 labels). "
        "A random draw beside it narrows it."
    )
    assert [one.endswith("too uncertain to compare") for one in lines[-2:]] == [False, True]


def test_markdown_is_never_acted_upon() -> None:
    text = FORMATS["markdown"].write(found())
    assert "\n# Fired" not in text
    assert not re.search(r"(?<!\\)[<`]", text)
    assert not re.search(r"(?<!\\)\]\(", text)
    assert "\u202e" not in text
    for link in ("https://x.test", "www.x.test", "me@x.test", "@team", "$x$"):
        told = FORMATS["markdown"].write(found(queue=link))
        assert link not in told, "some readers make links and names of it"
    for block in re.findall(r"(?:^\|.*\n)+", text, re.M):
        ends = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(ends) == 1, "a hostile name breaks no table"


def test_the_file_loads_nothing_and_runs_nothing() -> None:
    page = seen()
    assert page.addresses == []
    assert not page.tags & {"script", "img", "svg", "iframe", "link", "form"}
    assert "<img src=x" in page.text
    assert "\u202e" not in page.text


def test_a_form_without_anything_to_report_still_has_a_report() -> None:
    bare = found(quality=None, agreement=None)
    bare["failures"] |= {"threshold": None, "failure_rate": fig(None), "issues": [], "patterns": []}
    for chosen in FORMATS.values():
        assert "no question that all traffic could be judged by" in chosen.write(bare)
        assert "no question on which agreement can be told" in chosen.write(bare)


@pytest.mark.parametrize("format_", ["json", "markdown", "html"])
def test_it_is_had_by_rest(town, format_: str) -> None:
    town.queue()
    answer = town.client("eng").get(f"/v1/queues/q/report?format={format_}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(
        "application/json" if format_ == "json" else FORMATS[format_].media_type
    )
    assert "Response quality" in answer.text
    assert town.client("ann").get("/v1/queues/q/report").status_code == 403
    assert town.client("eng").get("/v1/queues/q/report?format=pdf").status_code == 422
