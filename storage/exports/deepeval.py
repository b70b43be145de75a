"""Goldens for DeepEval, and a script that scores recorded or new responses against them.

DeepEval drops ids it does not know: a golden's id is its name, and stands in its metadata. An input
is one text; the messages it was made from are beside it, for whoever asks a chat model.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from storage.exports.cases import UNSCORED, Case, cases, put, readme, refuse_nothing
from storage.exports.chat import Json, chat, role_of, transcript, turns
from storage.exports.format import About, Row
from storage.exports.lines import Lines
from storage.exports.texts import query_of

GOLDENS, CONVERSATIONS = "goldens.jsonl", "conversations.jsonl"


def write(rows: Iterable[Row], folder: Path, about: About) -> int:
    """Write the folder; the number of goldens, scored or not.

    Raises
    ------
    Conflict
        `nothing_expected` when no golden has an expected answer.
    """
    with Lines(folder) as out:
        for case in cases(rows, about):
            out.write(GOLDENS if case.scored else UNSCORED, _golden(case))
            if case.scored and _is_long(case):
                out.write(CONVERSATIONS, _conversation(case))
    counts = Counter(out.counts)
    long = counts.pop(CONVERSATIONS, 0)
    refuse_nothing(counts, GOLDENS, about)
    put(folder / "run.py", RUN)
    more = MORE + (LONG.format(long=long) if long else "")
    put(folder / "README.md", readme(about, counts, GOLDENS, COMMANDS, more))
    return counts.total()


def _is_long(case: Case) -> bool:
    return sum(role_of(one) == "user" for one in case.messages) > 1


def _golden(case: Case) -> Json:
    return {
        "input": transcript(case.messages),
        "expected_output": case.expected,
        "actual_output": case.response,
        "context": case.passages or None,
        "retrieval_context": case.passages or None,
        "name": case.id,
        "comments": None,
        "additional_metadata": {"id": case.id, **case.facts, "messages": chat(case.asked)},
    }


def _conversation(case: Case) -> Json:
    told = [one for one in turns(case.messages) if one["role"] != "system"]
    return {
        "scenario": query_of(case.messages),
        "expected_outcome": case.expected,
        "user_description": None,
        "context": case.passages or None,
        "turns": told,
        "name": case.id,
        "comments": None,
        "additional_metadata": {"id": case.id, **case.facts},
    }


RUN = '''\
"""Score responses against the expected answers.

    python run.py               the responses that were recorded
    python run.py gpt-4o-mini   new ones of a model, by OPENAI_API_KEY and perhaps OPENAI_BASE_URL
"""

import sys
from pathlib import Path

from deepeval import evaluate
from deepeval.dataset import EvaluationDataset
from deepeval.metrics import ExactMatchMetric
from deepeval.test_case import LLMTestCase
from openai import OpenAI

data = EvaluationDataset()
data.add_goldens_from_jsonl_file(str(Path(__file__).with_name("goldens.jsonl")))


def said(golden):
    if len(sys.argv) < 2:
        return golden.actual_output
    messages = golden.additional_metadata["messages"]
    answer = OpenAI().chat.completions.create(model=sys.argv[1], messages=messages)
    return answer.choices[0].message.content


cases = [
    LLMTestCase(
        name=golden.name,
        input=golden.input,
        actual_output=answer,
        expected_output=golden.expected_output,
        retrieval_context=golden.retrieval_context,
    )
    for golden in data.goldens
    if (answer := said(golden)) is not None
]
evaluate(cases, [ExactMatchMetric()])
'''
COMMANDS = """
pip install deepeval
DEEPEVAL_TELEMETRY_OPT_OUT=YES python run.py gpt-4o-mini
"""
MORE = """\
Without the name of a model `run.py` scores the recorded responses. `ExactMatchMetric` needs no
judge and forgives nothing: put `GEval` or `AnswerRelevancyMetric` beside it for long answers.
"""
LONG = """
{long} of them have more than one turn: they are also conversational goldens
(`conversations.jsonl`), for the simulator and the metrics of conversations.
"""
