"""docs/rest.md, executed: each command in its place, each answer, role, figure and code."""

import gzip
import json
import re
import shlex
from collections.abc import Iterator
from getopt import gnu_getopt
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from analysis import Figure
from server import auth
from server.cli import goldloop

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("labeling", "server", "storage")
TEXT = (ROOT / "docs" / "rest.md").read_text("utf-8")
STEP = re.compile(r"((?: {4}.+\n|\n(?= {4}))+)|Keep (?:its|the first one's) `(\w+)` as `(\$\w+)`")
LEFT_OUT = re.compile(r",?\s*\.\.\.(?=\s*[}\]])")
RAISED = re.compile(r'(?:(?:Refused|Said)\(\s*(\d+),|Conflict\()\s*"(\w+)"')


def steps() -> Iterator[tuple[str, str]]:
    """What the page does: a command and its answer, or what to keep of an answer and where."""
    for block, key, name in STEP.findall(TEXT):
        parts = re.split(r"\n\s*\n", re.sub(r"^ {4}", "", block, flags=re.M).strip())
        if key:
            yield key, name
        elif parts[0].startswith(("curl ", "goldloop ", "printf ")):
            yield from zip(parts[::2], parts[1::2], strict=True)


def documents(text: str) -> Iterator[Any]:
    """The JSON documents of an answer, without the dots that stand for what is left out."""
    text = LEFT_OUT.sub("", text).strip()
    while text:
        found, end = json.JSONDecoder().raw_decode(text)
        yield found
        text = text[end:].lstrip()


def is_told(told: Any, real: Any) -> bool:
    """Whether an answer has what is documented; a text may end in three dots."""
    if isinstance(told, dict):
        return all(key in real and is_told(told[key], real[key]) for key in told)
    if isinstance(told, list):
        return len(told) <= len(real) and all(map(is_told, told, real))
    if isinstance(told, str) and told.endswith("..."):
        return isinstance(real, str) and real.startswith(told[:-3])
    return bool(real == (pytest.approx(told, abs=5e-4) if isinstance(told, float) else told))


def request(command: str) -> dict[str, Any]:
    """What a command sends; what goes through gzip is what printf was given."""
    lines, _, curl = command.replace("\\\n", "").rpartition("| gzip |")
    options, (url,) = gnu_getopt(shlex.split(curl)[1:], "X:H:d:", ["data-binary="])
    given = dict(options)
    body = given.get("-d", given.get("--data-binary", "")).encode()
    packed = gzip.compress("\n".join(shlex.split(lines)[2:]).encode())
    return {
        "method": given.get("-X", "POST" if body else "GET"),
        "url": url,
        "headers": dict(value.split(": ") for name, value in options if name == "-H"),
        "content": packed if lines else body,
    }


def test_every_command_is_answered_as_documented(sqlite_town, monkeypatch) -> None:
    monkeypatch.setenv("GOLDLOOP_DATABASE_URL", sqlite_town.house.settings.database_url)
    client, kept, last = sqlite_town.client(base_url="http://127.0.0.1:7860"), {}, {}
    for command, told in steps():
        sqlite_town.clock.pass_(seconds=1)
        ready = re.sub(r"\$\w+", lambda found: kept[found[0]], command)
        if told.startswith("$"):
            kept[told] = str(last[command])
        elif command.startswith("goldloop "):
            result = CliRunner().invoke(goldloop, shlex.split(command)[1:])
            assert (result.exit_code, result.stdout.split()[:3]) == (0, told.split()[:3])
            last = dict(re.findall(r"^(\w+): (\S+)", result.stdout, re.M))
        else:
            answer = client.request(**request(ready))
            real = list(documents(answer.text))
            assert answer.status_code == int(told[:3]), (command, answer.text)
            assert is_told(list(documents(told[3:])), real), (command, answer.text)
            last = real[0]


def cells(heading: str) -> list[list[str]]:
    table = TEXT.partition(f"| {heading} |")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in table.splitlines()[2:]]


def test_every_role_may_what_the_table_says(sqlite_town) -> None:
    named = set()
    for _, *marks, where in cells("what | annotator | lead | engineer | admin | where"):
        routes, pages = re.findall(r"`([A-Z]+) (/\S+)`", where), re.findall(r"`(/\w+)`", where)
        named |= {*routes, *pages}
        for name, account in sqlite_town.accounts.items():
            may = marks[auth.ROLES.index(account.role)] == "yes"
            for method, path in routes:
                filled = re.sub(r"\{\w+\}", "1", path)
                answer = sqlite_town.client(name).request(method, filled, content=b"no json")
                assert (answer.status_code != 403) == may, (name, method, path)
            assert all(auth.PAGES[page](account) == may for page in pages), (name, pages)
    paths = sqlite_town.app.openapi()["paths"].items()
    rest = {(method.upper(), path) for path, known in paths for method in known if "/v1/" in path}
    assert named == rest | auth.PAGES.keys()


def test_figures_and_errors_are_of_the_kinds_shown() -> None:
    figures = map(json.loads, re.findall(r'^    (\{"value".+)$', TEXT, re.M))
    whole, undefined = Figure(0.6, 0.4, 0.8, 60, "how"), Figure.undefined("why", 1)
    kinds = (whole, Figure.without_interval(3.0, 1, "how", "why"), undefined)
    assert [list(one) for one in figures] == [list(kind.to_json()) for kind in kinds]
    sources = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    found = RAISED.findall("".join(path.read_text("utf-8") for path in sources))
    raised = {(status or "409", code) for status, code in found}
    for status, codes, _ in cells("status | code | when"):
        for code in re.findall(r"`(\w+)`", codes):
            assert (status, code) in raised or status == "405", code
