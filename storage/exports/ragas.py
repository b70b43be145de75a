"""Samples for Ragas, and a script that scores recorded or new responses.

Ragas keeps no id: line n of `ids.jsonl` tells which sample line n of `data.jsonl` is. It takes the
kind of every sample from the first one: longer conversations have a file of their own.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec

from storage.exports.cases import UNSCORED, Case, cases, marked, put, readme, refuse_nothing
from storage.exports.chat import Json, chat, role_of, transcript
from storage.exports.format import About, Row
from storage.exports.lines import Lines

DATA, IDS, CONVERSATIONS = "data.jsonl", "ids.jsonl", "conversations.jsonl"
TYPES = {"user": "human", "assistant": "ai", "tool": "tool"}


def write(rows: Iterable[Row], folder: Path, about: About) -> int:
    """Write the folder; the number of samples, scored or not.

    Raises
    ------
    Conflict
        `nothing_expected` when no sample has an expected answer.
    """
    with Lines(folder) as out:
        for case in cases(rows, about):
            if not case.scored:
                out.write(UNSCORED, {"id": case.id, **_sample(case), **case.facts})
                continue
            out.write(DATA, _sample(case))
            out.write(IDS, {"id": case.id, **case.facts, "messages": chat(case.asked)})
            if sum(role_of(one) == "user" for one in case.messages) > 1:
                out.write(CONVERSATIONS, _conversation(case))
    counts = Counter({name: out.counts[name] for name in (DATA, UNSCORED)})
    refuse_nothing(counts, DATA, about)
    put(folder / "run.py", RUN)
    long = out.counts[CONVERSATIONS]
    more = MORE + (LONG.format(long=long) if long else "")
    put(folder / "README.md", readme(about, counts, DATA, COMMANDS, more))
    return counts.total()


def _sample(case: Case) -> Json:
    return {
        "user_input": transcript(case.messages),
        "reference": case.expected,
        "response": case.response,
        "retrieved_contexts": case.passages,
        **marked(case),
    }


def _conversation(case: Case) -> Json:
    messages = [one for one in chat(case.messages) if one["role"] != "system"]
    if case.response:
        messages.append({"role": "assistant", "content": case.response})
    told = [_message(one) for one in messages]
    return {"user_input": told, "reference": case.expected, **marked(case)}


def _message(message: Json) -> Json:
    found: Json = {"type": TYPES[message["role"]], "content": message["content"]}
    if "tool_calls" in message:
        made = [one["function"] for one in message["tool_calls"]]
        found["tool_calls"] = [
            {"name": one["name"], "args": msgspec.json.decode(one["arguments"])} for one in made
        ]
    return found


RUN = '''\
"""Score responses against the expected answers.

    python run.py               the responses that were recorded
    python run.py gpt-4o-mini   new ones of a model, by OPENAI_API_KEY and perhaps OPENAI_BASE_URL
"""

import json
import sys
from pathlib import Path

from openai import OpenAI
from ragas import EvaluationDataset, evaluate
from ragas.metrics import ExactMatch, StringPresence

HERE = Path(__file__).parent
samples = list(EvaluationDataset.from_jsonl(str(HERE / "data.jsonl")))
told = [json.loads(line) for line in (HERE / "ids.jsonl").open(encoding="utf-8")]
if len(sys.argv) > 1:
    for sample, one in zip(samples, told, strict=True):
        answer = OpenAI().chat.completions.create(model=sys.argv[1], messages=one["messages"])
        sample.response = answer.choices[0].message.content or ""
scored = [
    (sample, one) for sample, one in zip(samples, told, strict=True) if sample.response is not None
]
data = EvaluationDataset(samples=[sample for sample, _ in scored])
found = evaluate(data, metrics=[ExactMatch(), StringPresence()], show_progress=False)
table = found.to_pandas()
table.insert(0, "id", [one["id"] for _, one in scored])
table.to_json(HERE / "scores.jsonl", orient="records", lines=True, force_ascii=False)
print(found)
'''
COMMANDS = """
pip install "ragas<0.5" "langchain-community<0.4"
python run.py gpt-4o-mini
"""
MORE = """\
Without the name of a model `run.py` scores the recorded responses. `scores.jsonl` then holds the
scores by id. Ragas takes half a minute to start.
"""
LONG = """
{long} of them have more than one turn: they are also samples of the kind multi-turn
(`conversations.jsonl`), without system messages, which Ragas does not take.
"""
