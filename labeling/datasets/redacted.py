"""What was done to the texts of items before they were stored: for the card and the manifest."""

from collections.abc import Iterable, Mapping
from typing import Any

from labeling.datasets.items import source_of
from labeling.redaction import in_words, redaction_told
from storage import Session


def redaction_of(session: Session, default: str, keys: Iterable[str]) -> dict[str, Any]:
    """As `redaction_told`, of the sources of these items alone.

    `written` names the sources of no interaction: what experts wrote and templates made is kept
    as it was given.
    """
    told = redaction_told(session, default)
    names = sorted({source_of(key) for key in keys})
    there = {name: told["sources"][name] for name in names if name in told["sources"]}
    return told | {"sources": there, "written": [name for name in names if name not in there]}


def told_in_words(told: Mapping[str, Any]) -> str:
    """The same in a sentence; of production items it speaks of their whole sources."""
    parts = []
    if told["sources"]:
        parts.append(f"production sources: {in_words(told)}")
    if told["written"]:
        parts.append("written and made items: as they were given")
    return "; ".join(parts)
