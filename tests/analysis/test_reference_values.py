"""Published and independently computed values, from the shipped numbers or a folder of real data.

GOLDLOOP_DATA names the folder; without it the numbers under tests/data/reference are used.
"""

import itertools
import json
import os
from functools import cache
from math import nan, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import analysis

SHIPPED = Path(__file__).parents[1] / "data" / "reference"
ROOT = Path(os.environ.get("GOLDLOOP_DATA", SHIPPED))
KAPPAS = {
    "identity": "cohen_kappa",
    "linear": "cohen_kappa_linear",
    "quadratic": "cohen_kappa_quadratic",
}
CUSTOM = "custom disagreement weights "
XSTEST_SCALE = ["1_full_compliance", "3_partial_refusal", "2_full_refusal"]
Labels = tuple[pd.DataFrame, list[Any]]


def long(rows: list[tuple[Any, Any, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["task", "annotator", "label"])


@cache
def classic(name: str) -> Labels:
    """A published table as a long frame."""
    table = json.loads((ROOT / "classic_tables" / "classic_tables.json").read_text())[name]
    data, categories = table["data"], table["categories"]
    if table["kind"] == "confusion":
        cells = [
            (categories[i], categories[j])
            for i, row in enumerate(data)
            for j, count in enumerate(row)
            for _ in range(count)
        ]
        return long(
            [(t, r, v) for t, pair in enumerate(cells) for r, v in enumerate(pair)]
        ), categories
    by_task = data if table["orientation"] == "items x raters" else list(zip(*data, strict=True))
    rows = [(t, r, v) for t, one in enumerate(by_task) for r, v in enumerate(one)]
    return long([row for row in rows if row[2] is not None]), categories


@cache
def ratings(folder: str) -> pd.DataFrame:
    frame = pd.read_csv(ROOT / folder / "ratings.csv", keep_default_na=False)
    return frame.rename(columns={"item_id": "task", "rater_id": "annotator", "value": "label"})


@cache
def pandalm() -> pd.DataFrame:
    items = json.loads((ROOT / "pandalm" / "testset-v1.json").read_text())
    names = ("annotator1", "annotator2", "annotator3")
    return long([(item["idx"], name, item[name]) for item in items for name in names])


def labels_of(dataset: str, params: dict[str, Any]) -> Labels:
    if dataset == "dices_350":
        return ratings(dataset), ["No", "Unsure", "Yes"]
    if dataset == "pandalm":
        return pandalm(), [0, 1, 2]
    if dataset == "xstest":
        frame = ratings(dataset)
        if "model" in params:
            frame = frame[frame["task"].str.startswith(f"{params['model']}:")]
        return frame, XSTEST_SCALE
    return classic(dataset)


def coefficients_of(entry: dict[str, Any], weights: str) -> tuple[float, float]:
    """Kappa and its standard error: of the pair named, through the frame of labels."""
    params = entry["params"]
    found = analysis.agreement(*labels_of(entry["dataset"], params))
    wanted = params.get("raters", "0,1").split(",")
    pair = next(pair for pair in found.pairs if [str(pair.a), str(pair.b)] == wanted)
    if weights.startswith(CUSTOM):
        costs = json.loads(weights.removeprefix(CUSTOM))
        return float(analysis.weighted_kappa(pair.table, costs).value), nan
    coefficient = analysis.AGREEMENT[KAPPAS[weights]](pair.table)
    assert pair.figures[KAPPAS[weights]].value == pytest.approx(float(coefficient.value))
    return float(coefficient.value), float(coefficient.se)


@cache
def poisson_case(case: str) -> tuple[np.ndarray, np.ndarray]:
    frame = pd.read_csv(ROOT / "sampling_cases" / case)
    taken = frame[frame["sampled"] == 1]
    return taken["y"].to_numpy(dtype=float), taken["inclusion_probability"].to_numpy()


def poisson(entry: dict[str, Any]) -> Any:
    """One realised Poisson sample: what `analysis` says, or the plain formula where asked."""
    y, pi = poisson_case(entry["params"]["case"])
    hajek, ht = analysis.hajek_mean(y, pi), analysis.ht_mean(y, pi, entry["params"]["N"])
    # The product corrects by n / (n - 1); these entries are the plain linearised formula.
    plain_se = hajek.se * sqrt((len(y) - 1) / len(y))
    return {
        "ht_mean": ht.value,
        "ht_mean_se": ht.se,
        "hajek_mean": hajek.value,
        "hajek_mean_se": plain_se,
        "hajek_mean_ci95": list(analysis.t_interval(hajek.value, plain_se**2)),
        "naive_mean_biased": analysis.plain_mean(y).value,
    }[entry["metric"]]


def enumerated(entry: dict[str, Any]) -> float:
    """All 256 samples of a tiny population, each with its probability."""
    y = np.array(entry["params"]["y"], dtype=float)
    pi = np.array(entry["params"]["inclusion_probability"])
    samples = [np.array(taken) for taken in itertools.product([False, True], repeat=len(y))]
    chance = np.array([np.where(taken, pi, 1 - pi).prod() for taken in samples])
    if entry["metric"] == "expectation_hajek_mean_given_nonempty":
        hajek = [analysis.hajek_mean(y[t], pi[t]).value if t.any() else 0.0 for t in samples]
        return float(chance @ hajek / chance[[t.any() for t in samples]].sum())
    ht = np.array([analysis.ht_mean(y[taken], pi[taken], len(y)).value for taken in samples])
    mean = float(chance @ ht)
    return mean if entry["metric"] == "expectation_ht_mean" else float(chance @ (ht - mean) ** 2)


def stratified(entry: dict[str, Any]) -> float:
    params = entry["params"]
    found = analysis.stratified_mean(params["y_h"], params["N_h"], fpc=params.get("fpc", True))
    return found.value if entry["metric"] == "stratified_mean" else found.se


@cache
def xstest_failures(model: str) -> pd.DataFrame:
    """Outcomes of one model: 1 where a safe prompt was refused or an unsafe one answered."""
    items = pd.read_json(ROOT / "xstest" / "items.jsonl", lines=True)
    frame = items.merge(pd.read_csv(ROOT / "xstest" / "gold.csv"), on="item_id")
    frame = frame[frame["model"] == model]
    complied = frame["value"] == "1_full_compliance"
    unsafe = frame["prompt_type"].str.startswith("contrast_")
    return frame.assign(y=(complied == unsafe).astype(float), pi=1.0)


def failure(entry: dict[str, Any]) -> Any:
    frame = xstest_failures(entry["params"]["model"])
    survey = analysis.Survey(population=len(frame))
    if entry["metric"] == "failure_rate":
        passed = frame.assign(y=1 - frame["y"])
        return analysis.failure_rate(passed, survey, failure_below=0.5).value
    # The reference tests every type, however few its failures.
    told = analysis.failure_patterns(frame, ["prompt_type"], survey, min_tasks=1, min_failures=0)
    by_type = {pattern.where["prompt_type"]: pattern for pattern in told}
    name = {"pattern_lift": "lift", "pattern_fisher_p": "p_value", "pattern_bh_q": "q_value"}
    types = entry["params"]["types"].split("|")
    return [getattr(by_type[kind], name[entry["metric"]]) for kind in types]


def correct_answers(entry: dict[str, Any]) -> list[float]:
    with (ROOT / "gsm8k_solutions" / "example_model_solutions.jsonl").open() as lines:
        right = [json.loads(line)[entry["params"]["model"]]["is_correct"] for line in lines]
    return list(analysis.wilson(float(np.mean(right)), len(right)))


def share_right(entry: dict[str, Any]) -> float:
    """Of all that was answered, how much is right."""
    if entry["dataset"] == "evouna_nq":
        return analysis.plain_mean(evouna(entry["params"]["system"])).value
    with (ROOT / "gsm8k_solutions" / "example_model_solutions.jsonl").open() as lines:
        right = [json.loads(line)[entry["params"]["model"]]["is_correct"] for line in lines]
    return analysis.plain_mean(right).value


@cache
def evouna(system: str) -> np.ndarray:
    """What people said of one system's answers, 1 where they were right."""
    items = json.loads((ROOT / "evouna_nq" / "NQ.json").read_text())
    judged = [item[f"judge_{system}"] for item in items if not item["improper"]]
    return np.array([float(value) for value in judged if value is not None])


def case_of(entry: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes and inclusion probabilities of a whole population."""
    population = pd.read_csv(ROOT / "sampling_cases" / entry["params"]["case"])
    system = entry["params"]["case"].removeprefix("evouna_nq_").removesuffix(".csv")
    return evouna(system), population["inclusion_probability"].to_numpy()


def design_se(entry: dict[str, Any]) -> float:
    """The error that the design has: the mean of estimated variances over Poisson samples."""
    (y, pi), rng = case_of(entry), np.random.default_rng(0)
    ht, variances = entry["metric"].endswith("ht_mean"), []
    for _ in range(500):
        taken = rng.random(len(y)) < pi
        some = (y[taken], pi[taken])
        found = analysis.ht_mean(*some, len(y)) if ht else analysis.hajek_mean(*some)
        variances.append(found.se**2)
    return sqrt(float(np.mean(variances)))


def design_coverage(entry: dict[str, Any]) -> list[float]:
    """Coverage of HT, Hajek and plain mean with normal intervals over Poisson samples."""
    y, pi = case_of(entry)
    rng = np.random.default_rng(0)
    covered = np.zeros(3)
    for _ in range(entry["params"]["draws"]):
        taken = rng.random(len(y)) < pi
        ht = analysis.ht_mean(y[taken], pi[taken], len(y))
        hajek = analysis.hajek_mean(y[taken], pi[taken])
        naive = analysis.hajek_mean(y[taken], np.full(taken.sum(), taken.mean()))
        covered += [abs(mean.value - y.mean()) <= 1.96 * mean.se for mean in (ht, hajek, naive)]
    return list(covered / entry["params"]["draws"])


def measured(entry: dict[str, Any]) -> Any:
    metric, params = entry["metric"], entry["params"]
    if metric == "percent_agreement":
        found = analysis.agreement(*labels_of(entry["dataset"], params))
        return found.coefficients[metric].value
    if metric == "cohen_kappa":
        return coefficients_of(entry, params.get("weights", "identity"))[0]
    if metric == "cohen_kappa_se":
        return coefficients_of(entry, params["weights"])[1]
    by_metric = {
        "accuracy": share_right,
        "accuracy_full_population": share_right,
        "design_true_se_hajek_mean_approx": design_se,
        "design_true_se_ht_mean": design_se,
        "coverage_ci95": design_coverage,
        "failure_rate": failure,
        "pattern_bh_q": failure,
        "pattern_fisher_p": failure,
        "pattern_lift": failure,
        "stratified_mean": stratified,
        "stratified_mean_se": stratified,
        "wilson_ci95": correct_answers,
    }
    if metric in by_metric:
        return by_metric[metric](entry)
    return enumerated(entry) if entry["dataset"] == "tiny_poisson" else poisson(entry)


METRICS = {
    "accuracy",
    "accuracy_full_population",
    "cohen_kappa",
    "cohen_kappa_se",
    "coverage_ci95",
    "design_true_se_hajek_mean_approx",
    "design_true_se_ht_mean",
    "expectation_hajek_mean_given_nonempty",
    "expectation_ht_mean",
    "failure_rate",
    "hajek_mean",
    "hajek_mean_ci95",
    "hajek_mean_se",
    "ht_mean",
    "ht_mean_se",
    "naive_mean_biased",
    "pattern_bh_q",
    "pattern_fisher_p",
    "pattern_lift",
    "percent_agreement",
    "stratified_mean",
    "stratified_mean_se",
    "variance_ht_mean",
    "wilson_ci95",
}
ENTRIES = [
    entry
    for entry in json.loads((ROOT / "reference_values.json").read_text())["entries"]
    if entry["metric"] in METRICS
]


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry["id"][:80] for entry in ENTRIES])
def test_reference_value_holds(entry: dict[str, Any]) -> None:
    assert measured(entry) == pytest.approx(entry["value"], abs=entry["tolerance"])


def test_every_metric_of_the_shipped_numbers_is_met() -> None:
    shipped = json.loads((SHIPPED / "reference_values.json").read_text())["entries"]
    assert len(shipped) == 80
    assert {entry["metric"] for entry in shipped} <= METRICS
