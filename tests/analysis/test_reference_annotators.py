"""Published values that figures of single annotators have to meet, where the two are one thing.

With two people, agreement with the others is agreement of the pair; with everybody on every task,
the mean over people is the mean over pairs.
"""

import json
from typing import Any

import numpy as np
import pytest
from scipy import stats

from analysis import beside_others
from tests.analysis.test_reference_values import ENTRIES, ROOT, classic, labels_of

PAIRS = json.loads((ROOT / "classic_tables" / "classic_tables.json").read_text())
OF_PAIRS = [
    entry
    for entry in ENTRIES
    if PAIRS.get(entry["dataset"], {}).get("kind") == "confusion"
    and entry["metric"] in ("cohen_kappa", "cohen_kappa_se", "percent_agreement")
    and entry["params"].get("weights", "identity") in ("identity", "quadratic")
]
COMPLETE = [
    entry
    for entry in ENTRIES
    if entry["metric"] == "percent_agreement" and entry["dataset"] in ("dices_350", "pandalm")
]


@pytest.mark.parametrize("entry", OF_PAIRS, ids=[entry["id"][:60] for entry in OF_PAIRS])
def test_with_two_people_it_is_the_published_value_of_the_pair(entry: dict[str, Any]) -> None:
    frame, categories = classic(entry["dataset"])
    frame = frame.assign(label=[categories.index(one) for one in frame["label"]])
    points = list(range(len(categories)))
    is_weighted = entry["params"].get("weights") == "quadratic"
    found = beside_others(frame, points, points if is_weighted else None)
    for who in (0, 1):
        kappa = found.kappa[who]
        spread = np.arctanh(kappa.high) - np.arctanh(kappa.value)
        told = {
            "percent_agreement": found.agreement[who].value,
            "cohen_kappa": kappa.value,
            "cohen_kappa_se": spread * (1 - kappa.value**2) / stats.t.ppf(0.975, kappa.n - 1),
        }
        assert told[entry["metric"]] == pytest.approx(entry["value"], abs=entry["tolerance"])


def test_there_are_published_pairs() -> None:
    assert len(OF_PAIRS) >= 30


if COMPLETE:  # only of the real data

    @pytest.mark.parametrize("entry", COMPLETE, ids=[entry["dataset"] for entry in COMPLETE])
    def test_where_everybody_judged_everything_the_mean_is_that_of_pairs(
        entry: dict[str, Any],
    ) -> None:
        found = beside_others(*labels_of(entry["dataset"], entry["params"]))
        mean = np.mean([figure.value for figure in found.agreement.values()])
        assert mean == pytest.approx(entry["value"], abs=entry["tolerance"])
