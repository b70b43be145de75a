"""Settled rows as the cases of a benchmark, and the folder that a tool runs them from.

A case without an expected answer is written to a file of its own: most tools would count it as
passed, the others stop at it.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from storage.errors import Conflict
from storage.exports.chat import Json, Messages, grounded
from storage.exports.format import About, Row
from storage.exports.lines import Lines
from storage.exports.samples import identified
from storage.exports.texts import decoded, text_of

UNSCORED = "unscored.jsonl"
KEPT = ("category", "model", "variant")
OWN = ("split", "item_origin", "canary")
"""What items of a dataset have beside settled answers."""


@dataclass(frozen=True)
class Case:
    """One conversation, what people said of its response, and what it should have been."""

    id: str
    messages: Messages
    passages: list[str]
    response: str | None
    """The response that was given, where there was exactly one: of several, none stands for it."""
    expected: str | None
    facts: Json
    """Where it is from and what people settled on: flat, the same keys on every case."""
    row: Row

    @property
    def asked(self) -> Messages:
        """The messages, with the passages that they do not show themselves."""
        return grounded(self.messages, self.passages)

    @property
    def scored(self) -> bool:
        """Whether there is something to ask and something to score against."""
        return self.expected is not None and bool(self.messages)


def cases(rows: Iterable[Row], about: About) -> Iterator[Case]:
    """Each row as a case, with an id that is never given twice."""
    names = judged(about)
    for key, row in identified(rows):
        interaction = row["interaction"]
        responses = decoded(interaction["responses"]) or []
        expected = row["expected_answer"]
        yield Case(
            id=key,
            messages=decoded(interaction["messages"]) or [],
            passages=[text_of(one) for one in decoded(interaction["context"]) or ()],
            response=text_of(responses[0].get("text")) if len(responses) == 1 else None,
            expected=expected if expected and expected.strip() else None,
            facts=_facts(row, names),
            row=row,
        )


def marked(case: Case) -> Json:
    """The canary of an item of a dataset, for lines that tell no facts."""
    return {name: case.row[name] for name in ("canary",) if name in case.row}


def judged(about: About) -> list[str]:
    """The fields whose settled values are told beside a case; a corrected answer is its target."""
    return [one["name"] for one in about.guideline["fields"] if one["kind"] != "answer"]


def _facts(row: Row, names: Iterable[str]) -> Json:
    interaction = row["interaction"]
    return {
        "source": row["source"],
        "interaction_id": row["interaction_id"],
        **{name: interaction[name] for name in KEPT},
        "tags": interaction["tags"] or [],
        "expected_from": row["expected_from"],
        **{f"human_{name}": flat(row["values"].get(name)) for name in names},
        **{name: row[name] for name in OWN if name in row},
    }


def flat(value: Any) -> Any:
    """A settled value as a tool's metadata holds it: what has structure is JSON text."""
    nested = isinstance(value, dict) or (
        isinstance(value, list) and not all(isinstance(one, str) for one in value)
    )
    return msgspec.json.encode(value).decode() if nested else value


def divided(
    rows: Iterable[Row],
    folder: Path,
    about: About,
    scored: str,
    shape: Callable[[Case], Json],
) -> Counter[str]:
    """Write cases to the file `scored`, the others to UNSCORED; the number of lines in each.

    Raises
    ------
    Conflict
        `nothing_expected` when no case has an expected answer: there would be nothing to score.
    """
    with Lines(folder) as out:
        for case in cases(rows, about):
            out.write(scored if case.scored else UNSCORED, shape(case))
    refuse_nothing(out.counts, scored, about)
    return out.counts


def refuse_nothing(counts: Counter[str], scored: str, about: About) -> None:
    """Refuse a benchmark without a case that can be scored.

    Raises
    ------
    Conflict
        `nothing_expected`, with what would bring some.
    """
    if not counts.total():
        raise Conflict("nothing_expected", "no task has a label yet", "label first, then export")
    if not counts[scored]:
        raise Conflict(
            "nothing_expected",
            f"none of {counts[UNSCORED]} labelled tasks has an expected answer to score against",
            _hint(about),
        )


def _hint(about: About) -> str:
    """How cases get an answer to be scored against, in the names of this form."""
    if about.expected.startswith("response-if-"):
        return "no response was rated so well: take a lower point, or have answers corrected"
    for field in about.guideline["fields"]:
        if field["kind"] == "rating":
            rule = f"response-if-{field['name']}>={field['max'] - 1}"
            return f"take good responses as expected ones: --expected '{rule}'"
    return "have answers corrected: a form asks for them by a field of the kind answer"


def readme(about: About, counts: Counter[str], scored: str, commands: str, more: str) -> str:
    """What a folder says of itself: what it holds, and how to start it."""
    rest = f", {counts[UNSCORED]} without (`{UNSCORED}`)" if counts[UNSCORED] else ""
    told = "".join(f"    {one}\n" for one in commands.strip().splitlines())
    return (
        f"# {about.queue}\n\n{counts[scored]} samples with an expected answer (`{scored}`){rest}. "
        f"Texts are as they are stored; `goldloop redaction show` tells how they were redacted "
        f"before.\n\n{told}\n{more.strip()}\n"
    )


def put(path: Path, text: str) -> None:
    """Write a text file, the same on every system."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def slug(queue: str) -> str:
    """The name of a queue in plain letters, for tools that allow nothing else in a task's name."""
    return re.sub(r"[^a-z0-9]+", "_", queue.lower()).strip("_") or "queue"
