"""Files of other platforms: told by what is in them, read whole, fed to the three ways in."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storage.errors import BadRow
from storage.sources import langfuse, langsmith, litellm, mlflow, openai_chat, phoenix
from storage.sources.brought import Brought, Json, Scales, inner, listed
from storage.sources.jsonl import Row, json_array, json_lines
from storage.sources.packed import DAMAGED, damaged, unpacked
from storage.values import shown

_LISTS = ("data", "traces", "runs", "examples")


@dataclass(frozen=True)
class Platform:
    """How the objects of one platform are recognised and read."""

    recognises: Callable[[Json], bool]
    read: Callable[[list[Row], Scales], Brought]


PLATFORMS: dict[str, Platform] = {
    "phoenix": Platform(phoenix.recognises, phoenix.read),
    "mlflow": Platform(mlflow.recognises, mlflow.read),
    "langfuse": Platform(langfuse.recognises, langfuse.read),
    "langsmith": Platform(langsmith.recognises, langsmith.read),
    "litellm": Platform(litellm.recognises, litellm.read),
    "openai": Platform(openai_chat.recognises, openai_chat.read),
}
"""Platform by the name of its format."""


def platform_of(path: Path) -> str | None:
    """Which platform wrote a file of JSON; None when it holds interactions in the plain form."""
    try:
        first = next((row for _, row in objects_of(path)), None)
    except BadRow:
        return None
    if first is None or isinstance(first, BadRow):
        return None
    return next((name for name, one in PLATFORMS.items() if one.recognises(first)), None)


def read_platform(path: Path, name: str, scales: Scales) -> Brought:
    """Everything that a file of a platform brings.

    Raises
    ------
    BadRow
        If the file is no JSON at all.
    """
    return PLATFORMS[name].read(list(objects_of(path)), scales)


def parse_scales(given: Mapping[str, str]) -> dict[str, tuple[float, float]]:
    """Scales of ratings by name, from texts such as `1..5`.

    Raises
    ------
    BadRow
        Naming the one that is no scale.
    """
    found = {}
    for name, text in given.items():
        low, dots, high = text.partition("..")
        try:
            ends = (float(low), float(high))
        except ValueError:
            ends = (0.0, 0.0)
        if not dots or not 0 < ends[1] - ends[0] < float("inf"):
            raise BadRow(f"scale.{name}", f"{shown(text)} is no scale", "such as 1..5")
        found[name] = ends
    return found


def objects_of(path: Path) -> Iterator[Row]:
    """The objects of a file: lines, an array, or the list inside what a platform answered."""
    with path.open("rb") as raw:
        stream = unpacked(raw)
        whole = path.name.removesuffix(".gz")[-5:].lower() == ".json"
        try:
            for index, row in json_array(stream.read()) if whole else json_lines(stream):
                held = None if isinstance(row, BadRow) else _held(row)
                if held is None:
                    yield index, row
                else:
                    yield from enumerate(_checked(one) for one in held)
        except DAMAGED as error:
            yield 0, damaged(error)


def _checked(one: Any) -> Json | BadRow:
    if isinstance(one, Mapping):
        return one
    return BadRow(None, f"{shown(one)} is not an object", "one object per row")


def _held(row: Json) -> list[Any] | None:
    """The objects in an envelope of a platform; None when it is no envelope."""
    if any(one.recognises(row) for one in PLATFORMS.values()):
        return None
    if isinstance(row.get("post"), list) or isinstance(row.get("patch"), list):
        return listed(row.get("post")) + listed(row.get("patch"))
    if inner(row, "trace"):
        return [row["trace"]]
    for holder in (row, inner(row, "data")):
        for name in _LISTS:
            if isinstance(holder.get(name), list):
                return listed(holder[name])
    return None
