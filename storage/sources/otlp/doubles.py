"""Two instrumentations that tell of one call: their spans stand one around the other."""

from collections.abc import Mapping, Sequence
from typing import Any

from storage.sources.otlp.generation import Generation


def same_calls(found: Sequence[tuple[str, Sequence[str], Generation]]) -> list[str]:
    """For each call the span whose interaction it is.

    Parameters
    ----------
    found
        The id of its span, those of the spans around it (the nearest first), and what it says.

    Returns
    -------
    list of str
        Mostly its own; of two with the same texts, or one of them without, the innermost with.
    """
    said = {span_id: generation for span_id, _, generation in found}
    target = {span_id: span_id for span_id in said}
    for span_id, around, generation in found:
        key = next((one for one in around if one in said), None)
        if key is None:
            continue
        if _is_silent(generation):
            target[span_id] = key
        elif _is_silent(said[key]) or _texts(said[key]) == _texts(generation):
            target[key] = span_id
    return [_last(span_id, target) for span_id, _, _ in found]


def _last(key: str, target: Mapping[str, str]) -> str:
    seen = {key}
    while (further := target[key]) not in seen:
        seen.add(further)
        key = further
    return key


def _is_silent(generation: Generation) -> bool:
    return generation.messages is None and generation.responses is None


def _texts(generation: Generation) -> Any:
    said = [one.get("text") for one in generation.responses or []]
    return [(one.get("role"), one.get("content")) for one in generation.messages or []], said
