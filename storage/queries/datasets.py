"""Datasets, their versions and items."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Text, delete, func, insert, select, type_coerce, update

from storage.bulk import insert_rows
from storage.engine import AnyRow, Session
from storage.errors import Conflict, NotFound
from storage.tables import (
    account,
    dataset,
    dataset_export,
    dataset_item,
    dataset_member,
    dataset_place,
    dataset_version,
)

CHUNK = 500


class Member(NamedTuple):
    """An item of a version, its content as JSON text."""

    key: str
    split: str
    hash: str
    pi: float | None
    draw_pi: float | None
    body: str


class Place(NamedTuple):
    """Where an id of a dataset stands for good."""

    id: int
    key: str
    split: str
    hash: str
    rotations: int
    retired: bool


def add_dataset(session: Session, values: Mapping[str, Any]) -> int:
    """Begin a dataset; its id.

    Raises
    ------
    Conflict
        `exists` when the name is taken.
    """
    if session.scalar(select(dataset.c.id).where(dataset.c.name == values["name"])) is not None:
        raise Conflict("exists", f"there is a dataset {values['name']!r}", "take another name")
    added = session.execute(insert(dataset).values(**values).returning(dataset.c.id))
    return int(added.scalar_one())


def dataset_named(session: Session, name: str, *, lock: bool = False) -> AnyRow:
    """The dataset of a name; locked: whoever changes it waits until this transaction ends.

    Raises
    ------
    NotFound
        If there is none.
    """
    wanted = select(dataset).where(dataset.c.name == name)
    found = session.execute(wanted.with_for_update() if lock else wanted).one_or_none()
    if found is None:
        raise NotFound("dataset", name)
    return found


def dataset_rows(session: Session) -> Sequence[AnyRow]:
    """All datasets by name."""
    return session.execute(select(dataset).order_by(dataset.c.name)).all()


def change_dataset(session: Session, dataset_id: int, values: Mapping[str, Any]) -> None:
    """Change what may change: recipe and rotation."""
    session.execute(update(dataset).where(dataset.c.id == dataset_id).values(**values))


def due_datasets(session: Session, now: datetime) -> Sequence[AnyRow]:
    """The datasets whose rotation is due, the longest waiting first."""
    due = select(dataset).where(dataset.c.rotate_at <= now)
    return session.execute(due.order_by(dataset.c.rotate_at)).all()


def version_rows(session: Session, dataset_id: int) -> Sequence[AnyRow]:
    """The versions of a dataset, the newest first."""
    mine = select(dataset_version).where(dataset_version.c.dataset_id == dataset_id)
    return session.execute(mine.order_by(dataset_version.c.number.desc())).all()


def version_row(session: Session, dataset_id: int, number: int | None) -> AnyRow | None:
    """One version, the newest without a number."""
    mine = select(dataset_version).where(dataset_version.c.dataset_id == dataset_id)
    if number is not None:
        mine = mine.where(dataset_version.c.number == number)
    return session.execute(mine.order_by(dataset_version.c.number.desc()).limit(1)).one_or_none()


def add_items(session: Session, items: Sequence[tuple[str, str]]) -> None:
    """Keep contents (hash, JSON text) that are not kept yet."""
    insert_rows(session, "dataset_item", ("hash", "body"), items, unless_there=True)


def add_version(session: Session, values: Mapping[str, Any]) -> int:
    """Append a version; its id."""
    added = insert(dataset_version).values(**values).returning(dataset_version.c.id)
    return int(session.execute(added).scalar_one())


def places(session: Session, dataset_id: int) -> dict[str, Place]:
    """Every id that a dataset ever had, by key."""
    columns = dataset_place.c
    rows = session.execute(
        select(
            columns.id,
            columns.key,
            columns.split,
            columns.item_hash,
            columns.rotations,
            columns.retired_at.is_not(None),
        ).where(columns.dataset_id == dataset_id)
    )
    return {
        key: Place(place, key, split, hashed, rotations, bool(retired))
        for place, key, split, hashed, rotations, retired in rows
    }


def keep_places(
    session: Session, dataset_id: int, wanted: Sequence[tuple[str, str, str]]
) -> dict[str, int]:
    """Give keys their place (key, split, hash of content); those that are there keep the split."""
    known = places(session, dataset_id)
    fresh = [(dataset_id, *one, 0) for one in wanted if one[0] not in known]
    names = ("dataset_id", "key", "split", "item_hash", "rotations")
    insert_rows(session, "dataset_place", names, fresh)
    for key, _, hashed in wanted:
        if key in known and known[key].hash != hashed:
            moved = update(dataset_place).where(dataset_place.c.id == known[key].id)
            session.execute(moved.values(item_hash=hashed))
    return {key: one.id for key, one in places(session, dataset_id).items()}


def add_members(
    session: Session, version_id: int, rows: Sequence[tuple[int, str, float | None, float | None]]
) -> None:
    """Fill a version: place, hash of the content, pi, the part of the draw in it."""
    names = ("version_id", "place_id", "item_hash", "pi", "draw_pi")
    insert_rows(session, "dataset_member", names, [(version_id, *row) for row in rows])


def count_rotation(session: Session, version_id: int, keep: int, now: datetime) -> None:
    """Count one more rotation for every member of a version; retire those that had enough."""
    of_version = select(dataset_member.c.place_id).where(dataset_member.c.version_id == version_id)
    mine = dataset_place.c.id.in_(of_version)
    session.execute(
        update(dataset_place).where(mine).values(rotations=dataset_place.c.rotations + 1)
    )
    enough = mine & (dataset_place.c.rotations >= keep) & dataset_place.c.retired_at.is_(None)
    session.execute(update(dataset_place).where(enough).values(retired_at=now))


def member_rows(session: Session, version_id: int) -> Sequence[AnyRow]:
    """The members of a version by key, without their content: key, split, hash, pi, draw_pi."""
    rows = session.execute(
        select(
            dataset_place.c.key,
            dataset_place.c.split,
            dataset_member.c.item_hash.label("hash"),
            dataset_member.c.pi,
            dataset_member.c.draw_pi,
        )
        .join_from(dataset_member, dataset_place)
        .where(dataset_member.c.version_id == version_id)
    ).all()
    return sorted(rows, key=lambda row: str(row.key))  # no database sorts texts like another


def members(
    session: Session, version_id: int, splits: Collection[str] | None = None
) -> Iterator[Member]:
    """The members of a version by key, a bounded number of contents at a time."""
    rows = iter(member_rows(session, version_id))
    wanted = (row for row in rows if splits is None or row.split in splits)
    while part := list(islice(wanted, CHUNK)):
        bodies = item_bodies(session, [row.hash for row in part])
        for row in part:
            yield Member(row.key, row.split, row.hash, row.pi, row.draw_pi, bodies[row.hash])


def item_bodies(session: Session, hashes: Collection[str]) -> dict[str, str]:
    """Contents as JSON text by hash."""
    found: dict[str, str] = {}
    rest = iter(sorted(set(hashes)))
    while part := list(islice(rest, CHUNK)):
        rows = session.execute(
            select(dataset_item.c.hash, type_coerce(dataset_item.c.body, Text)).where(
                dataset_item.c.hash.in_(part)
            )
        )
        found |= {row[0]: row[1] for row in rows}
    return found


def split_counts(session: Session, version_id: int) -> dict[str, int]:
    """How many members each split has."""
    rows = session.execute(
        select(dataset_place.c.split, func.count())
        .join_from(dataset_member, dataset_place)
        .where(dataset_member.c.version_id == version_id)
        .group_by(dataset_place.c.split)
    )
    return {row[0]: row[1] for row in rows}


def add_export(session: Session, values: Mapping[str, Any]) -> int:
    """Write down that a version is about to leave; the id to put its root to."""
    added = insert(dataset_export).values(**values).returning(dataset_export.c.id)
    return int(session.execute(added).scalar_one())


def finish_export(session: Session, export_id: int, root: str | None) -> None:
    """Keep the root of an export; without one it never came about."""
    mine = dataset_export.c.id == export_id
    if root is None:
        session.execute(delete(dataset_export).where(mine, dataset_export.c.reason.is_(None)))
        return
    session.execute(update(dataset_export).where(mine).values(root=root))


def exports_of(session: Session, dataset_id: int) -> Sequence[AnyRow]:
    """What left the house of a dataset, the newest first, with version and who."""
    return session.execute(
        select(
            dataset_export.c.id,
            dataset_version.c.number.label("version"),
            dataset_export.c.at,
            account.c.name.label("by"),
            dataset_export.c.format,
            dataset_export.c.splits,
            dataset_export.c.reason,
            dataset_export.c.root,
        )
        .join_from(
            dataset_export, dataset_version, dataset_export.c.version_id == dataset_version.c.id
        )
        .join(account, dataset_export.c.account_id == account.c.id, isouter=True)
        .where(dataset_version.c.dataset_id == dataset_id)
        .order_by(dataset_export.c.id.desc())
    ).all()


def canaries(session: Session) -> dict[str, str]:
    """Dataset names by canary."""
    rows = session.execute(select(dataset.c.canary, dataset.c.name))
    return {row[0]: row[1] for row in rows}
