"""The canary of a dataset: a text that occurs nowhere else, to be found in what it leaked into."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from storage.sources.packed import unpacked

PREFIX = "GOLDLOOP-CANARY"
_FOUND = re.compile(
    rb"GOLDLOOP-CANARY ([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})", re.I
)
_BARE = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.I)
PART, OVERLAP = 1 << 20, 64


def canary_text(guid: str) -> str:
    """The canary as it stands in exports."""
    return f"{PREFIX} {guid}"


def sentence(guid: str) -> str:
    """What a card says around it."""
    return (
        "This dataset is for measuring. It should never appear in training corpora. "
        f"{canary_text(guid)}"
    )


def search(path: Path, known: Mapping[str, str]) -> list[dict[str, Any]]:
    """The canaries in a file, gzipped or not: guid, times, and the dataset if it is `known`.

    `known` are dataset names by guid. A guid that is known is found without the words before it.
    """
    counts: dict[str, int] = {}
    for text in _parts(path):
        for guid in _guids(text, known):
            counts[guid] = counts.get(guid, 0) + 1
    return [
        {"canary": guid, "times": times, "dataset": known.get(guid)}
        for guid, times in sorted(counts.items())
    ]


def _guids(text: bytes, known: Mapping[str, str]) -> Iterator[str]:
    named = {found.start(1): found[1] for found in _FOUND.finditer(text)}
    for found in _BARE.finditer(text):
        guid = found[0].decode().lower()
        if guid in known or found.start() in named:
            yield guid


def _parts(path: Path) -> Iterator[bytes]:
    """A file in parts, cut where no canary is cut: what may be one's beginning comes again."""
    with path.open("rb") as raw:
        stream, rest = unpacked(raw), b""
        while part := stream.read(PART):
            text = rest + part
            cut = max(len(text) - OVERLAP, 0)
            last = max((one.end() for one in _BARE.finditer(text)), default=0)
            cut = max(cut, last)
            yield text[:cut]
            rest = text[cut:]
        yield rest
