"""Queues: making and changing them, drawing into them, their tasks and labels, imports."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from labeling.draws import draw_into
from labeling.guideline import named
from labeling.imports import import_labels
from labeling.queues import QueueSpec, change_queue, create_queue, list_queues, queue_info
from labeling.rules import CareRules
from labeling.schedules import ScheduleSpec, set_schedule, stop_schedule
from labeling.streams import label_lines, task_lines
from server import auth
from server.api.bodies import NDJSON, read_raw, rows_of
from server.api.deps import Drawer, House, Importer, Lead, ThisHouse, allowed, reply, takes
from server.api.schemas import BRINGS_ROWS, DrawIn, QueueChange, QueueIn, ScheduleIn, brings
from storage.queries.accounts import Account

router = APIRouter(prefix="/v1/queues", tags=["queues"])


@router.get("", dependencies=[allowed(auth.may_draw)])
def list_(house: ThisHouse) -> Response:
    """Every queue, by name."""
    with house.store.read() as session:
        return reply(list_queues(session))


@router.post("", status_code=201, openapi_extra=brings(QueueIn))
def create(house: ThisHouse, who: Lead, sent: Annotated[QueueIn, takes(QueueIn)]) -> Response:
    """Make a queue for a guideline."""
    spec = QueueSpec(
        name=sent.name,
        guideline=sent.guideline,
        overlap=sent.overlap,
        overlap_rate=sent.overlap_rate,
        lease_seconds=sent.lease_seconds,
        show=tuple(sent.show),
        people=None if sent.people is None else tuple(sent.people),
        overlap_until=sent.overlap_until,
        care=CareRules(sent.qualification, sent.gold_rate, sent.repeat_rate, sent.min_seconds),
    )
    guideline = named(house.guidelines, sent.guideline)
    with house.store.write() as session:
        made = create_queue(session, spec, guideline, who, house.clock())
        house.note(session, who, "queue_made", sent.name)
    return reply(made, 201)


@router.get("/{queue}", dependencies=[allowed(auth.may_draw)])
def show(house: ThisHouse, queue: str) -> Response:
    """One queue with its rules and counts."""
    with house.store.read() as session:
        return reply(queue_info(session, queue))


@router.patch("/{queue}", openapi_extra=brings(QueueChange))
def change(
    house: ThisHouse, who: Lead, queue: str, sent: Annotated[QueueChange, takes(QueueChange)]
) -> Response:
    """Change a queue; overlap and its rate hold for tasks drawn from now on."""
    changes = sent.model_dump(exclude_unset=True)
    with house.store.write() as session:
        changed = change_queue(session, queue, changes, house.clock())
        house.note(session, who, "queue_changed", queue, **changes)
    return reply(changed)


@router.put("/{queue}/schedule", openapi_extra=brings(ScheduleIn))
def schedule(
    house: ThisHouse, who: Lead, queue: str, sent: Annotated[ScheduleIn, takes(ScheduleIn)]
) -> Response:
    """Let a queue draw by itself, one disjoint window of arrivals after the other."""
    with house.store.write() as session:
        if sent.only_stops:
            changed = stop_schedule(session, queue)
        else:
            spec = ScheduleSpec(sent.request(), sent.every_seconds, sent.enabled, sent.starts_at)
            changed = set_schedule(session, queue, spec, house.clock())
        house.note(session, who, "schedule_set" if sent.enabled else "schedule_stopped", queue)
    return reply(changed)


@router.post(
    "/{queue}/draws",
    status_code=201,
    responses={200: {"description": "A dry run: what would be drawn"}},
    openapi_extra=brings(DrawIn),
)
def draw(
    house: ThisHouse,
    who: Drawer,
    queue: str,
    sent: Annotated[DrawIn, takes(DrawIn)],
    dry_run: bool = False,
) -> Response:
    """Draw interactions into a queue, each with a known probability; a dry run answers 200."""
    request = sent.request(sent.seed)
    drawn = draw_into(house.store, queue, request, clock=house.clock, by=who, dry_run=dry_run)
    if not dry_run:
        house.note_done(who, "drawn", queue, draw=drawn["draw_id"], interactions=drawn["drawn"])
    return reply(drawn, 200 if dry_run else 201)


def _lines(chunks: Iterator[bytes]) -> Response:
    return StreamingResponse(chunks, media_type=NDJSON)


@router.get("/{queue}/tasks", dependencies=[allowed(auth.may_report)])
def tasks(house: ThisHouse, queue: str) -> Response:
    """Every task in serving order, one JSON object a line."""
    return _lines(task_lines(house.store, queue, house.clock()))


@router.get("/{queue}/labels", dependencies=[allowed(auth.may_report)])
def labels(house: ThisHouse, queue: str) -> Response:
    """Every current label, one JSON object a line."""
    return _lines(label_lines(house.store, queue, house.clock()))


@router.post("/{queue}/labels", openapi_extra=BRINGS_ROWS)
async def import_(request: Request, house: ThisHouse, who: Importer, queue: str) -> Response:
    """Bring in labels that were made elsewhere, as lines of JSON or an array."""
    body = await read_raw(request, house.settings.max_body_bytes)
    return await run_in_threadpool(_import, house, who, request, queue, body)


def _import(house: House, who: Account, request: Request, queue: str, body: bytes) -> Response:
    rows = rows_of(request, body, house.settings.max_body_bytes)
    report = import_labels(house.store, queue, rows, now=house.clock())
    house.note_done(who, "labels_imported", queue, accepted=report.accepted)
    return reply(report.to_json())
