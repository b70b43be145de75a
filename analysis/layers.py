"""What checks, a judge and people cost, and how narrow an interval that buys."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from analysis.intervals import t_quantile
from analysis.judge import FEWEST_EACH, FEWEST_LABELS, WEAKEST
from analysis.planner import judge_worth

MOST = 1e12
"""Of anything that is counted or paid: more is a slip."""


@dataclass(frozen=True)
class Layers:
    """Rates of one month, in US dollars where they are money.

    Raises
    ------
    ValueError
        If a number is out of range; names it.
    """

    traffic: float
    """Interactions, at least 1."""
    judged: float
    """Share that a judge sees, 0..1."""
    call_usd: float
    """Of one interaction judged."""
    labels: float
    """Tasks that people label, above 0, at most `traffic`."""
    minutes: float
    """Of a person per label."""
    hourly_usd: float
    rate: float = 0.1
    """Failure rate to be expected, above 0, below 1."""
    correlation: float = 0.0
    """Of judge and labels over what both see, -1..1."""
    check_usd: float = 0.0
    """Of the checks per interaction."""

    def __post_init__(self) -> None:
        if not 1 <= self.traffic <= MOST:
            raise ValueError(f"traffic must be at least 1, at most {MOST:g}, got {self.traffic}")
        if not 0 < self.labels <= self.traffic:
            raise ValueError(f"labels must be above 0 and at most traffic, got {self.labels}")
        for name in ("call_usd", "minutes", "hourly_usd", "check_usd"):
            if not 0 <= getattr(self, name) <= MOST:
                raise ValueError(
                    f"{name} must be at least 0, at most {MOST:g}, got {getattr(self, name)}"
                )
        if not 0 <= self.judged <= 1:
            raise ValueError(f"judged must be a share from 0 to 1, got {self.judged}")
        if not 0 < self.rate < 1:
            raise ValueError(f"rate must lie between 0 and 1, got {self.rate}")
        if not -1 <= self.correlation <= 1:
            raise ValueError(f"correlation must lie from -1 to 1, got {self.correlation}")


@dataclass(frozen=True)
class LayerCosts:
    """What a month costs and buys."""

    checks_usd: float
    judge_usd: float
    people_usd: float
    half_width: float
    """Of the 95 % interval of the failure rate from people alone, in shares."""
    half_width_judged: float
    """The same with the judge; as without where it cannot be used."""
    worth: float
    """How many labels one label is worth with the judge, at least 1."""
    same_usd: float
    """What labels alone would cost for the interval with the judge."""
    unused: str | None
    """Why the judge narrows nothing, if so."""


def layer_costs(plan: Layers) -> LayerCosts:
    """Cost of each layer, and the half width of the failure rate without and with the judge.

    Labels are an even random sample of the month, the judged share is drawn apart from them, and
    interactions that were not judged count as average: the judge then explains `judged` times its
    squared correlation of the variance. Normal approximation, finite population.

    References
    ----------
    Cochran (1977), ISBN 0-471-16240-X, section 3.2; difference estimator: Cassel, Sarndal and
    Wretman (1976), doi:10.1093/biomet/63.3.615.

    Examples
    --------
    >>> found = layer_costs(Layers(1_000_000, 1.0, 0.001, 400, 2, 30, correlation=0.6))
    >>> found.judge_usd, found.people_usd, round(found.half_width, 4), round(found.worth, 3)
    (1000.0, 400.0, 0.0294, 1.562)
    """
    left = 1 - (plan.labels - 1) / max(plan.traffic - 1, 1)
    spread = sqrt(plan.rate * (1 - plan.rate) * left / plan.labels)
    unused = _unused(plan)
    worth = 1.0 if unused else judge_worth(plan.correlation * sqrt(plan.judged))
    people = plan.labels * plan.minutes / 60 * plan.hourly_usd
    return LayerCosts(
        checks_usd=plan.traffic * plan.check_usd,
        judge_usd=plan.traffic * plan.judged * plan.call_usd,
        people_usd=people,
        half_width=t_quantile() * spread,
        half_width_judged=t_quantile() * spread / sqrt(worth),
        worth=worth,
        same_usd=people / plan.labels * _labels_for(plan, worth),
        unused=unused,
    )


def _labels_for(plan: Layers, worth: float) -> float:
    """Labels without a judge for the interval that the labels give with it."""
    return plan.traffic / (1 + (plan.traffic - plan.labels) / plan.labels / worth)


def _unused(plan: Layers) -> str | None:
    """As `estimate_with_judge` decides."""
    if not plan.judged:
        return "nothing is judged"
    if plan.labels < FEWEST_LABELS:
        return f"it takes {FEWEST_LABELS} labels to use a judge"
    if min(plan.rate, 1 - plan.rate) * plan.labels < FEWEST_EACH:
        return f"it takes {FEWEST_EACH} labels of either outcome to use a judge"
    if abs(plan.correlation) < WEAKEST:
        return f"it goes with the labels too little (correlation {plan.correlation:.2f})"
    return None
