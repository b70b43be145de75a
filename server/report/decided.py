"""What was decided on what the labels showed, and what is to be done next."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from analysis.judge import FEWEST_LABELS
from server.pages.elements import plural, sentence
from server.pages.phrases import counted, where_of
from server.pages.wide import CURE, HARDLY, why_wide
from server.report.blocks import Block, Part, Rows
from server.report.words import of_figure

STEPS = 5
WIDE = 0.1
"""Half-width, as a share of the scale, above which more labels are called for."""


def decided(found: Mapping[str, Any], words: Mapping[str, str]) -> Part | None:
    """Disagreements that were settled, and patterns that were noted; None if there are neither."""
    settled, noted = found["disagreements"]["settled"], found.get("patterns") or []
    blocks: list[Block] = []
    if settled:
        blocks.append(f"{plural(settled, 'task')} on which people differed: settled by a verdict.")
    if noted:
        columns = ("Pattern", "Decided", "State", "Failed then", "Failed since")
        rows = [
            (
                _title(one, words),
                one["text"] or "nothing yet",
                "done" if one["done"] else "open",
                _rate(one, "then"),
                _rate(one, "since"),
            )
            for one in noted
        ]
        blocks.append(Rows("Noted patterns", columns, rows))
    return Part("What was decided", blocks) if blocks else None


def next_steps(found: Mapping[str, Any], words: Mapping[str, str]) -> Part | None:
    """At most five things to do, each from a fact that the report tells; None if nothing is."""
    told = list(islice(_steps(found, words), STEPS))
    return Part("What to do next", told) if told else None


def _steps(found: Mapping[str, Any], words: Mapping[str, str]) -> Iterator[str]:
    waiting, asked = found["disagreements"]["open"], found["questions_open"]
    if waiting:
        yield f"Settle {plural(waiting, 'disagreement')}, those first that move the figures most."
    if asked:
        yield f"Answer {plural(asked, 'question')} of annotators."
    yield from _precision(found, words)
    noted = found.get("patterns") or []
    if still := sum(not one["done"] for one in noted):
        yield f"Act on {plural(still, 'noted pattern')}, then call it done: traffic will tell."
    if found["notes_open"]:
        yield f"Write {plural(found['notes_open'], 'note')} into the guideline, and close it."


def _precision(found: Mapping[str, Any], words: Mapping[str, str]) -> Iterator[str]:
    """Labels that would make the figures more certain."""
    quality, agreement = found["quality"], found["agreement"]
    if quality is not None and quality["labelled"]:
        name = words.get(quality["field"], quality["field"])
        if HARDLY in (why_wide(quality["estimate"]) or ""):
            yield f"Draw at random for “{name}”: a part of the traffic was hardly drawn. {CURE}"
        elif _is_wide(quality["estimate"], *found["scales"].get(quality["field"], (0, 1))):
            yield f"Label more for “{name}”: goldloop plan tells how many for which width."
        lacking = FEWEST_LABELS - quality["labelled"]
        if quality.get("judge") and not quality["judge"]["used"] and lacking > 0:
            yield f"Label {plural(lacking, 'more task', 'more tasks')}: then the judge can help."
    reading = (agreement or {}).get("reading")
    if agreement is not None and reading is not None and reading["answer"] == "open":
        plan = agreement["plan"]
        more = plan["coefficients"].get(reading["coefficient"], {}).get("more_tasks")
        if more:
            tasks = plural(more, "more task", "more tasks")
            within = f"±{plan['half_width']:g}"
            yield f"Have {tasks} labelled by two people: then alpha is known to {within}."


def _is_wide(figure: Mapping[str, Any], low: float, high: float) -> bool:
    """Whether the interval reaches so far either way that labels are lacking."""
    ends = figure["ci"]
    return ends is not None and (ends[1] - ends[0]) / 2 > WIDE * (high - low)


def _title(one: Mapping[str, Any], words: Mapping[str, str]) -> str:
    if one["where"]:
        return sentence(where_of(one["where"])).removesuffix(".")
    return " and ".join(words.get(tag, tag) for tag in one["tags"])


def _rate(one: Mapping[str, Any], when: str) -> str:
    """How often it failed; without a rate, how many of what was labelled."""
    return counted(one[when], pair=bool(one["tags"])) or of_figure(one[when]["rate"], "share")
