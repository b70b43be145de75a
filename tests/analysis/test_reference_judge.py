"""Judges against people: values that two programs agree on, from the shipped or the real data."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

import analysis
from tests.analysis.test_reference_values import ROOT, SHIPPED

SLOPES = {"classical": 0.0, "ppi": 1.0, "ppi++": None}
METRICS = {
    "judge_accuracy_vs_majority",
    "judge_vs_gold",
    "mean_full_compliance_ci95",
    "mean_full_compliance_estimate",
    "n_for_ci_halfwidth",
    "n_per_arm",
}
FORMULAS = {
    "arcsine effect size (Cohen h)": "arcsine",
    "pooled null variance": "pooled",
    "unpooled": "unpooled",
}
FILES = (ROOT / "reference_values.json", SHIPPED / "quality.json")
ENTRIES = {
    entry["id"]: entry
    for path in FILES
    for entry in json.loads(path.read_text())["entries"]
    if entry["metric"] in METRICS
}


def compliance(judge: str) -> tuple[np.ndarray, np.ndarray]:
    """Whether each answer complied in full, as adjudicated and as the judge says."""
    items = pd.read_json(ROOT / "xstest" / "items.jsonl", lines=True)["item_id"]
    gold = pd.read_csv(ROOT / "xstest" / "gold.csv").set_index("item_id")["value"]
    said = pd.read_csv(ROOT / "xstest" / "judges.csv", keep_default_na=False)
    said = said[said["judge"] == judge].set_index("item_id")["value"]
    return tuple((one.loc[items] == "1_full_compliance").to_numpy(float) for one in (gold, said))


def prediction_powered(entry: dict[str, Any]) -> Any:
    y, judged = compliance(entry["params"]["judge"])
    labelled = np.arange(len(y)) % 6 == 0
    slope = SLOPES[entry["params"]["method"]]
    mean = analysis.ppi_mean(y[labelled], judged[labelled], judged[~labelled], slope=slope)
    if entry["metric"] == "mean_full_compliance_estimate":
        return mean.value
    return list(analysis.t_interval(mean.value, mean.se**2))


def against_gold(entry: dict[str, Any]) -> float:
    y, judged = compliance(entry["params"]["judge"])
    frame = pd.DataFrame({"y": y, "judge": judged, "pi": 1.0})
    told = analysis.judge_agreement(frame, analysis.Survey(population=len(frame)), passes=0.5)
    stat = "accuracy" if "accuracy" in entry["params"]["stat"] else "cohen_kappa"
    return float(told[stat].value)


def against_majority(entry: dict[str, Any]) -> float:
    judge = entry["params"]["judge"]
    items = json.loads((ROOT / "pandalm" / "testset-v1.json").read_text())
    said = json.loads((ROOT / "pandalm" / f"{judge}-testset-v1.json").read_text())
    of = {one["idx"]: one.get("gpt_result", one.get("pandalm_result")) for one in said}
    codes = {"1": 1, "2": 2, "Tie": 0, 0: 0, 1: 1, 2: 2}
    right = []
    for item in items:
        votes = [item[f"annotator{one}"] for one in (1, 2, 3)]
        most = max(votes, key=votes.count)
        if votes.count(most) > 1:
            right.append(float(codes.get(of[item["idx"]]) == most))
    return analysis.plain_mean(right).value


def planned(entry: dict[str, Any]) -> float:
    params = entry["params"]
    if entry["metric"] == "n_for_ci_halfwidth":
        return analysis.labels_for_width(params["half_width"], params["p"])
    return analysis.labels_for_change(
        params["p1"],
        params["p2"],
        power=params["power"],
        alpha=params["alpha"],
        formula=FORMULAS[params["formula"]],
    )


def measured(entry: dict[str, Any]) -> Any:
    if entry["metric"].startswith("n_"):
        return planned(entry)
    if entry["metric"].startswith("mean_"):
        return prediction_powered(entry)
    return (against_gold if entry["metric"] == "judge_vs_gold" else against_majority)(entry)


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=[name[:90] for name in ENTRIES])
def test_reference_value_holds(entry: dict[str, Any]) -> None:
    assert measured(entry) == pytest.approx(entry["value"], abs=entry["tolerance"])
