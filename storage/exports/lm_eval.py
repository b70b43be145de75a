"""A task of lm-evaluation-harness: the data, its YAML, and how a response is scored.

Columns are named where a template could stand, so that no text is taken for one. A conversation is
one text, for models that complete text as well as for chats.
"""

from collections.abc import Iterable
from pathlib import Path

from storage.exports.cases import Case, divided, put, readme, slug
from storage.exports.chat import Json, transcript
from storage.exports.format import About, Row

DATA = "bench.jsonl"


def write(rows: Iterable[Row], folder: Path, about: About) -> int:
    """Write the folder; the number of documents, scored or not.

    Raises
    ------
    Conflict
        `nothing_expected` when no document has an expected answer.
    """
    counts = divided(rows, folder, about, DATA, _document)
    name = f"goldloop_{slug(about.queue)}"
    put(folder / "goldloop.yaml", TASK.format(name=name))
    put(folder / "scores.py", SCORES)
    commands = COMMANDS.format(name=name)
    put(folder / "README.md", readme(about, counts, DATA, commands, MORE))
    return counts.total()


def _document(case: Case) -> Json:
    text = transcript(case.asked)
    return {
        "id": case.id,
        "input": text if len(case.asked) == 1 else f"{text}\n\nAssistant:",
        "target": case.expected,
        "response": case.response,
        **case.facts,
    }


TASK = """\
task: {name}
dataset_path: json
dataset_kwargs:
  data_files:
    test: bench.jsonl
test_split: test
output_type: generate_until
doc_to_text: input
doc_to_target: target
process_results: !function scores.process_results
generation_kwargs:
  until: ["\\n\\nUser:"]
  max_gen_toks: 512
  do_sample: false
metric_list:
  - metric: exact_match
    aggregation: mean
    higher_is_better: true
  - metric: includes
    aggregation: mean
    higher_is_better: true
metadata:
  version: 1.0
"""
SCORES = '''\
"""How far a response is the expected answer; case, punctuation and spaces do not count."""

import re


def plain(text: str) -> str:
    """The words of a text."""
    return " ".join(re.findall(r"\\w+", text.lower())) or text.strip()


def process_results(doc: dict, results: list[str]) -> dict[str, float]:
    """exact_match: the same words; includes: the expected ones stand in the response in a row."""
    said, expected = plain(results[0]), plain(doc["target"])
    return {
        "exact_match": float(said == expected),
        "includes": float(f" {expected} " in f" {said} "),
    }
'''
COMMANDS = """
pip install "lm-eval[api]"
lm_eval run --tasks {name} --include_path . --model local-chat-completions \\
  --model_args model=gpt-4o-mini,base_url=https://api.openai.com/v1/chat/completions \\
  --apply_chat_template --log_samples --output_path results
"""
MORE = """\
Run it inside this folder: the data is looked for where the command is. A model of your own takes
`--model hf --model_args pretrained=NAME`.
"""
