"""Whether items stand in what a model was trained on, or in another version."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from analysis.duplicates import Index
from analysis.shingles import normalised
from labeling.datasets.items import bound
from labeling.datasets.versions import find
from storage import BadRow, Session
from storage.queries import datasets as kept
from storage.sources.jsonl import json_object
from storage.sources.packed import unpacked

WORDS = 13
"""Words in a row that both must have, as evaluations of language models count it."""
BATCH = 2_000
LONGEST = 4_000_000
LISTED = 100
_WORD = re.compile(r"\w+")


@dataclass
class _Meetings:
    """Which items were met, how closely, and where."""

    exact: dict[str, list[str]] = field(default_factory=dict)
    near: dict[str, list[str]] = field(default_factory=dict)
    shared: dict[str, set[str]] = field(default_factory=dict)
    """By item, the runs of words that were met."""
    where: dict[str, list[str]] = field(default_factory=dict)


def check_file(session: Session, told: str, path: Path) -> dict[str, Any]:
    """The items of a version that stand in a file: JSONL (every text in it) or lines of text.

    Returns
    -------
    dict with `items`, `texts` (read), and for `exact`, `near` (0.7 of the pieces shared) and
    `words` (13 words in a row shared): `count` and `items`, each with id, split and up to five
    places (lines from 1). `too_short` counts items with fewer than 13 words.
    """
    return _check(session, told, _file_texts(path)) | {"against": path.name}


def check_version(session: Session, told: str, other: str) -> dict[str, Any]:
    """The same against the items of another version; the same id is not told."""
    _, version = find(session, other)
    texts = (
        (one.key, [bound(one.body).text, *_more(one.body)])
        for one in kept.members(session, version.id)
    )
    return _check(session, told, texts) | {"against": other}


def _more(body: str) -> list[str]:
    """What an item says beside its conversation."""
    return [text for text in [msgspec.json.decode(body)["row"]["expected_answer"]] if text]


def _check(session: Session, told: str, texts: Iterable[tuple[str, list[str]]]) -> dict[str, Any]:
    _, version = find(session, told)
    members = list(kept.members(session, version.id))
    own = [normalised(bound(one.body).text) for one in members]
    keys = [one.key for one in members]
    runs: dict[str, list[int]] = {}
    counts = []
    for place, text in enumerate(own):
        mine = set(_runs(text))
        counts.append(len(mine))
        for run in mine:
            runs.setdefault(run, []).append(place)
    index, met, number = Index(own), _Meetings(), 0
    parts = iter(texts)
    while part := list(islice(parts, BATCH)):
        number += len(part)
        _meet(part, keys, own, index, runs, met)
    split = {one.key: one.split for one in members}
    totals = dict(zip(keys, counts, strict=True))
    return {
        "dataset": told,
        "version": version.number,
        "items": len(keys),
        "texts": number,
        "too_short": counts.count(0),
        "exact": _told(met.exact, split),
        "near": _told({k: v for k, v in met.near.items() if k not in met.exact}, split),
        "words": _told(met.where, split)
        | {
            "share": {
                key: len(met.shared[key]) / totals[key] for key in sorted(met.shared)[:LISTED]
            }
        },
    }


def _told(found: dict[str, list[str]], split: dict[str, str]) -> dict[str, Any]:
    items = [
        {"id": key, "split": split[key], "places": places[:5]}
        for key, places in sorted(found.items())
    ]
    return {"count": len(items), "items": items[:LISTED]}


def _meet(
    part: list[tuple[str, list[str]]],
    keys: list[str],
    own: list[str],
    index: Index,
    runs: dict[str, list[int]],
    met: _Meetings,
) -> None:
    """Hold a batch of texts against the items."""
    flat = [(place, normalised(text)) for place, texts in part for text in texts]
    for one in index.near([text for _, text in flat]):
        place, text = flat[one.b]
        if place != keys[one.a]:
            same = own[one.a] == text
            (met.exact if same else met.near).setdefault(keys[one.a], []).append(place)
    for place, text in flat:
        for run in set(_runs(text)) & runs.keys():
            for at in runs[run]:
                if keys[at] != place:
                    met.shared.setdefault(keys[at], set()).add(run)
                    places = met.where.setdefault(keys[at], [])
                    if place not in places[-1:]:
                        places.append(place)


def _runs(text: str) -> Iterator[str]:
    words = _WORD.findall(text)
    return (" ".join(words[at : at + WORDS]) for at in range(len(words) - WORDS + 1))


def _file_texts(path: Path) -> Iterator[tuple[str, list[str]]]:
    """The texts of each line of a file: of a JSON object all of them, else the line itself."""
    with path.open("rb") as raw:
        stream, number = unpacked(raw), 0
        while line := stream.readline(LONGEST):
            number += 1
            text = line.decode("utf-8", "replace").strip()
            if text:
                yield str(number), _texts(text) if text[0] == "{" else [text]


def _texts(line: str) -> list[str]:
    """Every text in a JSON object, and those of a conversation joined as well."""
    row = json_object(line.encode("utf-8", "replace"))
    if isinstance(row, BadRow):
        return [line]
    found: list[str] = []
    stack: list[Any] = [row]
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict):
            stack += value.values()
        elif isinstance(value, list):
            stack += value
    return [*found, "\n".join(reversed(found))] if len(found) > 1 else found
