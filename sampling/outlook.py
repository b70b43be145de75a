"""How precise an estimate from a draw will be, before anything is labelled."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot, nan, sqrt
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from sampling.base import Floats
from sampling.mixture import FEWEST_RANDOM
from sampling.record import DrawRecord, StratumDraw
from sampling.sparse import FEW, FORESEEN, Outlook, outlook
from sampling.spread import octaves, steps

FEWEST = 20
"""Fewest labels by chance that carry a rate, as in the estimates."""
FEWEST_FREE = 10
FEWEST_FLOOR = 10
"""Fewest random labels beside a certain set."""
LEAST_SPARSE = 0.01
"""Share of the population, hardly drawn, from which it is estimated apart."""
PLAN = "a plan has no interval of its own"


def expected_half_width(record: DrawRecord, picked: pd.DataFrame, rate: float) -> dict[str, Any]:
    """Half of the 95 % interval that a rate will get once everything picked is labelled.

    Parameters
    ----------
    record : DrawRecord
        The draw.
    picked : DataFrame
        Columns `pi`, `certain` and, where a part will hardly be looked at, `weight`; a row per
        interaction picked.
    rate : float
        The rate assumed, between 0 and 1.

    Returns
    -------
    dict
        A figure as JSON: `value`, `ci` (always null), `n`, `method`, `reason`; value null with
        the reason when such a draw carries no estimate of the whole. Supposes that failures
        have nothing to do with the weights: a strategy that finds them does somewhat better.

    References
    ----------
    Wilson (1927), doi:10.1080/01621459.1927.10502953, with the effective size of Korn and
    Graubard (1998), Survey Methodology 24:193-201.

    Examples
    --------
    >>> from sampling.strategies import strategy_from
    >>> stratum = StratumDraw("all", 10_000, 100, 100.0, 101.0, False)
    >>> record = DrawRecord(strategy_from("random"), 1, 10_000, 10_000, {}, (stratum,), 1.0)
    >>> picked = pd.DataFrame({"pi": [0.01] * 100, "certain": False})
    >>> round(expected_half_width(record, picked, 0.5)["value"], 3)
    0.097
    """
    n = len(picked)
    drawn = picked[~picked["certain"].to_numpy(dtype=bool)]
    pi, few = drawn["pi"].to_numpy(dtype=float), hardly_reached(record)
    if few.share:
        step = steps(drawn["weight"].to_numpy(dtype=float))
        pi = pi[~np.isin(octaves(step, record.strata[0].tau_in or 0.0), few.octaves)]
    chance = [one for one in record.strata if not one.certain]
    refusal = _refusal(record, chance, pi)
    if refusal:
        return {"value": None, "ci": None, "n": n, "reason": refusal}
    if all(one.size == one.population for one in chance):
        method = "everything that could be drawn will be labelled"
        return {"value": 0.0, "ci": None, "n": n, "method": method, "reason": PLAN}
    size, df = _worth(chance, pi)
    share = sum(one.population for one in chance) / record.eligible
    value = share * _wilson_half(rate, size, df)
    if few.share:
        value = _joined_half((1 - few.share) * value, few, rate)
    method = f"half of the 95 % interval of a rate of {rate:.0%} when all are labelled"
    return {"value": value, "ci": None, "n": n, "method": method, "reason": PLAN}


def hardly_reached(record: DrawRecord, enough: int = FEW) -> Outlook:
    """What a draw will hardly look at, if that is enough to be estimated apart."""
    found = outlook(record, enough)
    return found if found.share >= LEAST_SPARSE else Outlook(0.0, 0.0, ())


def starvation(record: DrawRecord, drawn: int) -> str | None:
    """What somebody should know who draws so that a part of the traffic is hardly looked at.

    Not where so few are drawn that there will be no estimate: that is told as it is.
    """
    few = hardly_reached(record, FORESEEN)
    if not few.share or drawn < FEWEST:
        return None
    cure = "draw a part at random" if record.random_share < FEWEST_RANDOM else "draw more"
    return (
        f"{few.share:.0%} of what can be drawn has such small weights that about {few.labels:.1f} "
        f"of the {drawn} labels will be of it: intervals get wider; {cure}"
    )


def _refusal(record: DrawRecord, chance: Sequence[StratumDraw], pi: Floats) -> str | None:
    if not record.strata:
        return "nothing can be drawn"
    if record.is_blind:
        return blindness(record)
    if all(one.size == one.population for one in chance):
        return None
    if len(chance) < len(record.strata):
        few = len(pi) < FEWEST_FLOOR
        needed = f"{FEWEST_FLOOR} random ones beside the certain ones"
    else:
        few, needed = len(pi) < FEWEST, f"{FEWEST} labels"
    if few:
        return f"{len(pi)} by chance: an estimate needs {needed}"
    return _unfree(pi) if len(record.strata) == 1 else None


def _unfree(pi: Floats) -> str | None:
    """Why draws by weight leave too little to chance."""
    if (pi >= 1).all():
        return f"all {len(pi)} are sure to be drawn: none of them speaks for the rest"
    free = float((1 / pi).sum() ** 2 / (1 / pi**2).sum())
    if free < FEWEST_FREE:
        return f"{len(pi)} labels, worth {free:.1f}: an estimate needs {FEWEST_FREE}"
    return None


def blindness(record: DrawRecord) -> str:
    """Why a draw without chance says nothing of the whole."""
    names = " and ".join(one.stratum for one in record.strata) or "none"
    return (
        f"only {names} could be drawn ({record.eligible} of {record.population}): "
        "the rest had no chance"
    )


def _worth(chance: Sequence[StratumDraw], pi: Floats) -> tuple[float, float]:
    """Effective size of the sample if the outcome is unrelated to weights, degrees of freedom."""
    if len(chance) == 1:
        weight = 1 / pi
        n = len(pi)
        spread = float(((1 - pi) * weight**2).sum())
        size = (n - 1) / n * float(weight.sum()) ** 2 / spread
        return size, float(weight.sum() ** 2 / (weight**2).sum()) - 1
    members = np.array([one.population for one in chance], dtype=float)
    taken = np.array([one.size for one in chance], dtype=float)
    share = members / members.sum()
    partial = int((taken < members).sum())
    spread = float((share**2 * (1 - taken / members) / taken).sum())
    return 1 / spread, max(float(taken[taken < members].sum()) - partial, 1.0)


def _wilson_half(rate: float, size: float, df: float) -> float:
    z = float(special.stdtrit(df, 0.975)) if df > 0 else nan
    return z * sqrt(rate * (1 - rate) / size + z**2 / (4 * size**2)) / (1 + z**2 / size)


def _joined_half(rest: float, few: Outlook, rate: float) -> float:
    """Half of the interval once a part hardly drawn is joined, as the estimates join it."""
    if few.labels < 1:
        return rest + few.share / 2
    hits, misses = rate * few.labels, (1 - rate) * few.labels
    low = float(special.betaincinv(hits, misses + 1, 0.025))
    high = float(special.betaincinv(hits + 1, misses, 0.975))
    return hypot(rest, few.share * (high - low) / 2)
