"""The GenAI conventions up to 1.36: a record of the log for every message, joined by their span."""

from collections.abc import Sequence

from storage.sources.otlp.generation import Generation, of_genai
from storage.sources.otlp.messages import answer, message_of
from storage.sources.otlp.plain import Json, Record, Span

ROLES = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
CHOICE = "gen_ai.choice"


def is_message(record: Record) -> bool:
    """Whether a record is one message, or one answer."""
    return record.name == CHOICE or record.name in ROLES


def from_records(span: Span, records: Sequence[Record]) -> Generation:
    """A call whose messages are records of the log, given in their order."""
    found = of_genai("gen_ai_legacy", span.attributes)
    asked = [_message(one) for one in records if one.name in ROLES]
    choices = sorted(_choices(records), key=lambda one: _index(one.get("index")))
    found.messages = asked or None
    if choices:
        found.responses = [answer(one.get("message")) for one in choices]
        if found.details["finish_reasons"] is None:
            found.details["finish_reasons"] = [one.get("finish_reason") for one in choices]
    return found


def _choices(records: Sequence[Record]) -> list[Json]:
    bodies = [one.body for one in records if one.name == CHOICE]
    return [{**one, "message": one.get("message", one)} for one in bodies if isinstance(one, dict)]


def _index(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0


def _message(record: Record) -> Json:
    body = record.body if isinstance(record.body, dict) else {"content": record.body}
    role = ROLES[record.name]
    made = message_of({"role": role, **body})
    if role == "tool" and isinstance(body.get("id"), str):
        made["tool_call_id"] = body["id"]
    return made
