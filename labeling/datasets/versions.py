"""Datasets and their versions: begun, added to, listed, compared. A version never changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

import msgspec

from labeling.datasets.curate import curate, plain, seed_for
from labeling.datasets.items import Bound, Item, bound
from labeling.datasets.recipe import Recipe
from labeling.datasets.redacted import of_queues
from labeling.datasets.splits import HELD_OUT, Placed, placed, shares
from labeling.datasets.tree import leaf, root
from labeling.errors import InvalidLabel
from labeling.webhooks import announce_version
from storage import Conflict, NotFound, Session, Store
from storage.queries import accounts
from storage.queries import datasets as kept
from storage.queries.accounts import Account
from storage.values import OWN_NAME, is_own_name

BATCH = 1_000
NOTE_CHARS = 2_000
LICENCE_CHARS = 200
ANNOUNCED = ("dataset", "version", "hash", "items", "splits", "created_at")
"""What webhooks are told of a new version: numbers, no item."""


@dataclass(frozen=True)
class DatasetSpec:
    """What holds for all versions of a dataset."""

    name: str
    licence: str
    description: str = ""
    splits: Mapping[str, float] | None = None
    """Shares of dev, validation and test; None: 40, 20, 40."""


@dataclass(frozen=True)
class Change:
    """What is done to the newest version to make the next one."""

    items: Sequence[Item] = ()
    remove: Sequence[str] = ()
    """Keys."""
    only: bool = False
    """Whether the given items are all there is, and not added to those before."""
    note: str = ""
    made_from: Mapping[str, Any] = field(default_factory=dict)
    recipe: Recipe | None = None
    planned_at: datetime | None = None


def create_dataset(
    store: Store, spec: DatasetSpec, now: datetime, by: Account | None = None
) -> dict[str, Any]:
    """Begin a dataset without any version.

    Raises
    ------
    InvalidLabel
        If name, licence or splits cannot be.
    Conflict
        `exists` when the name is taken.
    """
    if not is_own_name(spec.name) or "@" in spec.name:
        raise InvalidLabel("name", f"{spec.name!r:.80} cannot name a dataset", f"{OWN_NAME}, no @")
    licence = spec.licence.strip()
    if not licence or len(licence) > LICENCE_CHARS or not licence.isprintable():
        hint = "say under which licence it may be used, such as CC-BY-4.0 or internal"
        raise InvalidLabel("licence", "is missing or too long", hint)
    values = {
        "name": spec.name,
        "canary": str(uuid4()),
        "licence": licence,
        "description": _note("description", spec.description),
        "splits": shares(spec.splits),
        "created_at": now,
        "created_by": by.id if by else None,
    }
    with store.write() as session:
        kept.add_dataset(session, values)
        _audit(session, by, "dataset_created", spec.name, now)
        return told_dataset(session, kept.dataset_named(session, spec.name))


def add_from_queues(  # noqa: PLR0913 - what, and who and when
    store: Store,
    name: str,
    recipe: Recipe,
    now: datetime,
    *,
    by: Account | None = None,
    note: str = "",
    only: bool = False,
) -> dict[str, Any]:
    """The next version: with what a recipe takes from queues; the same content, no new version.

    This is also how a pattern of failures becomes a dataset: `Recipe((queue,), where=pattern)`.

    Raises
    ------
    InvalidLabel
        If the recipe asks for what is not there.
    NotFound
        If there is no such dataset or queue.
    Conflict
        `nothing_matches`, or `changed_meanwhile` when another version was made at the same time.
    """
    with store.snapshot() as session:
        dataset = kept.dataset_named(session, name)
        newest = kept.version_row(session, dataset.id, None)
        number = newest.number + 1 if newest else 1
        seed = seed_for(name, number) if recipe.seed is None else recipe.seed
        places = kept.places(session, dataset.id)
        retired = frozenset(key for key, one in places.items() if one.retired)
        found = curate(session, recipe, now, seed=seed, passed_over=retired)
        redaction = of_queues(session, store.redaction.default, recipe.queues)
    if not found.items:
        hint = "take a condition away; `goldloop progress` tells how much is labelled"
        raise Conflict("nothing_matches", "no labelled task fits", hint)
    made_from = found.made_from | {"redaction": redaction}
    change = Change(found.items, (), only, note, made_from, recipe)
    return add_version(store, name, change, now, by)


def add_version(
    store: Store, name: str, change: Change, now: datetime, by: Account | None = None
) -> dict[str, Any]:
    """Make the next version of a dataset, split it, and keep it for good.

    Returns the version as `told_version` gives it, with `new` false when nothing is different.

    Raises
    ------
    InvalidLabel
        If a key to remove is not there, or the note is too long.
    NotFound
        If there is no such dataset.
    Conflict
        `empty_version`, or `changed_meanwhile` when another version was made at the same time.
    """
    note = _note("note", change.note)
    with store.snapshot() as session:
        dataset = kept.dataset_named(session, name)
        parent = kept.version_row(session, dataset.id, None)
        items = _merged(session, parent, change)
        known = _known(session, dataset.id)
    bounds = {key: bound(one.body) for key, one in items.items()}
    found = placed(bounds, known, dataset.splits, dataset.canary)
    kept_items = [items[key] for key in sorted(found.splits)]
    if not kept_items:
        raise Conflict("empty_version", "no item would be left", "add some, or remove fewer")
    values = {
        "dataset_id": dataset.id,
        "number": parent.number + 1 if parent else 1,
        "hash": version_hash([(one.key, found.splits[one.key], one.hash) for one in kept_items]),
        "parent_id": parent.id if parent else None,
        "note": note,
        "made_from": plain(change.made_from),
        "report": _report(found),
        "items": len(kept_items),
        "planned_at": change.planned_at,
        "created_at": now,
        "created_by": by.id if by else None,
    }
    if parent is not None and parent.hash == values["hash"]:
        with store.write() as session:
            _keep_recipe(session, dataset.id, change)
            return told_version(session, dataset, parent) | {"new": False}
    return _write(store, dataset, values, kept_items, found, change, by)


def version_hash(rows: Sequence[tuple[str, str, str]]) -> str:
    """The hash of a version: the root over key, split and content of its items, by key."""
    return root([leaf(*row) for row in sorted(rows)])


def _merged(session: Session, parent: Any, change: Change) -> dict[str, Item]:
    before = {} if parent is None else {
        one.key: Item(one.key, one.body, one.hash, one.pi, one.draw_pi)
        for one in kept.members(session, parent.id)
    }  # fmt: skip
    if gone := sorted(set(change.remove) - set(before)):
        raise InvalidLabel(
            "remove", f"there is no item {gone[0]!r:.120}", "see the version's items"
        )
    merged = {} if change.only else {
        key: one for key, one in before.items() if key not in change.remove
    }  # fmt: skip
    return merged | {one.key: one for one in change.items}


def _known(session: Session, dataset_id: int) -> dict[str, tuple[str, Bound]]:
    """Split and newest content of every key that a dataset ever had."""
    places = kept.places(session, dataset_id)
    bodies = kept.item_bodies(session, {one.hash for one in places.values()})
    return {key: (one.split, bound(bodies[one.hash])) for key, one in places.items()}


def _report(found: Placed) -> dict[str, Any]:
    return {
        "clusters": found.clusters,
        "leaking_clusters": found.leaking,
        "exact": found.exact,
        "left_out": dict(sorted(found.left_out.items())),
    }


def _write(  # noqa: PLR0913 - one transaction's worth
    store: Store,
    dataset: Any,
    values: Mapping[str, Any],
    items: Sequence[Item],
    found: Placed,
    change: Change,
    by: Account | None,
) -> dict[str, Any]:
    for start in range(0, len(items), BATCH):  # contents alone change nothing: batch by batch
        with store.write() as session:
            part = items[start : start + BATCH]
            kept.add_items(session, [(one.hash, one.body) for one in part])
    with store.write() as session:
        kept.dataset_named(session, dataset.name, lock=True)
        newest = kept.version_row(session, dataset.id, None)
        if (newest.id if newest else None) != values["parent_id"]:
            message = f"another version of {dataset.name} was made meanwhile"
            raise Conflict("changed_meanwhile", message, "try again: it is taken into account")
        wanted = [(one.key, found.splits[one.key], one.hash) for one in items]
        places = kept.keep_places(session, dataset.id, wanted)
        version_id = kept.add_version(session, values)
        rows = [(places[one.key], one.hash, one.pi, one.draw_pi) for one in items]
        kept.add_members(session, version_id, rows)
        _keep_recipe(session, dataset.id, change)
        detail = {"version": values["number"], "hash": values["hash"], "items": len(items)}
        _audit(session, by, "dataset_version", dataset.name, values["created_at"], detail)
        told = told_version(
            session, dataset, kept.version_row(session, dataset.id, values["number"])
        )
        announce_version(session, {key: told[key] for key in ANNOUNCED}, values["created_at"])
        return told | {"new": True}


def _keep_recipe(session: Session, dataset_id: int, change: Change) -> None:
    if change.recipe is not None:
        kept.change_dataset(session, dataset_id, {"recipe": change.recipe.to_json()})


def list_datasets(session: Session) -> list[dict[str, Any]]:
    """Every dataset with its newest version."""
    return [told_dataset(session, row) for row in kept.dataset_rows(session)]


def told_dataset(session: Session, dataset: Any) -> dict[str, Any]:
    """A dataset as the public contract gives it."""
    newest = kept.version_row(session, dataset.id, None)
    rotation = None
    if dataset.rotate_at is not None:
        rotation = {"every_seconds": dataset.rotate_seconds, "keep": dataset.rotate_keep}
        rotation |= {"next_at": dataset.rotate_at}
    names = ("name", "licence", "description", "splits", "canary", "created_at")
    return {name: getattr(dataset, name) for name in names} | {
        "rotation": rotation,
        "version": None if newest is None else told_version(session, dataset, newest),
    }


def told_version(session: Session, dataset: Any, version: Any) -> dict[str, Any]:
    """A version as the public contract gives it."""
    return {
        "dataset": dataset.name,
        "version": version.number,
        "hash": version.hash,
        "items": version.items,
        "splits": kept.split_counts(session, version.id),
        "note": version.note,
        "clusters": version.report["clusters"],
        "leaking_clusters": version.report["leaking_clusters"],
        "exact": version.report["exact"],
        "left_out": version.report["left_out"],
        "created_at": version.created_at,
        "planned_at": version.planned_at,
    }


def find(session: Session, told: str) -> tuple[Any, Any]:
    """The dataset and version of `NAME`, `NAME@3`: the newest without a number.

    Raises
    ------
    InvalidLabel
        If the part after @ is no number.
    NotFound
        If there is no such dataset or version.
    """
    name, at, number = told.partition("@")
    if at and not (number.isascii() and number.isdigit() and len(number) < 9):
        raise InvalidLabel("version", f"{number!r:.80} is no version", "a number, as in NAME@3")
    dataset = kept.dataset_named(session, name)
    version = kept.version_row(session, dataset.id, int(number) if at else None)
    if version is None:
        raise NotFound("dataset version", told)
    return dataset, version


def show(session: Session, name: str) -> dict[str, Any]:
    """A dataset with all of its versions and what left the house."""
    dataset = kept.dataset_named(session, name)
    versions = [
        told_version(session, dataset, one) for one in kept.version_rows(session, dataset.id)
    ]
    exports = [row._asdict() for row in kept.exports_of(session, dataset.id)]
    return told_dataset(session, dataset) | {"versions": versions, "exports": exports}


def diff(session: Session, name: str, old: int, new: int) -> dict[str, Any]:
    """What is different between two versions: keys added and removed, fields changed.

    `changed` names for each key the places of its content that differ, with both values; of the
    test split, which is held back, the places alone.
    """
    _, before = find(session, f"{name}@{old}")
    _, after = find(session, f"{name}@{new}")
    one = {row.key: row for row in kept.member_rows(session, before.id)}
    two = {row.key: row for row in kept.member_rows(session, after.id)}
    both = [key for key in one if key in two and one[key].hash != two[key].hash]
    bodies = kept.item_bodies(session, {side[key].hash for key in both for side in (one, two)})
    return {
        "dataset": name,
        "from": old,
        "to": new,
        "added": sorted(set(two) - set(one)),
        "removed": sorted(set(one) - set(two)),
        "changed": [
            {"id": key, "fields": _shown(two[key], bodies[one[key].hash], bodies[two[key].hash])}
            for key in sorted(both)
        ],
        "unchanged": len(set(one) & set(two)) - len(both),
    }


def _shown(row: Any, before: str, after: str) -> list[dict[str, Any]]:
    """The differences of an item as they may be shown while the test split is closed."""
    found = _fields(before, after)
    if row.split != HELD_OUT:
        return found
    return [{"field": one["field"], "held_out": True} for one in found]


def _fields(before: str, after: str) -> list[dict[str, Any]]:
    one, two = (_flat(msgspec.json.decode(text)) for text in (before, after))
    return [
        {"field": name, "from": one.get(name), "to": two.get(name)}
        for name in sorted({*one, *two})
        if one.get(name) != two.get(name)
    ]


def _flat(value: Any, place: str = "") -> dict[str, Any]:
    """Every value by its place, as `row.values.quality`."""
    if not isinstance(value, dict) or not value:
        return {place: value}
    found: dict[str, Any] = {}
    for key, inner in value.items():
        found |= _flat(inner, f"{place}.{key}" if place else key)
    return {key.removeprefix("row."): one for key, one in found.items()} if not place else found


def _note(name: str, text: str) -> str:
    if len(text) > NOTE_CHARS:
        raise InvalidLabel(name, f"{len(text)} characters", f"at most {NOTE_CHARS}")
    return text.strip()


def _audit(
    session: Session,
    by: Account | None,
    action: str,
    name: str,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    accounts.record_audit(session, by.id if by else None, action, name, detail, now)
