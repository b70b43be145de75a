"""Settled rows as the samples of a dataset: what was asked, and what is right."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from storage.exports.format import Row
from storage.exports.texts import decoded, text_of


def identified(rows: Iterable[Row]) -> Iterator[tuple[str, Row]]:
    """Each row with an id that is the same in every export and never given twice.

    It is `source:id of the sender`; a colon or # in the source is escaped. An interaction that
    was both drawn and imported is two tasks, one after the other: the second is marked.
    """
    before = None
    for row in rows:
        source = row["source"].replace("%", "%25").replace(":", "%3A").replace("#", "%23")
        this = (row["source"], row["interaction_id"])
        mark = f"#{row['purpose']}" if this == before else ""
        before = this
        yield f"{source}{mark}:{row['interaction_id']}", row


def sample(key: str, row: Row) -> dict[str, Any]:
    """One sample in the reference structure, and after it how its answers came to be."""
    interaction, values = row["interaction"], row["values"]
    context = decoded(interaction["context"]) or []
    return {
        "id": key,
        "source": row["source"],
        "interaction_id": row["interaction_id"],
        **_asked(decoded(interaction["messages"]) or []),
        "context": [text_of(one) for one in context],
        "expected_answer": row["expected_answer"],
        "tags": interaction["tags"] or [],
        "category": interaction["category"],
        "difficulty": values.get("difficulty"),
        "requires_context": values.get("requires_context"),
        "responses": interaction["responses"],
        "model": interaction["model"],
        "variant": interaction["variant"],
        "created_at": interaction["created_at"],
        "session_id": interaction["session_id"],
        **{key: row[key] for key in SAID if key in row},
    }


SAID = (
    "expected_from", "values", "origin", "mean", "label_ids", "unsettled", "labels", "annotators",
    "annotator_confidence", "guidelines", "task_id", "purpose", "pi", "reason", "given",
    "split", "item_origin", "canary",
)  # fmt: skip
"""What is passed on of how people answered."""


def _asked(messages: list[Mapping[str, Any]]) -> dict[str, Any]:
    """`query` for one plain message of the user, else `messages`."""
    if len(messages) == 1:
        only = messages[0]
        if only.get("role") == "user" and isinstance(only.get("content"), str):
            return {"query": only["content"]}
    return {"messages": messages}
