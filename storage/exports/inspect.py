"""A folder that Inspect AI runs: data, the tasks, and what people said of the recorded responses.

What Inspect would refuse or miscount is settled here: an empty target counts as a pass, so samples
without an expected answer go to a file of their own; roles, contents and tool calls are brought
into its shapes; ids are unique.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from storage.exports.cases import UNSCORED, Case, cases, put, readme, refuse_nothing
from storage.exports.chat import Json, calls_of, role_of
from storage.exports.format import About, Row
from storage.exports.lines import Lines
from storage.exports.texts import text_of

DATA, HUMAN = "data.jsonl", "human.jsonl"


def write(rows: Iterable[Row], folder: Path, about: About) -> int:
    """Write the folder; the number of samples, scored or not.

    Raises
    ------
    Conflict
        `nothing_expected` when no sample has an expected answer: there would be nothing to score.
    """
    rating = next((one["name"] for one in about.guideline["fields"] if one["kind"] == "rating"), "")
    with Lines(folder) as out:
        for case in cases(rows, about):
            sample = _sample(case)
            if not case.scored:
                out.write(UNSCORED, sample)
                continue
            out.write(DATA, sample | {"target": [case.expected]})
            mean = (case.row.get("mean") or {}).get(rating)
            if mean is not None and case.response is not None:
                out.write(HUMAN, _rated(case, mean))
    counts = out.counts
    rated = counts.pop(HUMAN, 0)
    refuse_nothing(counts, DATA, about)
    put(folder / "task.py", TASK)
    if rated:
        put(folder / "hs.py", SCORER)
    more = MORE + (RATED.format(field=rating, rated=rated) if rated else "")
    put(folder / "README.md", readme(about, counts, DATA, COMMANDS, more))
    return counts.total()


def _sample(case: Case) -> Json:
    values = case.row["values"]
    return {
        "id": case.id,
        "input": [_message(one) for one in case.messages],
        "metadata": {
            **case.facts,
            "difficulty": values.get("difficulty"),
            "requires_context": values.get("requires_context"),
            "context": case.passages,
            "response": case.response,
        },
    }


def _rated(case: Case, mean: float) -> Json:
    """What people said of the recorded response, as Inspect takes scores that are there already."""
    told = {"labels": case.row.get("labels"), **case.facts}
    return {"id": case.id, "value": mean, "answer": case.response, "metadata": told}


def _message(message: Mapping[str, Any]) -> Json:
    role = role_of(message)
    found: Json = {"role": role, "content": text_of(message.get("content"))}
    calls = calls_of(message)
    if calls:
        found["tool_calls"] = [
            {"id": one.id, "function": one.name, "arguments": one.arguments} for one in calls
        ]
    if role == "tool":
        named = {"tool_call_id": message.get("tool_call_id"), "function": message.get("name")}
        found |= {name: str(value) for name, value in named.items() if value is not None}
    return found


TASK = '''\
"""Run a model on the exported conversations and compare what it says with the expected answers.

includes: the expected answer stands in the response word for word; exact: they are the same but
for case and punctuation; f1: how many words they share. Long answers are best read by f1.
"""

from pathlib import Path

from inspect_ai import Task, task
from inspect_ai.dataset import Sample, json_dataset
from inspect_ai.model import ModelOutput
from inspect_ai.scorer import exact, f1, includes
from inspect_ai.solver import generate, solver

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


@solver
def replay():
    """Say again what was said then; no model is asked."""

    async def solve(state, generate):
        state.output = ModelOutput.from_content("recorded", state.metadata["response"])
        state.messages.append(state.output.message)
        return state

    return solve


@task
def recorded() -> Task:
    """The responses that were recorded, and that people rated."""
    data = json_dataset(str(DATA), name="goldloop")
    return Task(
        dataset=data.filter(lambda sample: sample.metadata["response"] is not None),
        solver=replay(),
        scorer=[includes(), exact(), f1()],
    )
'''

SCORER = '''\
"""What people said of the recorded responses, as scores beside the automatic ones."""

from pathlib import Path

from inspect_ai.scorer import Scorer, mean, precomputed_scores, scorer, stderr

HUMAN = Path(__file__).parent / "human.jsonl"


@scorer(metrics=[mean(), stderr()])
def human_rating(scores: str = str(HUMAN)) -> Scorer:
    """The mean rating of a response."""
    return precomputed_scores(scores)
'''

COMMANDS = """
pip install inspect-ai openai
inspect eval task.py@bench --model openai/gpt-4o-mini
"""
MORE = """\
Passages that an interaction came with are given to the model as a system message;
`-T context=false` leaves them out.
"""
RATED = """
People rated {rated} of the recorded responses (`human.jsonl`, the mean of `{field}`). They speak
of those responses alone: replay them, and put the ratings beside the automatic scores.

    inspect eval task.py@recorded --model none/none --log-format json --log-dir recorded
    inspect score recorded/*.json --scorer hs.py@human_rating --action append \\
      --output-file scored.json
"""
