"""Traces of the OpenTelemetry protocol, in every convention that speaks of models."""

from storage.sources.otlp.calls import trace_of
from storage.sources.otlp.plain import Taken
from storage.sources.otlp.wire import logs_from_protobuf, traces_from_protobuf
from storage.sources.otlp.wire_json import logs_from_json, traces_from_json

__all__ = [
    "Taken",
    "logs_from_json",
    "logs_from_protobuf",
    "trace_of",
    "traces_from_json",
    "traces_from_protobuf",
]
