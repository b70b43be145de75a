"""Example data of our own writing; README.md beside it says what it is and is not."""

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from storage.sources import json_lines


def example_rows(name: str) -> Iterator[tuple[int, Any]]:
    """The rows of one of the example files."""
    with files("server.demo").joinpath(name).open("rb") as lines:
        yield from json_lines(lines)
