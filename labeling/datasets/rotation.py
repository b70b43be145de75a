"""Datasets that renew themselves: new versions by the clock, without what was in them too long.

A rotation takes the recipe of the last version again. What it finds is merged: with a size, the
items that stay are kept and the rest is drawn anew; without, all that fits is taken. An item that
has been through `keep` rotations leaves and never comes back. The newest version is the current
one.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from labeling.datasets.curate import curate, seed_for
from labeling.datasets.items import Item
from labeling.datasets.recipe import Recipe
from labeling.datasets.redacted import of_queues
from labeling.datasets.versions import Change, add_version, told_dataset
from labeling.errors import InvalidLabel, LabelingError
from storage import Conflict, Session, StorageError, Store
from storage.queries import datasets as kept

log = logging.getLogger("goldloop.datasets")

LEAST_SECONDS, MOST_SECONDS = 60, 5 * 366 * 86_400


def set_rotation(
    session: Session, name: str, every_seconds: int | None, keep: int, now: datetime
) -> dict[str, Any]:
    """Let a dataset rotate from now on, or no longer (None); the dataset.

    Raises
    ------
    InvalidLabel
        If the numbers cannot be.
    Conflict
        `nothing_to_rotate` when no version was taken from queues yet.
    """
    dataset = kept.dataset_named(session, name, lock=True)
    if every_seconds is None:
        kept.change_dataset(session, dataset.id, {"rotate_at": None})
        return told_dataset(session, kept.dataset_named(session, name))
    if not LEAST_SECONDS <= every_seconds <= MOST_SECONDS:
        raise InvalidLabel("every", f"{every_seconds} seconds", "a minute to five years")
    if not 1 <= keep <= 10_000:
        raise InvalidLabel("keep", f"{keep}", "rotations that an item stays, from 1 to 10000")
    if dataset.recipe is None:
        hint = "`goldloop dataset add NAME --from QUEUE` first: that is what is repeated"
        raise Conflict("nothing_to_rotate", f"{name} was never taken from a queue", hint)
    values = {
        "rotate_seconds": every_seconds,
        "rotate_keep": keep,
        "rotate_at": now + timedelta(seconds=every_seconds),
    }
    kept.change_dataset(session, dataset.id, values)
    return told_dataset(session, kept.dataset_named(session, name))


def rotate_due(store: Store, clock: Callable[[], datetime]) -> list[dict[str, Any]]:
    """Make the rotations that are due; of several that were missed, one. Repeatable at any moment.

    A dataset that cannot be rotated is logged, waits for its next time, and keeps no other from it.
    """
    with store.read() as session:
        due = [row.name for row in kept.due_datasets(session, clock())]
    made = []
    for name in due:
        try:
            made.append(rotate(store, name, clock()))
        except (LabelingError, StorageError) as error:
            if isinstance(error, Conflict) and error.code == "changed_meanwhile":
                continue  # it is still due
            log.warning("dataset %s could not be rotated: %s", name, error)
            _move_on(store, name, clock())
    return made


def rotate(store: Store, name: str, now: datetime, *, early: bool = False) -> dict[str, Any]:
    """One rotation of a dataset that is due, or earlier; the version and whether it is new."""
    with store.read() as session:
        dataset = kept.dataset_named(session, name)
        if dataset.rotate_at is None:
            raise Conflict("no_rotation", f"{name} does not rotate", "--every 4w --keep 3 sets it")
        if dataset.rotate_at > now and not early:
            raise Conflict("not_due", f"the next rotation is at {dataset.rotate_at}", None)
        newest = _newest(session, dataset)
        done = newest.planned_at == dataset.rotate_at  # killed before it was counted
    if done:
        told, before = {"dataset": name, "version": newest.number, "new": False}, newest.parent_id
    else:
        told = add_version(store, name, _next(store, name, dataset.rotate_at, now), now)
        before = newest.id
    _count(store, dataset, before, now)
    return told


def _newest(session: Session, dataset: Any) -> Any:
    found = kept.version_row(session, dataset.id, None)
    if found is None:
        raise Conflict("nothing_to_rotate", f"{dataset.name} has no version", None)
    return found


def _count(store: Store, dataset: Any, version_id: int, now: datetime) -> None:
    """Count the rotation for what was in it and move to the next time, both at once."""
    with store.write() as session:
        row = kept.dataset_named(session, dataset.name, lock=True)
        if row.rotate_at == dataset.rotate_at:
            kept.count_rotation(session, version_id, row.rotate_keep, now)
            _set_next(session, row, now)


def _set_next(session: Session, row: Any, now: datetime) -> None:
    every = timedelta(seconds=row.rotate_seconds)
    behind = max((now - row.rotate_at) // every, 0)
    kept.change_dataset(session, row.id, {"rotate_at": row.rotate_at + every * (behind + 1)})


def _move_on(store: Store, name: str, now: datetime) -> None:
    with store.write() as session:
        row = kept.dataset_named(session, name, lock=True)
        if row.rotate_at is not None and row.rotate_at <= now:
            _set_next(session, row, now)


def _next(store: Store, name: str, planned_at: datetime, now: datetime) -> Change:
    """What the next version is to be."""
    with store.snapshot() as session:
        dataset = kept.dataset_named(session, name)
        newest = _newest(session, dataset)
        places = kept.places(session, dataset.id)
        before = [row.key for row in kept.member_rows(session, newest.id)]
        leaving = [key for key in before if places[key].rotations + 1 >= dataset.rotate_keep]
        over = {key for key, one in places.items() if one.retired} | set(leaving)
        recipe, room = Recipe.from_json(dataset.recipe), 1
        if recipe.size is not None:
            room = recipe.size - (len(before) - len(leaving))
            over |= set(before)
            recipe = replace(recipe, size=max(room, 1), seed=None)
        seed = seed_for(name, newest.number + 1)
        items: tuple[Item, ...] = ()
        made: dict[str, Any] = {}
        if room > 0:
            found = curate(session, recipe, now, seed=seed, passed_over=frozenset(over))
            redaction = of_queues(session, store.redaction.default, recipe.queues)
            items, made = found.items, found.made_from | {"redaction": redaction}
    note = f"rotation: {len(leaving)} items retired"
    return Change(items, leaving, note=note, made_from=made, planned_at=planned_at)
