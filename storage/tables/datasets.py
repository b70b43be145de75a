"""Datasets: their versions, what is in each, and who opened what is locked."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.tables.columns import counted, json, long_text, metadata, moment, part, ref


class Dataset(SQLModel, table=True):
    """A benchmark under one name: what holds for all of its versions."""

    __table_args__ = (
        CheckConstraint("rotate_seconds >= 60", name="rotate_seconds"),
        CheckConstraint("rotate_keep >= 1", name="rotate_keep"),
    )

    id: int = counted()
    name: str = Field(unique=True)
    canary: str = Field(unique=True)
    """A GUID that stands in every export: whoever finds it elsewhere knows what leaked."""
    licence: str
    description: str = long_text()
    splits: dict[str, float] = json()
    """The share of clusters by split; it never changes."""
    created_at: datetime = moment()
    created_by: int | None = ref("account.id", null=True)
    recipe: dict[str, Any] | None = json(null=True)
    """How the last version was taken from queues, for the next rotation."""
    rotate_seconds: int | None
    rotate_keep: int | None
    """After so many rotations an item is retired."""
    rotate_at: datetime | None = moment(null=True, index=True)


class DatasetVersion(SQLModel, table=True):
    """One immutable state of a dataset."""

    __tablename__ = "dataset_version"
    __table_args__ = (
        UniqueConstraint("dataset_id", "number"),
        UniqueConstraint("dataset_id", "planned_at"),
    )

    id: int = counted()
    dataset_id: int = ref("dataset.id", index=False)
    number: int
    hash: str
    """Root of the tree of its items: ids, splits and contents."""
    parent_id: int | None = ref("dataset_version.id", null=True)
    note: str = long_text()
    made_from: dict[str, Any] = json()
    """Queues with filters, draws and guidelines, files, templates."""
    report: dict[str, Any] = json()
    """What was found and left out while it was split."""
    items: int
    planned_at: datetime | None = moment(null=True)
    """The rotation that made it."""
    created_at: datetime = moment()
    created_by: int | None = ref("account.id", null=True)


class DatasetItem(SQLModel, table=True):
    """The content of an item, once, whichever versions have it."""

    __tablename__ = "dataset_item"

    hash: str = Field(primary_key=True)
    body: dict[str, Any] = json()


class DatasetPlace(SQLModel, table=True):
    """The split that an id of a dataset has for good, also once no version has it any more."""

    __tablename__ = "dataset_place"
    __table_args__ = (UniqueConstraint("dataset_id", "key"),)

    id: int = counted()
    dataset_id: int = ref("dataset.id", index=False)
    key: str
    split: str
    item_hash: str = Field(foreign_key="dataset_item.hash", index=True)
    """Its newest content."""
    rotations: int
    """How many it has been through."""
    retired_at: datetime | None = moment(null=True)


class DatasetMember(SQLModel, table=True):
    """An item of a version."""

    __tablename__ = "dataset_member"

    version_id: int = part("dataset_version.id")
    place_id: int = part("dataset_place.id", index=True)
    item_hash: str = Field(foreign_key="dataset_item.hash", index=True)
    pi: float | None
    """The probability with which it came in from the traffic; null where it is not known."""
    draw_pi: float | None
    """The part of it that the draw into the dataset had; null where all that matched came in."""


class DatasetExport(SQLModel, table=True):
    """What left the house: the hash of its manifest, and why the test split was opened."""

    __tablename__ = "dataset_export"
    __table_args__ = (Index("ix_dataset_export_version_id_at", "version_id", "at"),)

    id: int = counted()
    version_id: int = ref("dataset_version.id", index=False)
    at: datetime = moment()
    account_id: int | None = ref("account.id", null=True)
    format: str
    splits: list[str] = json()
    reason: str | None
    """Why the test split was opened; null: it was left out."""
    root: str | None = Field(default=None, index=True)
    """SHA-256 of the manifest."""


# The same tables for statements: `select(dataset.c.id)`.
dataset = metadata.tables["dataset"]
dataset_version = metadata.tables["dataset_version"]
dataset_item = metadata.tables["dataset_item"]
dataset_place = metadata.tables["dataset_place"]
dataset_member = metadata.tables["dataset_member"]
dataset_export = metadata.tables["dataset_export"]
