"""A folder that promptfoo runs: tests, their prompt, and the configuration.

promptfoo renders templates in prompts, variables and assertions, with its environment in reach, and
reads files that a variable or an assertion names. No text that somebody else wrote may do either:
what makes a template is escaped in JSON, quoted in assertions, and set apart elsewhere.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from storage.exports.cases import Case, divided, put, readme, slug
from storage.exports.chat import Json, chat, transcript
from storage.exports.format import About, Row
from storage.exports.lines import line

TESTS = "tests.jsonl"
_SYNTAX = re.compile(r"\{(?=[{%#])|#(?=\})")
"""What begins a template, and the end of a comment, which is a fault where none began."""
_ADDRESS = re.compile(r"(file|package|exec|python|ruby|golang|https?):")


def write(rows: Iterable[Row], folder: Path, about: About) -> int:
    """Write the folder; the number of tests, scored or not.

    Raises
    ------
    Conflict
        `nothing_expected` when no test has an expected answer.
    """
    counts = divided(rows, folder, about, TESTS, _test)
    put(folder / "prompt.json", "{{ messages }}\n")
    put(folder / "promptfooconfig.yaml", CONFIG.format(name=slug(about.queue)))
    put(folder / "README.md", readme(about, counts, TESTS, COMMANDS, MORE))
    return counts.total()


def _test(case: Case) -> Json:
    asked = chat(case.asked)
    asserted = [{"type": "icontains", "value": literal(case.expected)}] if case.expected else []
    return {
        "description": inert(case.id),
        "vars": {
            "messages": escaped(asked),
            "query": inert(transcript(case.messages)),
            "context": inert("\n\n".join(case.passages)),
            "response": inert(case.response or ""),
        },
        "assert": asserted,
        "metadata": {"id": inert(case.id)}
        | {name: inert(one) if isinstance(one, str) else one for name, one in case.facts.items()}
        | {"tags": [inert(one) for one in case.facts["tags"]]},
    }


def escaped(messages: list[Json]) -> str:
    """Messages as JSON without a template in it: the same messages once it is read."""
    text = line(messages).decode().strip()
    return _SYNTAX.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def literal(text: str) -> str:
    """A text that renders to itself and names no file."""
    told = _SYNTAX.sub(lambda found: f"{{{{ '{found[0]}' }}}}", text)
    return f"{{% raw %}}{{% endraw %}}{told}" if _ADDRESS.match(told) else told


def inert(text: str) -> str:
    """A text for people and judges: a template is set apart, an address led by a space."""
    told = _SYNTAX.sub(lambda found: f"{found[0]} ", text)
    return f" {told}" if _ADDRESS.match(told) else told


CONFIG = """\
description: goldloop {name}
prompts:
  - file://prompt.json
providers:
  - openai:chat:gpt-4o-mini
defaultTest:
  options:
    disableVarExpansion: true
tests: file://tests.jsonl
"""
COMMANDS = "npx promptfoo@0.121.20 eval -c promptfooconfig.yaml --no-cache -o results.json"
MORE = """\
A test passes when the response holds the expected answer, whatever the case of the letters. For
long answers put a judge in its place: `- type: factuality`, or an `llm-rubric` of your own.
"""
