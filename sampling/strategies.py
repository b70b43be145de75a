"""The strategies by name, and how JSON becomes one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from sampling.base import Strategy
from sampling.confidence import Confidence
from sampling.error_triggered import ErrorTriggered
from sampling.feedback_weighted import FeedbackWeighted
from sampling.mixture import Mixture, Part
from sampling.params import refusal
from sampling.random import Random
from sampling.score import Score
from sampling.stratified import Stratified

STRATEGIES: dict[str, type[Strategy]] = {
    "confidence": Confidence,
    "error_triggered": ErrorTriggered,
    "feedback_weighted": FeedbackWeighted,
    "mixture": Mixture,
    "random": Random,
    "score": Score,
    "stratified": Stratified,
}


def strategy_from(name: str, params: Mapping[str, Any] | None = None) -> Strategy:
    """Strategy of a name with parameters from JSON or the command line.

    Parameters
    ----------
    name : str
        One of `STRATEGIES`.
    params : mapping, optional
        Values by parameter; numbers may be text. What is left out has its default.

    Returns
    -------
    Strategy
        Its `params()` give the same parameters back, complete with defaults.

    Raises
    ------
    ValueError
        If the name or a parameter is unknown or a value cannot be; names what is allowed.

    Examples
    --------
    >>> strategy_from("confidence", {"gamma": "2"}).params()["gamma"]
    2.0
    """
    if not isinstance(name, str) or name not in STRATEGIES:
        raise refusal("strategy", name, f"one of {', '.join(STRATEGIES)}")
    found = dict(_mapping("params", params or {}))
    allowed = [one.name for one in fields(STRATEGIES[name]) if one.init]
    for key in found:
        if key not in allowed:
            known = f"it has {', '.join(allowed)}" if allowed else "it has none"
            raise ValueError(f"strategy {name} has no parameter {key!r:.80}; {known}")
    if name == Score.kind and "name" not in found:
        raise ValueError("strategy score needs the parameter name: which score")
    if name == Mixture.kind and "parts" in found:
        found["parts"] = _parts(found["parts"])
    return STRATEGIES[name](**found)


def _parts(value: object) -> tuple[Part, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise refusal("parts", value, "a list of {strategy, share, params}")
    return tuple(_part(one) for one in value)


def _part(value: object) -> Part:
    told = _mapping("parts", value)
    if not {"strategy", "share"} <= told.keys() <= {"strategy", "share", "params"}:
        raise refusal("parts", value, "a list of {strategy, share, params}")
    return Part(strategy_from(told["strategy"], told.get("params")), told["share"])


def _mapping(name: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise refusal(name, value, "an object")
    return value
