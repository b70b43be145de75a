"""Answers that came with written items, as far as they are answers to the form they leave under."""

from collections.abc import Mapping, Sequence
from typing import Any

from labeling.errors import InvalidLabel
from labeling.fields import Field, fields_from_json
from storage.types import encode_json


def asked_by(guidelines: Sequence[Mapping[str, Any]]) -> dict[str, list[Field]]:
    """The fields of all forms of a version, by name."""
    found: dict[str, list[Field]] = {}
    for one in guidelines:
        for field in fields_from_json(encode_json(one["fields"])):
            found.setdefault(field.name, []).append(field)
    return found


def fitting(
    values: Mapping[str, Any], asked: Mapping[str, Sequence[Field]]
) -> tuple[dict[str, Any], int]:
    """The answers that a field of their name takes, or that nothing asks for; how many do not fit.

    Nobody validated them when they came in: the form may have come later.
    """
    kept = {
        name: value
        for name, value in values.items()
        if name not in asked or any(_takes(field, value) for field in asked[name])
    }
    return kept, len(values) - len(kept)


def _takes(field: Field, value: Any) -> bool:
    try:
        field.validate(value)
    except InvalidLabel:
        return False
    return True
