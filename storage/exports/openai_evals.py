"""A registry of OpenAI evals: samples as chats, and an eval that looks for the expected answer."""

from collections.abc import Iterable
from pathlib import Path

from storage.exports.cases import Case, divided, put, readme, slug
from storage.exports.chat import Json, chat
from storage.exports.format import About, Row

SAMPLES = "data/goldloop/samples.jsonl"


def write(rows: Iterable[Row], folder: Path, about: About) -> int:
    """Write the folder; the number of samples, scored or not.

    Raises
    ------
    Conflict
        `nothing_expected` when no sample has an expected answer.
    """
    counts = divided(rows, folder, about, SAMPLES, _sample)
    name = f"goldloop-{slug(about.queue)}"
    put(folder / "evals" / "goldloop.yaml", EVAL.format(name=name))
    commands = COMMANDS.format(name=name)
    put(folder / "README.md", readme(about, counts, SAMPLES, commands, MORE))
    return counts.total()


def _sample(case: Case) -> Json:
    return {
        "id": case.id,
        "input": chat(case.asked),
        "ideal": case.expected,
        "metadata": case.facts,
    }


EVAL = """\
{name}:
  id: {name}.test.v1
  metrics: [accuracy]
{name}.test.v1:
  class: evals.elsuite.basic.includes:Includes
  args:
    samples_jsonl: goldloop/samples.jsonl
    ignore_case: true
"""
COMMANDS = """
pip install --no-deps evals
pip install backoff blobfile lz4 numpy openai pydantic pyyaml requests tiktoken tqdm zstandard
oaieval gpt-3.5-turbo {name} --registry_path .
"""
MORE = """\
A response is right when it holds the expected answer, whatever the case of the letters.
"""
