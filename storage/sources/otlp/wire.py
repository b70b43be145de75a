"""OTLP in protobuf: a body becomes plain spans or records."""

import base64
import math
from collections.abc import Iterable, Iterator
from typing import Any

from storage.errors import BadRow
from storage.sources.otlp.plain import KEPT_OF_RESOURCE, Event, Json, Record, Span, Taken, slim

DEEPEST = 32
"""Deepest nesting of lists and objects in one attribute."""
ZERO = b"\0"


def traces_from_protobuf(body: bytes) -> Taken:
    """The spans of an ExportTraceServiceRequest.

    Raises
    ------
    BadRow
        If the body is none; a single bad span is counted instead.
    """
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    request = _parsed(ExportTraceServiceRequest(), body)
    spans: list[Span] = []
    faults: list[BadRow] = []
    for group in request.resource_spans:
        resource = _resource(group.resource)
        for scope in group.scope_spans:
            for one in scope.spans:
                try:
                    spans.append(_span(one, resource))
                except BadRow as error:
                    faults.append(error)
    return Taken(spans, [], len(faults), str(faults[0]) if faults else "")


def logs_from_protobuf(body: bytes) -> Taken:
    """The records of an ExportLogsServiceRequest; those that are no event of a model are left out.

    Raises
    ------
    BadRow
        If the body is none; a single bad record is counted instead.
    """
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    request = _parsed(ExportLogsServiceRequest(), body)
    records: list[Record] = []
    faults: list[BadRow] = []
    for group in request.resource_logs:
        resource = _resource(group.resource)
        for scope in group.scope_logs:
            for one in scope.log_records:
                try:
                    records += _record(one, resource)
                except BadRow as error:
                    faults.append(error)
    return Taken([], records, len(faults), str(faults[0]) if faults else "")


def _parsed(message: Any, body: bytes) -> Any:
    from google.protobuf.message import DecodeError

    try:
        message.ParseFromString(body)
    except DecodeError as error:
        raise BadRow(None, f"the body is no OTLP protobuf: {error!s:.80}") from None
    return message


def hex_id(field: str, raw: bytes, size: int) -> str:
    """An id as hexadecimal digits.

    Raises
    ------
    BadRow
        If it has another length or is all zero.
    """
    if len(raw) != size or raw == ZERO * size:
        raise BadRow(field, f"{raw.hex()!r:.80} is no id", f"{size} bytes that are not all zero")
    return raw.hex()


def _span(one: Any, resource: Json) -> Span:
    return slim(
        Span(
            trace_id=hex_id("traceId", one.trace_id, 16),
            span_id=hex_id("spanId", one.span_id, 8),
            parent_id=one.parent_span_id.hex() if any(one.parent_span_id) else None,
            name=one.name[:500],
            start=one.start_time_unix_nano,
            end=one.end_time_unix_nano,
            status=one.status.code,
            message=one.status.message,
            attributes=_attributes(one.attributes),
            events=[
                Event(event.name, event.time_unix_nano, _attributes(event.attributes))
                for event in one.events
            ],
            links=[(link.trace_id.hex(), link.span_id.hex()) for link in one.links],
            resource=resource,
        )
    )


def _record(one: Any, resource: Json) -> Iterator[Record]:
    attributes = _attributes(one.attributes)
    name = one.event_name or attributes.get("event.name")
    if not isinstance(name, str) or not name.startswith("gen_ai."):
        return
    yield Record(
        trace_id=hex_id("traceId", one.trace_id, 16) if any(one.trace_id) else "",
        span_id=hex_id("spanId", one.span_id, 8) if any(one.span_id) else "",
        name=name,
        time=one.time_unix_nano or one.observed_time_unix_nano,
        body=_value(one.body),
        attributes=attributes,
        resource=resource,
    )


def _resource(resource: Any) -> Json:
    found = _attributes(resource.attributes)
    return {key: found[key] for key in KEPT_OF_RESOURCE if found.get(key) is not None}


def _attributes(pairs: Iterable[Any]) -> Json:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: Any, depth: int = 0) -> Any:
    kind = value.WhichOneof("value")
    if kind == "string_value":
        return value.string_value
    if kind is None:
        return None
    if kind == "double_value":
        number = value.double_value
        return number if math.isfinite(number) else None
    if kind == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    if kind in ("array_value", "kvlist_value"):
        return _several(value, kind, depth + 1)
    return getattr(value, kind)


def _several(value: Any, kind: str, depth: int) -> Any:
    check_depth(depth)
    if kind == "array_value":
        return [_value(one, depth) for one in value.array_value.values]
    return {pair.key: _value(pair.value, depth) for pair in value.kvlist_value.values}


def check_depth(depth: int) -> None:
    """Raise BadRow where an attribute is nested deeper than any message of a model is."""
    if depth > DEEPEST:
        raise BadRow("attributes", f"nested deeper than {DEEPEST} levels", "flatten it")
