"""Published and independently computed values of majority and Dawid-Skene.

The table of 1979 is shipped; GOLDLOOP_DATA adds the sets with thousands of labels.
"""

import json
from functools import cache
from typing import Any

import pandas as pd
import pytest

import analysis
from analysis import Consensus
from tests.analysis.test_reference_values import ROOT, SHIPPED, pandalm

OWN = json.loads((SHIPPED / "consensus.json").read_text())
METRICS = {
    "dawid_skene_accuracy",
    "dawid_skene_class_marginals",
    "dawid_skene_labels",
    "dawid_skene_loglik",
    "dawid_skene_observer1_confusion",
    "majority_vote_accuracy",
    "majority_vote_accuracy_untied",
    "no_majority_items",
    "one_coin_dawid_skene_accuracy",
}
FULL = json.loads((ROOT / "reference_values.json").read_text())["entries"]
ENTRIES = OWN["entries"] + [
    one for one in FULL if one["metric"] in METRICS and one["dataset"] != "dawid_skene1979"
]
CATEGORIES = {
    "mozafari_binary": ["0", "1"],
    "dices_350": ["No", "Yes"],
    "hitspam_mturk": ["NO", "YES"],
    "pandalm": [0, 1, 2],
    "dawid_skene1979": OWN["categories"],
}


@cache
def labels_of(dataset: str, copy: str | None = None) -> pd.DataFrame:
    """One label per person and task (the first), but for 1979, where observer 1 has three."""
    if dataset == "pandalm":
        return pandalm()
    if dataset == "dawid_skene1979":
        frame = pd.DataFrame(OWN["labels"], columns=["task", "annotator", "label"])
        if copy == "patient7_112":
            mine = frame.index[(frame["task"] == 7) & (frame["annotator"] == 1)]
            frame.loc[mine, "label"] = [1, 1, 2]
        return frame
    frame = pd.read_csv(ROOT / dataset / "ratings.csv", keep_default_na=False, dtype=str)
    frame = frame.rename(columns={"item_id": "task", "rater_id": "annotator", "value": "label"})
    return frame[frame["label"] != "Unsure"].drop_duplicates(["task", "annotator"])


@cache
def model_of(dataset: str, copy: str | None = None) -> Consensus:
    """Plain Dawid-Skene: from the shares of votes, without smoothing or shrinking."""
    frame, categories = labels_of(dataset, copy), CATEGORIES[dataset]
    return analysis.dawid_skene(
        frame, categories, shrink=0, smoothing=0, restarts=0, tolerance=1e-12, rounds=5000
    )


def right(found: Consensus, dataset: str, *, ties: str) -> float:
    """Share of the tasks with gold that are right; ties go to the first category or are left."""
    gold = pd.read_csv(ROOT / dataset / "gold.csv", dtype=str).set_index("item_id")["value"]
    first = [found.categories[place] for place in found.posterior.argmax(axis=1)]
    said = pd.Series(first if ties == "first" else found.answers(), index=list(found.tasks))
    said = said.reindex(gold.index).dropna()
    return float((said == gold[said.index]).mean())


def measured(entry: dict[str, Any]) -> Any:
    metric, dataset = entry["metric"], entry["dataset"]
    frame, categories = labels_of(dataset, entry["params"].get("data")), CATEGORIES[dataset]
    if metric.startswith("dawid_skene"):
        found = model_of(dataset, entry["params"].get("data"))
        if metric == "dawid_skene_observer1_confusion":
            return found.confusion[found.annotators.index(1)].ravel().tolist()
        if metric == "dawid_skene_labels":
            said = dict(zip(found.tasks, found.answers(), strict=True))
            return [said[task] for task in sorted(said)]
        if metric == "dawid_skene_class_marginals":
            return found.marginals.tolist()
        return found.log_likelihood if metric.endswith("loglik") else right(
            found, dataset, ties="first"
        )  # fmt: skip
    if metric == "one_coin_dawid_skene_accuracy":
        return right(analysis.one_coin(frame, categories), dataset, ties="first")
    found = analysis.majority(frame, categories)
    if metric == "no_majority_items":
        return int((2 * found.votes.max(axis=1) <= found.votes.sum(axis=1)).sum())
    return right(found, dataset, ties="left" if metric.endswith("untied") else "first")


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry["id"][:90] for entry in ENTRIES])
def test_reference_value_holds(entry: dict[str, Any]) -> None:
    found, wanted = measured(entry), entry["value"]
    if entry["metric"] == "dawid_skene_loglik":  # more is better
        assert found >= wanted - entry["tolerance"]
    else:
        assert found == pytest.approx(wanted, abs=entry["tolerance"])


def test_the_paper_is_met() -> None:
    published = OWN["published"]["class_marginals"]
    assert model_of("dawid_skene1979").marginals.round(2).tolist() == published


def test_drawing_annotators_together_costs_nothing_on_the_paper() -> None:
    frame = labels_of("dawid_skene1979")
    found = analysis.dawid_skene(frame, CATEGORIES["dawid_skene1979"])
    plain = model_of("dawid_skene1979")
    same = [one == two for one, two in zip(found.answers(), plain.answers(), strict=True)]
    assert sum(same) >= 43  # of 45
