"""Which split an item belongs to: whole clusters, by hash, for good.

Items that say nearly the same, or are of one conversation or user, are one cluster; a cluster is in
one split. A split once given is never changed. Where newcomers tie together what is in different
splits already, the newcomers stay out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from analysis.duplicates import together
from analysis.overlaps import EXACT_UP_TO, Ints, near_clusters
from labeling.datasets.items import Bound
from labeling.errors import InvalidLabel

SPLITS = ("dev", "validation", "test")
HELD_OUT = "test"
SHARES = {"dev": 0.4, "validation": 0.2, "test": 0.4}
_STRONGEST = (HELD_OUT, "validation", "dev")


@dataclass(frozen=True)
class Placed:
    """Which item goes where, and which stays out."""

    splits: dict[str, str]
    left_out: dict[str, str] = field(default_factory=dict)
    """Why, by key."""
    clusters: int = 0
    leaking: int = 0
    """Clusters with items in more than one split, counted anew at the end: must be 0."""
    exact: bool = True
    """Whether every pair was found, or nearly every (more than 10,000 items)."""


def shares(given: Mapping[str, float] | None) -> dict[str, float]:
    """The share of clusters by split, adding up to 1.

    Raises
    ------
    InvalidLabel
        If a split is unknown or the shares cannot be.
    """
    told = SHARES if given is None else {name: float(share) for name, share in given.items()}
    if strange := [name for name in told if name not in SPLITS]:
        raise InvalidLabel("splits", f"{strange[0]!r:.80} is no split", ", ".join(SPLITS))
    total = sum(told.values())
    if not total > 0 or not all(0 <= one < float("inf") for one in told.values()):
        raise InvalidLabel(
            "splits", "these shares cannot be", "such as dev=40,validation=20,test=40"
        )
    return {name: told[name] / total for name in SPLITS if told.get(name)}


def placed(
    items: Mapping[str, Bound],
    known: Mapping[str, tuple[str, Bound]],
    parts: Mapping[str, float],
    salt: str,
) -> Placed:
    """The split of every item of a version.

    Parameters
    ----------
    items : mapping
        What is to be in the version, by key.
    known : mapping
        Split and content of every key that the dataset ever had, also if it is not in `items`.
    parts : mapping
        The share of clusters by split.
    salt : str
        What makes this dataset's hashes its own.
    """
    keys = sorted({*items, *known})
    bounds = [items[key] if key in items else known[key][1] for key in keys]
    labels = clusters(bounds)
    settled = {
        key for key, (_, before) in known.items() if key not in items or items[key] == before
    }
    splits: dict[str, str] = {}
    left_out: dict[str, str] = {}
    for members in _grouped(keys, labels):
        before = {key: known[key][0] for key in members if key in known}
        there = {key: split for key, split in before.items() if key in settled}
        fresh = [key for key in members if key in items]
        told = _one(there, fresh, before, _drawn(members, parts, salt))
        splits |= {key: split for key, split in told.items() if split in SPLITS}
        left_out |= {key: why for key, why in told.items() if why not in SPLITS}
    mixed, _ = _leaks(items, splits)
    for members in mixed:  # what no newcomer explains: pairs that were missed before
        best = min((splits[key] for key in members), key=_STRONGEST.index)
        for key in members:
            if splits[key] != best:
                left_out[key] = f"it is too close to items of {best}"
                del splits[key]
    leaking, number = _leaks(items, splits)
    return Placed(splits, left_out, number, len(leaking), len(keys) <= EXACT_UP_TO)


def _leaks(items: Mapping[str, Bound], splits: Mapping[str, str]) -> tuple[list[list[str]], int]:
    """Clusters whose items are in more than one split, and the number of all clusters."""
    kept = sorted(splits)
    grouped = _grouped(kept, clusters([items[key] for key in kept]))
    return [one for one in grouped if len({splits[key] for key in one}) > 1], len(grouped)


def _one(
    there: Mapping[str, str],
    fresh: Sequence[str],
    before: Mapping[str, str],
    drawn: str,
) -> dict[str, str]:
    """The split of each item of a cluster, or why it stays out.

    `there` are the splits of what did not change, `before` those of everything that had one.
    """
    if len(set(there.values())) > 1:
        why = f"it ties together items of {' and '.join(sorted(set(there.values())))}"
        return {key: there.get(key, why) for key in fresh}
    split = next(iter(there.values()), None)
    if split is None:
        split = min(before.values(), key=_STRONGEST.index, default=drawn)
    why = f"its text changed, and now it is too close to items of {split}"
    return {key: split if before.get(key, split) == split else why for key in fresh}


def _drawn(members: Sequence[str], parts: Mapping[str, float], salt: str) -> str:
    """The split of a new cluster: by the hash of the smallest of its hashes."""
    smallest = min(sha256(f"{salt}\x1f{key}".encode()).digest() for key in members)
    at = int.from_bytes(sha256(smallest).digest()[:8], "big") / 2**64
    reached = 0.0
    for name, share in parts.items():
        reached += share
        if at < reached:
            return name
    return list(parts)[-1]


def clusters(bounds: Sequence[Bound]) -> Ints:
    """By place, the first item of its cluster: near-duplicates, same conversation, same user."""
    labels = near_clusters([one.text for one in bounds])
    first: dict[str, int] = {}
    a, b = list(range(len(bounds))), labels.tolist()
    for place, one in enumerate(bounds):
        for group in one.groups:
            a.append(first.setdefault(group, place))
            b.append(place)
    return together(len(bounds), a, b) if bounds else labels


def _grouped(keys: Sequence[str], labels: Ints) -> list[list[str]]:
    found: dict[int, list[str]] = {}
    for key, label in zip(keys, labels, strict=True):
        found.setdefault(int(label), []).append(key)
    return list(found.values())
