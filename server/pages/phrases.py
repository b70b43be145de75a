"""What people read where a pattern or a failure is named, on pages, in reports, at the terminal."""

from collections.abc import Mapping
from typing import Any

PHRASES = {
    "flags": "flagged {}", "tags": "tagged {}", "length": "responses of {}",
    "texts": "texts with {}", "turns": "conversations of {}", "confidence": "confidence {}",
    "week": "week {}",
}  # fmt: skip


def around(key: str) -> tuple[str, str]:
    """What stands before and after the value of an attribute."""
    before, _, after = PHRASES.get(key, key + " {}").partition("{}")
    return before, after


def where_of(where: Mapping[str, str]) -> str:
    """A segment in words."""
    return ", ".join(str(value).join(around(key)) for key, value in where.items())


def failing_below(threshold: float) -> str:
    """What makes a task a failure: a mean counts, so labels on both sides can be one."""
    return (
        f"rated below {threshold:g} by the mean of a task's labels "
        f"(a {threshold - 1:g} and a {threshold:g} fail)"
    )


def counted(figures: Mapping[str, Any], pair: bool) -> str | None:
    """How many labelled tasks of a noted pattern failed, where no rate is known of it."""
    if figures["rate"]["value"] is not None or not figures["tasks"]:
        return None
    tasks = f"{figures['tasks']} labelled {'task' if figures['tasks'] == 1 else 'tasks'}"
    return f"{figures['failures']} of {tasks} {'have both' if pair else 'failed'}"
