"""A folder that Inspect AI runs: data, the task that scores it, and how to start it.

What Inspect would refuse or miscount is settled here: an empty target counts as a pass, so samples
without an expected answer go to a file of their own; roles, contents and tool calls are brought
into its shapes; ids are unique.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from storage.errors import Conflict
from storage.exports.format import About, Row
from storage.exports.samples import identified
from storage.exports.texts import decoded, text_of

DATA, UNSCORED = "data.jsonl", "unscored.jsonl"
OWN = ("split", "item_origin", "canary")
"""What items of a dataset have beside settled answers."""
ROLES = {"developer": "system", "function": "tool"}
_json = msgspec.json.encode


def write(rows: Iterable[Row], folder: Path, about: About) -> int:
    """Write the folder; the number of samples, scored or not.

    Raises
    ------
    Conflict
        `nothing_expected` when no sample has an expected answer: there would be nothing to score.
    """
    scored = unscored = 0
    with (folder / DATA).open("wb") as data, (folder / UNSCORED).open("wb") as left:
        for key, row in identified(rows):
            one, targets = _sample(key, row), _targets(row)
            if targets and one["input"]:
                data.write(_json(one | {"target": targets}) + b"\n")
                scored += 1
            else:
                left.write(_json(one) + b"\n")
                unscored += 1
    if not scored and not unscored:
        raise Conflict("nothing_expected", "no task has a label yet", "label first, then export")
    if not scored:
        raise Conflict(
            "nothing_expected",
            f"none of {unscored} labelled tasks has an expected answer to score against",
            _hint(about),
        )
    rest = f", {unscored} without (`{UNSCORED}`)" if unscored else ""
    if not unscored:
        (folder / UNSCORED).unlink()
    (folder / "task.py").write_text(TASK, encoding="utf-8", newline="\n")
    readme = README.format(queue=about.queue, scored=scored, rest=rest)
    (folder / "README.md").write_text(readme, encoding="utf-8", newline="\n")
    return scored + unscored


def _hint(about: About) -> str:
    """How samples get an answer to be scored against, in the names of this form."""
    if about.expected.startswith("response-if-"):
        return "no response was rated so well: take a lower point, or have answers corrected"
    for field in about.guideline["fields"]:
        if field["kind"] == "rating":
            rule = f"response-if-{field['name']}>={field['max'] - 1}"
            return f"take good responses as expected ones: --expected '{rule}'"
    return "have answers corrected: a form asks for them by a field of the kind answer"


def _targets(row: Row) -> list[str]:
    """Every text that counts as right; blank ones would pass anything."""
    expected = row["expected_answer"]
    return [] if expected is None or not expected.strip() else [expected]


def _sample(key: str, row: Row) -> dict[str, Any]:
    interaction, values = row["interaction"], row["values"]
    return {
        "id": key,
        "input": [_message(one) for one in decoded(interaction["messages"]) or ()],
        "metadata": {
            "source": row["source"],
            "interaction_id": row["interaction_id"],
            "category": interaction["category"],
            "difficulty": values.get("difficulty"),
            "requires_context": values.get("requires_context"),
            "tags": interaction["tags"] or [],
            "expected_from": row["expected_from"],
            "context": [text_of(one) for one in decoded(interaction["context"]) or ()],
        }
        | {name: row[name] for name in OWN if name in row},
    }


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    role = str(message.get("role", "user"))
    role = ROLES.get(role, role)
    if role not in ("system", "user", "assistant", "tool"):
        role = "user"
    found: dict[str, Any] = {"role": role, "content": text_of(message.get("content"))}
    calls = message.get("tool_calls")
    if role == "assistant" and calls:
        found["tool_calls"] = [_call(number, call) for number, call in enumerate(calls, 1)]
    if role == "tool":
        named = {"tool_call_id": message.get("tool_call_id"), "function": message.get("name")}
        found |= {name: str(value) for name, value in named.items() if value is not None}
    return found


def _call(number: int, call: Mapping[str, Any]) -> dict[str, Any]:
    """A tool call as Inspect takes it, from the shape of OpenAI or a flat one."""
    function = call.get("function")
    inner = function if isinstance(function, Mapping) else call
    name = inner.get("name", function)
    return {
        "id": str(call.get("id") or f"call_{number}"),
        "function": name if isinstance(name, str) else "unknown",
        "arguments": _arguments(inner.get("arguments")),
    }


def _arguments(given: Any) -> dict[str, Any]:
    if isinstance(given, str):
        try:
            given = msgspec.json.decode(given)
        except msgspec.DecodeError:
            return {"raw": given}
    if isinstance(given, Mapping):
        return dict(given)
    return {} if given is None else {"value": given}


TASK = '''\
"""Run a model on the exported conversations and compare what it says with the expected answers.

includes: the expected answer stands in the response word for word; exact: they are the same but
for case and punctuation; f1: how many words they share. Long answers are best read by f1.
"""

from pathlib import Path

from inspect_ai import Task, task
from inspect_ai.dataset import Sample, json_dataset
from inspect_ai.scorer import exact, f1, includes
from inspect_ai.solver import generate

DATA = Path(__file__).parent / "data.jsonl"


@task
def bench(context: bool = True) -> Task:
    """The conversations, each with the passages it had, unless run with -T context=false."""

    def sample(record: dict) -> Sample:
        shown = "\\n".join(message["content"] for message in record["input"])
        passages = [one for one in record["metadata"]["context"] if one not in shown]
        told = {"role": "system", "content": "Context:\\n\\n" + "\\n\\n".join(passages)}
        return Sample(
            id=record["id"],
            input=[told, *record["input"]] if context and passages else record["input"],
            target=record["target"],
            metadata=record["metadata"],
        )

    return Task(
        dataset=json_dataset(str(DATA), sample, name="goldloop"),
        solver=generate(),
        scorer=[includes(), exact(), f1()],
    )
'''

README = """\
# {queue}

{scored} samples with an expected answer (`data.jsonl`){rest}. Texts are as they are
stored; `goldloop redaction show` tells what was taken out of them before.

    pip install inspect-ai
    inspect eval task.py@bench --model openai/gpt-4o-mini

Passages that an interaction came with are given to the model as a system message;
`-T context=false` leaves them out.
"""
