"""Fill a Phoenix with traces and feedback by its own client; runs in the environment of Phoenix.

python seed_phoenix.py http://127.0.0.1:PORT
"""

import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from phoenix.client import Client

PROJECT = "support-bot"


def span(number: int, kind: str, parent: int | None, **attributes: Any) -> dict[str, Any]:
    start = datetime.now(UTC) - timedelta(minutes=10) + timedelta(seconds=number)
    return {
        "name": kind.lower(),
        "context": {"trace_id": f"{number // 10:032x}", "span_id": f"{number + 16:016x}"},
        "span_kind": kind,
        "parent_id": None if parent is None else f"{parent + 16:016x}",
        "start_time": start.isoformat(),
        "end_time": (start + timedelta(milliseconds=250)).isoformat(),
        "status_code": attributes.pop("status", "OK"),
        "status_message": "",
        "attributes": {name.replace("__", "."): value for name, value in attributes.items()},
    }


def asked(question: str, answer: str | None) -> dict[str, Any]:
    found = {
        "llm.model_name": "fake-mini",
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": question,
        "llm.token_count.prompt": 7,
        "input.value": question,
    }
    if answer is not None:
        found["llm.output_messages.0.message.role"] = "assistant"
        found["llm.output_messages.0.message.content"] = answer
    return found


def stored(client: Client) -> int:
    try:
        return len(client.spans.get_spans(project_identifier=PROJECT, limit=100))
    except httpx.HTTPStatusError:  # the project is made with its first span
        return 0


def main(url: str) -> None:
    client = Client(base_url=url)
    spans = []
    for trace in range(1, 26):
        root, call = trace * 10, trace * 10 + 1
        question = f"Where is order {trace}?"
        spans.append(
            span(root, "CHAIN", None, session__id=f"s-{trace}", input__value=question,
                 output__value="On its way.")
        )  # fmt: skip
        answer = None if trace == 25 else "On its way."
        status = "ERROR" if trace == 25 else "OK"
        spans.append(span(call, "LLM", root, status=status, **asked(question, answer)))
    spans.append(span(260, "CHAIN", None, input__value="ping", output__value="pong"))
    client.spans.log_spans(project_identifier=PROJECT, spans=spans)
    while stored(client) < len(spans):
        time.sleep(0.2)  # Phoenix stores spans after it has answered
    note = client.spans.add_span_annotation
    note(span_id=f"{11 + 16:016x}", annotation_name="user_feedback", annotator_kind="HUMAN",
         label="thumbs_up", score=1, explanation="Quick.", sync=True)  # fmt: skip
    note(span_id=f"{20 + 16:016x}", annotation_name="rating", annotator_kind="HUMAN",
         score=4, explanation="on the root", sync=True)  # fmt: skip
    note(span_id=f"{31 + 16:016x}", annotation_name="correctness", annotator_kind="LLM",
         score=0.25, sync=True)  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1])
