"""What layers cost and buy: by hand, and held against the estimate itself in a simulation."""

import numpy as np
import pandas as pd
import pytest

from analysis import Judged, Layers, Survey, estimate_with_judge, judge_worth, layer_costs


def test_costs_are_products_of_the_rates():
    found = layer_costs(
        Layers(500_000, 0.2, 0.002, 600, 1.5, 40, rate=0.2, correlation=0.7, check_usd=1e-6)
    )
    # 500,000 checks; 100,000 calls; 600 * 1.5 / 60 = 15 hours
    assert found.checks_usd == pytest.approx(0.5)
    assert found.judge_usd == pytest.approx(200)
    assert found.people_usd == pytest.approx(600)
    # 1.96 * sqrt(.16 / 600), finite population (499,400 / 499,999)
    assert found.half_width == pytest.approx(0.03199, abs=1e-5)
    # 1 / (1 - .2 * .49)
    assert found.worth == pytest.approx(1.10865, abs=1e-5)
    assert found.half_width_judged == pytest.approx(0.03199 / 1.10865**0.5, abs=1e-5)
    # 500,000 / (1 + 499,400 / 600 / 1.10865) = 665.10 labels at a dollar
    assert found.same_usd == pytest.approx(665.10, abs=0.01)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"judged": 0.0}, "nothing is judged"),
        ({"labels": 60.0}, "it takes 100 labels"),
        ({"rate": 0.02}, "of either outcome"),
        ({"correlation": 0.2}, "too little"),
    ],
)
def test_a_judge_that_the_estimate_would_not_use_buys_nothing(changed, why):
    plan = {"traffic": 10_000.0, "judged": 1.0, "call_usd": 0.01, "labels": 400.0, "minutes": 2.0,
            "hourly_usd": 30.0, "correlation": 0.8}  # fmt: skip
    found = layer_costs(Layers(**plan | changed))
    assert why in found.unused
    assert found.half_width_judged == found.half_width
    assert found.worth == 1
    assert found.same_usd == pytest.approx(found.people_usd)


@pytest.mark.parametrize(
    "changed",
    [{"traffic": 0}, {"labels": 0}, {"labels": 2e9}, {"judged": 1.1}, {"call_usd": -1},
     {"traffic": float("inf")}, {"hourly_usd": 1e300}, {"minutes": float("nan")}, {"rate": 0},
     {"correlation": 2}],
)  # fmt: skip
def test_a_rate_that_cannot_be_is_named(changed):
    plan = {"traffic": 1e6, "judged": 1.0, "call_usd": 0.01, "labels": 400.0, "minutes": 2.0,
            "hourly_usd": 30.0}  # fmt: skip
    with pytest.raises(ValueError, match=next(iter(changed))):
        Layers(**plan | changed)


def population(size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes of which 20 % fail, and a judge's values that go with them."""
    y = (rng.random(size) > 0.2).astype(float)
    return y, np.clip(0.5 + 0.35 * (y - 0.5) * 2 * 0.5 + rng.normal(0, 0.15, size), 0, 1)


@pytest.mark.parametrize("share", [1.0, 0.4])
def test_the_half_width_is_that_of_the_estimate(share):
    rng = np.random.default_rng(11)
    size, n, rounds = 20_000, 400, 400
    y, said = population(size, rng)
    correlation = float(np.corrcoef(y, said)[0, 1])
    rate = 1 - float(y.mean())
    judge = np.where(rng.random(size) < share, said, np.nan)
    known = judge[~np.isnan(judge)]
    judged = Judged(float(known.mean()), float(known.min()), float(known.max()), len(known))
    survey = Survey(population=size, random_share=1.0)
    values, widths = [], []
    for _ in range(rounds):
        rows = rng.choice(size, n, replace=False)
        frame = pd.DataFrame({"y": y[rows], "pi": n / size, "judge": judge[rows],
                              "half": rng.permutation(n) % 2})  # fmt: skip
        found = estimate_with_judge(frame, survey, judged)
        assert found.used, found.reason
        values.append(found.figure.value)
        widths.append((found.figure.high - found.figure.low) / 2)
    told = layer_costs(Layers(size, share, 0.01, n, 2, 30, rate=rate, correlation=correlation))
    assert told.worth == pytest.approx(judge_worth(correlation * share**0.5))
    assert told.worth > 1.2
    assert np.mean(widths) == pytest.approx(told.half_width_judged, rel=0.05)
    assert 1.96 * np.std(values) == pytest.approx(told.half_width_judged, rel=0.1)
    assert np.mean(values) == pytest.approx(1 - rate, abs=0.003)


def test_a_judge_that_looked_where_people_did_is_not_used():
    rng = np.random.default_rng(3)
    size, n = 20_000, 400
    y, said = population(size, rng)
    rows = rng.choice(size, n, replace=False)
    frame = pd.DataFrame({"y": y[rows], "pi": n / size, "judge": said[rows],
                          "half": rng.permutation(n) % 2})  # fmt: skip
    seen = said[rows]
    judged = Judged(float(seen.mean()), float(seen.min()), float(seen.max()), n)
    found = estimate_with_judge(frame, Survey(population=size, random_share=1.0), judged)
    assert not found.used
    assert "100 % of what people labelled and 2 % of the population" in found.reason
    everything = Judged(float(said.mean()), float(said.min()), float(said.max()), size)
    assert estimate_with_judge(frame, Survey(population=size, random_share=1.0), everything).used
