"""The one shape of every reported number: a value, its interval, its n, how it was made."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, nan
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that says how far it can be trusted.

    Parameters
    ----------
    value : float
        The number; NaN when it is undefined or refused.
    low, high : float
        The ends of the 95 % interval; both NaN when the interval is refused.
    n : int
        How many units (tasks, shared tasks) the number rests on.
    method : str
        How value and interval were made, in a few words.
    reason : str, optional
        Why the value or the interval is missing; needed whenever one of them is.

    Raises
    ------
    ValueError
        If the value or the interval is missing and no reason is given.

    Examples
    --------
    >>> Figure(0.71, 0.63, 0.78, 120, "Wilson").to_json()["ci"]
    [0.63, 0.78]
    >>> Figure.undefined("one category only").to_json()["value"] is None
    True
    """

    value: float
    low: float
    high: float
    n: int
    method: str
    reason: str | None = None

    def __post_init__(self) -> None:
        complete = isfinite(self.value) and isfinite(self.low) and isfinite(self.high)
        if not complete and not self.reason:
            raise ValueError("a figure without value or interval needs a reason; got none")

    @classmethod
    def undefined(cls, reason: str, n: int = 0) -> Figure:
        """Figure without a value: `reason` says why, `n` how many units were looked at."""
        return cls(nan, nan, nan, n, "", reason)

    @classmethod
    def without_interval(cls, value: float, n: int, method: str, reason: str) -> Figure:
        """Figure whose value is known and whose interval is refused for `reason`."""
        return cls(value, nan, nan, n, method, reason)

    @property
    def defined(self) -> bool:
        """Whether there is a value."""
        return isfinite(self.value)

    def to_json(self) -> dict[str, Any]:
        """Return the public JSON shape; NaN and infinity become null with the reason."""
        if not self.defined:
            return {"value": None, "ci": None, "n": self.n, "reason": self.reason}
        if not (isfinite(self.low) and isfinite(self.high)):
            return {
                "value": float(self.value),
                "ci": None,
                "n": self.n,
                "method": self.method,
                "reason": self.reason,
            }
        interval = [float(self.low), float(self.high)]
        return {"value": float(self.value), "ci": interval, "n": self.n, "method": self.method}
