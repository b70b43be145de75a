"""Datasets: begun, added to, compared, checked, rotated, taken away."""

import re
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response, StreamingResponse

from labeling.datasets import rotation
from labeling.datasets.contamination import check_version
from labeling.datasets.export import Wanted, stream_version
from labeling.datasets.recipe import Recipe
from labeling.datasets.versions import (
    Change,
    DatasetSpec,
    add_from_queues,
    add_version,
    create_dataset,
    diff,
    list_datasets,
    show,
)
from labeling.datasets.written import from_rows
from labeling.exports import file_name
from server.api.deps import Curator, ThisHouse, reply, takes

router = APIRouter(prefix="/v1/datasets", tags=["datasets"])
Number = Annotated[int, Query(ge=1, lt=2**31)]


class NewDataset(BaseModel):
    """What holds for all versions."""

    model_config = ConfigDict(extra="forbid")
    name: str
    licence: str
    description: str = ""
    splits: dict[str, float] | None = None


class NewVersion(BaseModel):
    """A recipe, or items, or ids to leave out."""

    model_config = ConfigDict(extra="forbid")
    recipe: dict[str, Any] | None = None
    items: Annotated[list[dict[str, Any]], Field(max_length=10_000)] | None = None
    remove: Annotated[list[str], Field(max_length=10_000)] | None = None
    only: bool = False
    note: str = ""

    @model_validator(mode="after")
    def _one(self) -> "NewVersion":
        if sum(one is not None for one in (self.recipe, self.items, self.remove)) != 1:
            raise ValueError("give one of recipe, items and remove")
        return self


class NewRotation(BaseModel):
    """How often, and for how long an item stays."""

    model_config = ConfigDict(extra="forbid")
    every_seconds: int | None
    keep: int = 3


class NewExport(BaseModel):
    """What of a version is taken away."""

    model_config = ConfigDict(extra="forbid")
    format: str
    version: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    splits: Annotated[list[str], Field(max_length=3)] = Field(default_factory=list)
    unlock: str | None = None


@router.get("")
def datasets(house: ThisHouse, who: Curator) -> Response:  # noqa: ARG001 - who may, not who
    """Every dataset with its newest version."""
    with house.store.read() as session:
        return reply(list_datasets(session))


@router.post("")
def create(
    house: ThisHouse, who: Curator, body: Annotated[NewDataset, takes(NewDataset)]
) -> Response:
    """Begin a dataset without any version."""
    spec = DatasetSpec(body.name, body.licence, body.description, body.splits)
    return reply(create_dataset(house.store, spec, house.clock(), who), 201)


@router.get("/{dataset}")
def one(house: ThisHouse, who: Curator, dataset: str) -> Response:  # noqa: ARG001
    """A dataset with its versions, and what left the house."""
    with house.store.read() as session:
        return reply(show(session, dataset))


@router.post("/{dataset}/versions")
def add(
    house: ThisHouse, who: Curator, dataset: str, body: Annotated[NewVersion, takes(NewVersion)]
) -> Response:
    """The next version: 201, or 200 when nothing is different."""
    now = house.clock()
    if body.recipe is not None:
        recipe = Recipe.from_json(body.recipe)
        found = add_from_queues(
            house.store, dataset, recipe, now, by=who, note=body.note, only=body.only
        )
    else:
        rows = enumerate(body.items or ())
        written = from_rows(house.store, rows, f"expert-{dataset}"[:200], now)
        change = Change(written.items, body.remove or (), body.only, body.note, written.made_from)
        found = add_version(house.store, dataset, change, now, who)
        found |= {"rejected": written.rejected}
    return reply(found, 201 if found["new"] else 200)


@router.get("/{dataset}/diff")
def differences(
    house: ThisHouse,
    who: Curator,  # noqa: ARG001
    dataset: str,
    old: Number,
    new: Number,
) -> Response:
    """What is different between two versions, by item and field."""
    with house.store.read() as session:
        return reply(diff(session, dataset, old, new))


@router.get("/{dataset}/check")
def check(
    house: ThisHouse,
    who: Curator,  # noqa: ARG001
    dataset: str,
    against: str,
) -> Response:
    """Whether items of the newest version stand in another version, as NAME or NAME@3."""
    with house.store.snapshot() as session:
        return reply(check_version(session, dataset, against))


@router.put("/{dataset}/rotation")
def rotate(
    house: ThisHouse, who: Curator, dataset: str, body: Annotated[NewRotation, takes(NewRotation)]
) -> Response:
    """Renew a dataset by the clock; null stops it."""
    with house.store.write() as session:
        found = rotation.set_rotation(
            session, dataset, body.every_seconds, body.keep, house.clock()
        )
        house.note(session, who, "dataset_rotation", dataset, every=body.every_seconds)
    return reply(found)


@router.post("/{dataset}/export")
def export(
    house: ThisHouse, who: Curator, dataset: str, body: Annotated[NewExport, takes(NewExport)]
) -> Response:
    """A version as a zip, split by split, with card and manifest; its root is in a header."""
    wanted = Wanted(body.format, tuple(body.splits), body.unlock)
    return _zip(house, who, dataset, body.version, wanted)


@router.get("/{dataset}/export")
def download(
    house: ThisHouse, who: Curator, dataset: str, format: str, version: Number | None = None
) -> Response:
    """The same by a link, without the test split: that takes a reason, and so a POST."""
    return _zip(house, who, dataset, version, Wanted(format))


def _zip(
    house: ThisHouse, who: Curator, dataset: str, version: int | None, wanted: Wanted
) -> Response:
    told = dataset if version is None else f"{dataset}@{version}"
    root, chunks = stream_version(house.store, told, wanted, house.clock(), who)
    name = f"{file_name(told)}.zip"
    plain = re.sub(r"[^\w.-]+", "-", name, flags=re.ASCII)
    headers = {
        "content-disposition": f'attachment; filename="{plain}"; '
        f"filename*=UTF-8''{quote(name, safe='')}",
        "x-goldloop-root": root,
    }
    return StreamingResponse(chunks, media_type="application/zip", headers=headers)
