"""Parameters of strategies: dataclass fields that read, check and say what they allow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from math import isfinite
from typing import Any

Reader = Callable[[str, object], Any]
WIDEST = 1e12
"""Largest score that a parameter may name."""
LARGEST = 1000.0
"""Largest weight a parameter may ask for; it keeps sums over any population exact."""


def number(default: float | None, low: float = 0.0, high: float = LARGEST) -> Any:
    """Return a field that holds a number from `low` to `high`; None too if it is the default."""

    def read(name: str, value: object) -> float | None:
        if value is None and default is None:
            return None
        found = _finite(value)
        if found is None or not low <= found <= high:
            raise refusal(name, value, f"a number from {low:g} to {high:g}")
        return found

    return _field(default, read)


def whole(default: int | None, low: int = 0) -> Any:
    """Return a field that holds a whole number from `low`; None too if it is the default."""

    def read(name: str, value: object) -> int | None:
        if value is None and default is None:
            return None
        found = _finite(value)
        if found is None or found != int(found) or found < low:
            raise refusal(name, value, f"a whole number from {low}")
        return int(found)

    return _field(default, read)


def choice(default: str, *allowed: str) -> Any:
    """Return a field that holds one of some words."""

    def read(name: str, value: object) -> str:
        if value not in (default, *allowed):
            raise refusal(name, value, f"one of {', '.join((default, *allowed))}")
        return str(value)

    return _field(default, read)


def text() -> Any:
    """Return a field without default that holds a text."""

    def read(name: str, value: object) -> str:
        if not isinstance(value, str) or not value.strip():
            raise refusal(name, value, "a text that is not empty")
        return value.strip()

    return field(metadata={"read": read})


def refusal(name: str, value: object, allowed: str) -> ValueError:
    """Return the error of a parameter: which one, what it was, what would be right."""
    return ValueError(f"{name} must be {allowed}, got {value!r:.80}")


def _field(default: object, read: Reader) -> Any:
    return field(default=default, metadata={"read": read})


def _finite(value: object) -> float | None:
    """Return a number, read from text if need be, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if isfinite(found) else None
