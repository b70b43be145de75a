"""Why an interval is wide, and which figures are too uncertain to be compared."""

import re
from collections.abc import Mapping
from typing import Any

CURE = "A random draw beside it narrows it."
HARDLY = "hardly drawn"
ALL_OF_IT = 0.9
"""Share of a scale from which an interval tells next to nothing."""
NOT_COMPARED = "too uncertain to compare"
_WIDENED = re.compile(r"(?:; )?(widened[^;]*)")
_PERCENT = re.compile(r"(?<=\d)%")


def method_alone(figure: Mapping[str, Any]) -> str:
    """How a figure was made, without why its interval was widened."""
    return _WIDENED.sub("", figure.get("method") or "").removeprefix("; ")


def why_wide(figure: Mapping[str, Any]) -> str | None:
    """Why the interval of a figure was widened, in a sentence and with the cure; None if not."""
    found = _WIDENED.search(figure.get("method") or "")
    if found is None or not figure.get("ci"):
        return None
    told = f"The interval is {_PERCENT.sub(' %', found[1])}."
    return f"{told} {CURE}" if HARDLY in told else told


def not_compared(figure: Mapping[str, Any], low: float, high: float) -> str | None:
    """What marks a value whose interval is absent or nearly as wide as its scale."""
    if figure["value"] is None:
        return None
    ends = figure["ci"]
    if ends is not None and ends[1] - ends[0] < ALL_OF_IT * (high - low):
        return None
    return NOT_COMPARED
