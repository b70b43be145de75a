"""Agreement of any number of annotators against published and independently computed values."""

import json
import os
from functools import cache
from typing import Any

import numpy as np
import pytest

import analysis
from analysis.agreement_of_all import figures_of
from analysis.pairs import coded
from analysis.votes import Votes, votes_of
from tests.analysis.test_reference_values import ROOT, SHIPPED, Labels, labels_of, ratings

METRICS = {
    "fleiss_kappa",
    "gwet_ac1",
    "gwet_ac2",
    "krippendorff_alpha",
    "krippendorff_alpha_ci95",
    "scott_pi",
}


@cache
def asked(dataset: str, question: str) -> Labels:
    """The answers to one question of a real set; people without a name are told apart."""
    frame = ratings(dataset)
    frame = frame[frame["question"] == question] if question else frame
    nameless = frame["annotator"] == ""
    frame = frame.assign(
        annotator=frame["annotator"].where(~nameless, [f"row {row}" for row in frame.index])
    )
    frame = frame.drop_duplicates(["task", "annotator"], keep="first")
    if dataset != "hitspam_mturk":
        frame = frame.assign(label=frame["label"].astype(float))
    scale = range(1, 7) if dataset == "recipes_ordinal" else sorted(frame["label"].unique())
    return frame, list(scale)


def votes(entry: dict[str, Any]) -> tuple[Votes, list[Any]]:
    dataset, params = entry["dataset"], entry["params"]
    if dataset == "fleiss_10x14x5":
        table = np.array(json.loads((ROOT / "classic_tables" / "classic_tables.json").read_text())
                         [dataset]["data"], dtype=float)  # fmt: skip
        return Votes(table, np.ones(len(table), dtype=int), np.arange(len(table))), [1, 2, 3, 4, 5]
    if dataset in ("recipes_ordinal", "mqm2023_ende", "mozafari_binary", "hitspam_mturk"):
        frame, scale = asked(dataset, params.get("question", ""))
    else:
        frame, scale = labels_of(dataset, params)
    if params.get("labels") == "Unsure dropped":
        frame, scale = frame[frame["label"] != "Unsure"], ["No", "Yes"]
    return votes_of(coded(frame, scale)), scale


def measured(entry: dict[str, Any]) -> Any:
    metric, params = entry["metric"], entry["params"]
    found, scale = votes(entry)
    table = np.repeat(found.counts, found.times, axis=0)
    numbers = scale if all(isinstance(one, int | float) for one in scale) else None
    if metric in ("fleiss_kappa", "scott_pi"):
        return analysis.fleiss_kappa(table)
    if metric in ("gwet_ac1", "gwet_ac2"):
        weights = params.get("weights", "identity")
        return analysis.gwet_ac2(table, weights, numbers)
    if metric == "krippendorff_alpha_ci95":
        figure = figures_of(found, names=["krippendorff_alpha"])["krippendorff_alpha"]
        return [figure.low, figure.high]
    return analysis.krippendorff_alpha(table, params["level"], numbers)


def entries() -> list[dict[str, Any]]:
    if "GOLDLOOP_DATA" in os.environ:
        known = json.loads((ROOT / "reference_values.json").read_text())["entries"]
        return [entry for entry in known if entry["metric"] in METRICS]
    return list(json.loads((SHIPPED / "agreement.json").read_text())["entries"])


ENTRIES = entries()


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry["id"][:80] for entry in ENTRIES])
def test_reference_value_holds(entry: dict[str, Any]) -> None:
    assert measured(entry) == pytest.approx(entry["value"], abs=entry["tolerance"])


def test_every_metric_of_the_shipped_tables_is_met() -> None:
    shipped = json.loads((SHIPPED / "agreement.json").read_text())["entries"]
    assert len(shipped) >= 80
    assert {entry["metric"] for entry in shipped} == METRICS - {"krippendorff_alpha_ci95"}


def test_the_prevalence_paradox_is_told_from_both_sides() -> None:
    """Gwet's published table: 94 % agree, alpha is below 0, and AC1 is not."""
    frame, scale = labels_of("gwet2008_prevalence", {})
    found = analysis.agreement(frame, scale)
    alpha, ac1 = found.coefficients["krippendorff_alpha"], found.coefficients["gwet_ac1"]
    assert alpha.low < -0.0247 < 0.4 < alpha.high
    assert 0.85 < ac1.low < 0.9408 < ac1.high
    assert found.shares == {"+": pytest.approx(0.972), "-": pytest.approx(0.028)}
