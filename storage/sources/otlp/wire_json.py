"""OTLP in JSON: the same plain spans and records; ids are hexadecimal, numbers may be texts."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from storage.errors import BadRow
from storage.sources.jsonl import json_value
from storage.sources.otlp.plain import KEPT_OF_RESOURCE, Event, Json, Record, Span, Taken, slim
from storage.sources.otlp.wire import check_depth
from storage.values import shown

_HEX = re.compile(r"[0-9a-fA-F]*")
_STATUS = {"STATUS_CODE_UNSET": 0, "STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": 2}
_NANOS = range(2**63)
_INT64 = range(-(2**63), 2**63)


def traces_from_json(body: bytes) -> Taken:
    """The spans of an ExportTraceServiceRequest.

    Raises
    ------
    BadRow
        If the body is none; a single bad span is counted instead.
    """
    spans: list[Span] = []
    faults: list[BadRow] = []
    for one, resource in _each(body, "resourceSpans", "scopeSpans", "spans"):
        try:
            spans.append(_span(one, resource))
        except BadRow as error:
            faults.append(error)
    return Taken(spans, [], len(faults), str(faults[0]) if faults else "")


def logs_from_json(body: bytes) -> Taken:
    """The records of an ExportLogsServiceRequest; those that are no event of a model are left out.

    Raises
    ------
    BadRow
        If the body is none; a single bad record is counted instead.
    """
    records: list[Record] = []
    faults: list[BadRow] = []
    for one, resource in _each(body, "resourceLogs", "scopeLogs", "logRecords"):
        try:
            records += _record(one, resource)
        except BadRow as error:
            faults.append(error)
    return Taken([], records, len(faults), str(faults[0]) if faults else "")


def _each(body: bytes, *names: str) -> Iterator[tuple[Any, Json]]:
    """Whatever stands at the third of three lists within lists, with its resource."""
    request = json_value(body)
    outer, middle, inner = names
    for group in _listed(_object("body", request), outer):
        held = _object(outer, group)
        resource = _resource(held)
        for scope in _listed(held, middle):
            for one in _listed(_object(middle, scope), inner):
                yield one, resource


def _span(one: Any, resource: Json) -> Span:
    held = _object("span", one)
    get = held.get
    status = _object("status", get("status") or {})
    return slim(
        Span(
            trace_id=_id("traceId", get("traceId"), 32),
            span_id=_id("spanId", get("spanId"), 16),
            parent_id=_id_or_none("parentSpanId", get("parentSpanId"), 16),
            name=_text("name", get("name"))[:500],
            start=_nanos("startTimeUnixNano", get("startTimeUnixNano")),
            end=_nanos("endTimeUnixNano", get("endTimeUnixNano")),
            status=_code(status.get("code")),
            message=_text("status.message", status.get("message")),
            attributes=_attributes(held),
            events=[_event(event) for event in _listed(held, "events")],
            links=[_link(link) for link in _listed(held, "links")],
            resource=resource,
        )
    )


def _event(value: Any) -> Event:
    held = _object("events", value)
    time = _nanos("timeUnixNano", held.get("timeUnixNano"))
    return Event(_text("events.name", held.get("name")), time, _attributes(held))


def _link(value: Any) -> tuple[str, str]:
    held = _object("links", value)
    trace_id = _id_or_none("links.traceId", held.get("traceId"), 32)
    return trace_id or "", _id_or_none("links.spanId", held.get("spanId"), 16) or ""


def _record(one: Any, resource: Json) -> Iterator[Record]:
    held = _object("logRecord", one)
    get = held.get
    attributes = _attributes(held)
    name = get("eventName") or attributes.get("event.name")
    if not isinstance(name, str) or not name.startswith("gen_ai."):
        return
    time = _nanos("timeUnixNano", get("timeUnixNano"))
    body = get("body")
    yield Record(
        trace_id=_id_or_none("traceId", get("traceId"), 32) or "",
        span_id=_id_or_none("spanId", get("spanId"), 16) or "",
        name=name,
        time=time or _nanos("observedTimeUnixNano", get("observedTimeUnixNano")),
        body=None if body is None else _value(body),
        attributes=attributes,
        resource=resource,
    )


def _resource(held: Mapping[str, Any]) -> Json:
    found = _attributes(_object("resource", held.get("resource") or {}))
    return {key: found[key] for key in KEPT_OF_RESOURCE if found.get(key) is not None}


def _attributes(held: Mapping[str, Any]) -> Json:
    return _pairs(_listed(held, "attributes"), 0)


def _pairs(listed: list[Any], depth: int) -> Json:
    found: Json = {}
    for one in listed:
        pair = _object("attributes", one)
        value = pair.get("value")
        key = _text("attributes.key", pair.get("key"))
        found[key] = None if value is None else _value(value, depth)
    return found


def _value(value: Any, depth: int = 0) -> Any:
    """An AnyValue; an empty one is null."""
    held = _object("value", value)
    for kind, one in held.items():
        if kind == "stringValue":
            return _text(kind, one)
        if kind in ("arrayValue", "kvlistValue"):
            check_depth(depth + 1)
            inner = _listed(_object(kind, one or {}), "values")
            if kind == "kvlistValue":
                return _pairs(inner, depth + 1)
            return [None if each is None else _value(each, depth + 1) for each in inner]
        if kind in _PLAIN:
            return _PLAIN[kind](one)
    return None


def _integer(value: Any) -> int:
    try:
        found = value if type(value) is int else int(value, 10) if len(value) < 25 else None
    except (TypeError, ValueError):
        found = None
    if found is None or found not in _INT64:
        raise BadRow("intValue", f"{shown(value)} is no whole number of 64 bits")
    return int(found)


def _double(value: Any) -> float | None:
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        raise BadRow("doubleValue", f"{shown(value)} is no number") from None
    return found if math.isfinite(found) else None


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadRow("boolValue", f"{shown(value)} is neither", "true or false")
    return value


def _base64(value: Any) -> str:
    return _text("bytesValue", value)


_PLAIN: Mapping[str, Callable[[Any], Any]] = {
    "intValue": _integer,
    "doubleValue": _double,
    "boolValue": _boolean,
    "bytesValue": _base64,
}


def _object(field: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadRow(field, f"{shown(value)} is not an object")
    return value


def _listed(held: Mapping[str, Any], name: str) -> list[Any]:
    found = held.get(name)
    if found is None:
        return []
    if not isinstance(found, list):
        raise BadRow(name, f"{shown(found)} is no list")
    return found


def _text(field: str, value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadRow(field, f"{shown(value)} is no text")
    return value


def _id(field: str, value: Any, digits: int) -> str:
    found = _id_or_none(field, value, digits)
    if found is None:
        raise BadRow(field, f"{shown(value)} is no id", f"{digits} digits 0-9a-f, not all zero")
    return found


def _id_or_none(field: str, value: Any, digits: int) -> str | None:
    text = _text(field, value)
    if not text.strip("0"):
        return None
    if len(text) != digits or not _HEX.fullmatch(text):
        raise BadRow(field, f"{shown(value)} is no id", f"{digits} digits 0-9a-f, not all zero")
    return text.lower()


def _nanos(field: str, value: Any) -> int:
    try:
        found = 0 if value in (None, "") else int(value)
    except (TypeError, ValueError, OverflowError):
        found = -1
    if found not in _NANOS:
        raise BadRow(field, f"{shown(value)} is no time", "nanoseconds since 1970")
    return found


def _code(value: Any) -> int:
    found = _STATUS.get(value, value) if isinstance(value, str) else value
    if found is None:
        return 0
    if type(found) is not int:
        raise BadRow("status.code", f"{shown(value)} is no code", "0, 1 or 2")
    return found
