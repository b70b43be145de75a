"""Spans a second: through a real server into interactions, beside reading the requests alone.

python bench/otlp.py [--spans 40000] [--rounds 3] [--connections 2] [--postgres]
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from sqlalchemy import func, select

from bench.stage import Server, postgres, stage
from bench.wire import Wire
from storage import Store
from storage.sources.otlp import traces_from_protobuf
from storage.tables import interaction

PER_BODY = 512
PER_TRACE = 4
MUST = 2_000
WORDS = "the order was sent twice and the invoice shows another address than agreed, so please "
SETTINGS = {"GOLDLOOP_TRACE_QUIET_SECONDS": "1"}


def bodies(count: int, start: int) -> list[bytes]:
    """Requests as an exporter sends them: a request, a search, a call with its texts, a tool."""
    found = []
    for first in range(0, count, PER_BODY):
        request = ExportTraceServiceRequest()
        group = request.resource_spans.add()
        _attribute(group.resource.attributes, "service.name", "bench")
        scope = group.scope_spans.add()
        for number in range(start + first, start + min(first + PER_BODY, count)):
            _span(scope.spans.add(), number)
        found.append(request.SerializeToString())
    return found


def _span(span: Any, number: int) -> None:
    trace, place = divmod(number, PER_TRACE)
    span.trace_id = (trace + 1).to_bytes(16, "big")
    span.span_id = (number + 1).to_bytes(8, "big")
    span.start_time_unix_nano = 1_795_000_000_000_000_000 + number * 1_000_000
    span.end_time_unix_nano = span.start_time_unix_nano + 500_000
    if place:
        span.parent_span_id = (trace * PER_TRACE + 1).to_bytes(8, "big")
    at = number % len(WORDS)
    text = (WORDS * 20)[at : at + 600]
    attributes: dict[str, Any] = (
        {"session.id": f"s-{trace // 3}", "user.id": f"u-{trace % 997}", "http.route": "/chat"},
        {"openinference.span.kind": "RETRIEVER", "retrieval.documents.0.document.content": text},
        _call(text, number),
        {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"},
    )[place]
    attributes |= {"server.address": "10.0.0.1", "server.port": 443, "thread.id": number % 64}
    for key, value in attributes.items():
        _attribute(span.attributes, key, value)


def _call(text: str, number: int) -> dict[str, Any]:
    said = [
        {"role": role, "parts": [{"type": "text", "content": text}]}
        for role in ("system", "user", "assistant", "user")
    ]
    answer = {"role": "assistant", "parts": [{"type": "text", "content": text * 2}],
              "finish_reason": "stop"}  # fmt: skip
    return {
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "m-1", "gen_ai.response.model": "m-1-2026",
        "gen_ai.response.id": f"chatcmpl-{number}", "gen_ai.request.temperature": 0.2,
        "gen_ai.usage.input_tokens": 600, "gen_ai.usage.output_tokens": 280,
        "gen_ai.input.messages": json.dumps(said), "gen_ai.output.messages": json.dumps([answer]),
    }  # fmt: skip


def _attribute(held: Any, key: str, value: Any) -> None:
    pair = held.add()
    pair.key = key
    kinds = {str: "string_value", int: "int_value", float: "double_value"}
    setattr(pair.value, kinds[type(value)], value)


async def _send(port: int, token: str, sent: Sequence[bytes], connections: int) -> float:
    """Seconds from the first byte sent to the last answer."""
    waiting = list(sent)[::-1]

    async def one(wire: Wire) -> None:
        while waiting:
            status, _ = await wire.post("/v1/traces", waiting.pop(), kind="application/x-protobuf")
            assert status == 200, status
        wire.close()

    began = time.perf_counter()
    await asyncio.gather(*(one(Wire("127.0.0.1", port, token)) for _ in range(connections)))
    return time.perf_counter() - began


def stored(store: Store) -> int:
    with store.read() as session:
        return int(session.scalar(select(func.count()).select_from(interaction)) or 0)


def by_rest(url: str, folder: Path, asked: argparse.Namespace) -> list[float]:
    """Spans a second of each round, from the first byte to the last interaction."""
    rates, taken = [], []
    server = Server(url, log=folder / "server.log", more=SETTINGS)
    with stage(url, 0) as town:
        server.start()
        try:
            for number in range(asked.rounds):
                sent = bodies(asked.spans, number * asked.spans)
                wanted = stored(town.store) + asked.spans // PER_TRACE
                began = time.perf_counter()
                took = asyncio.run(_send(server.port, town.tokens["boss"], sent, asked.connections))
                while stored(town.store) < wanted:
                    time.sleep(0.05)
                rates.append(asked.spans / (time.perf_counter() - began))
                taken.append(asked.spans / took)
            print(f"  acknowledged at {statistics.median(taken):,.0f} spans/s; ", end="")
            print(f"peak memory of the server {server.peak_mb():.0f} MB")
        finally:
            server.stop()
    return rates


def main() -> int:
    parser = argparse.ArgumentParser(description="Spans a second.")
    parser.add_argument("--spans", type=int, default=40_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=2)
    parser.add_argument("--postgres", action="store_true")
    asked = parser.parse_args()
    asked.spans -= asked.spans % PER_TRACE
    sent = bodies(asked.spans, 0)
    print(
        f"{asked.spans:,} spans of {sum(map(len, sent)) / asked.spans:,.0f} bytes, {PER_BODY} a "
        f"request; one in {PER_TRACE} is a call with about 4,000 characters"
    )
    began = time.perf_counter()
    for body in sent:
        traces_from_protobuf(body)
    alone = asked.spans / (time.perf_counter() - began)
    print(f"  reading the requests alone: {alone:,.0f} spans/s")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        tell("SQLite", by_rest(f"sqlite:///{folder / 'otlp.db'}", folder, asked), alone)
        if asked.postgres:
            with postgres(folder / "postgres") as url:
                tell("PostgreSQL", by_rest(url, folder, asked), alone)
    return 0


def tell(where: str, rates: list[float], alone: float) -> None:
    middle = statistics.median(rates)
    held = "held" if middle >= MUST else "missed"
    print(
        f"{where}: median {middle:,.0f} spans/s from the first byte to the last interaction, "
        f"{middle / alone:.2f} of reading alone (must {MUST:,}: {held})"
    )


if __name__ == "__main__":
    raise SystemExit(main())
