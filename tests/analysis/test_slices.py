"""Sums over slices against the moments of each slice by itself: two ways to the same figures."""

import numpy as np
import pandas as pd
import pytest

from analysis import Survey, slices
from analysis.mean_figure import effective_size
from analysis.moments import sampled
from analysis.regimes import domain_moments


def strata(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"stratum": ["x", "y", "z"], "population": [400, 900, 5], "certain": False})


def labelled(rng: np.random.Generator, n: int = 300) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "y": (rng.random(n) < 0.3).astype(float),
            "pi": rng.uniform(0.05, 1.0, n),
            "stratum": rng.choice(["x", "y"], n),
            "model": rng.choice(["a", "b", "c"], n),
            "flags": [list(rng.choice(["f", "g"], k)) for k in rng.integers(0, 3, n)],
            "labels": rng.integers(1, 4, n),
            "within": rng.uniform(0, 0.2, n),
        }
    )
    frame.loc[:3, "pi"] = 1.0
    return frame.assign(certain=frame["pi"] == 1)


CENSUS = pd.DataFrame({"stratum": ["c", "r"], "population": [9, 900], "certain": [True, False]})
SURVEYS = {
    "weighted": Survey(2000, random_share=0.1),
    "strata": Survey(1305, kind="strata", strata=strata(pd.DataFrame())),
    "census": Survey(909, kind="census", strata=CENSUS),
}


@pytest.mark.parametrize("kind", SURVEYS)
@pytest.mark.parametrize("seed", [1, 2])
def test_sums_give_the_moments_of_every_slice_and_of_its_rest(kind, seed) -> None:
    survey, frame = SURVEYS[kind], labelled(np.random.default_rng(seed))
    sample = sampled(frame, survey)
    book = slices.ledger(sample, alone=kind == "weighted")
    attributes = [slices.attribute(frame[name], 1) for name in ("model", "flags")]
    found = slices.supported(book, attributes, depth=2, fewest=5, fewest_hits=1)
    assert len(found.where) == 3 + 2 + 6
    worth = slices.worth(book, found.sums)
    others = slices.worth(book, book.whole - found.sums)
    for at, where in enumerate(found.where):
        inside = np.ones(len(frame), dtype=bool)
        if "model" in where:
            inside &= (frame["model"] == where["model"]).to_numpy()
        if "flags" in where:
            inside &= frame["flags"].map(lambda one, w=where: w["flags"] in one).to_numpy()
        for mask, told in ((inside, worth), (~inside, others)):
            expected, _ = domain_moments(sample, mask, survey)
            size = min(effective_size(expected, bound=1.0), expected.n)
            assert told.rate[at] == pytest.approx(expected.mean)
            assert told.size[at] == pytest.approx(size)


def test_pairs_know_the_slices_they_are_cut_from() -> None:
    frame = labelled(np.random.default_rng(1))
    book = slices.ledger(sampled(frame, SURVEYS["weighted"]), alone=True)
    attributes = [slices.attribute(frame[name], 1) for name in ("model", "flags")]
    found = slices.supported(book, attributes, depth=2, fewest=5, fewest_hits=1)
    for where, parents in zip(found.where, found.parents, strict=True):
        above = [found.where[parent] for parent in parents if parent >= 0]
        expected = [{name: value} for name, value in where.items()] if len(where) == 2 else []
        assert above == expected


def test_rare_and_missing_values_make_no_slice() -> None:
    column = pd.Series(["a", "a", None, "b", np.nan, 3, 3], name="model", dtype=object)
    found = slices.attribute(column, 2)
    assert found.values == ("3", "a")
    assert list(zip(found.row.tolist(), found.code.tolist(), strict=True)) == [
        (0, 1), (1, 1), (5, 0), (6, 0)
    ]  # fmt: skip


def test_a_column_without_values_has_no_slices() -> None:
    for column in (pd.Series([None, None], name="x"), pd.Series([[], []], name="x")):
        assert slices.attribute(column, 1).values == ()
