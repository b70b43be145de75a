"""Coefficients over all annotators together: laws, intervals, what is refused."""

from math import isnan

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import STATISTICS, Figure, agreement, agreement_of_all, krippendorff_alpha
from analysis.pairs import coded
from analysis.votes import votes_of

SCALE = [1, 2, 3, 4, 5]
NOMINAL = ("fleiss_kappa", "krippendorff_alpha", "gwet_ac1")
answers = st.dictionaries(
    st.tuples(st.integers(0, 19), st.sampled_from("abcd")), st.sampled_from(SCALE), max_size=60
)


def of(answered: dict[tuple[int, str], int]) -> pd.DataFrame:
    rows = [(task, who, label) for (task, who), label in answered.items()]
    return pd.DataFrame(rows, columns=["task", "annotator", "label"])


def noisy(rng: np.random.Generator, tasks: int, shares: list[float], right: float) -> pd.DataFrame:
    """Three people, each of whom sees the truth so often; a third label is there every other time.

    Tasks come in conversations of two.
    """
    size = len(shares)
    truth = rng.choice(size, tasks, p=shares)
    said = np.where(
        rng.random((tasks, 3)) < right, truth[:, None], rng.choice(size, (tasks, 3), p=shares)
    )
    frame = pd.DataFrame(
        {
            "task": np.repeat(np.arange(tasks), 3),
            "annotator": np.tile(list("abc"), tasks),
            "label": said.reshape(-1),
        }
    )
    return frame[(frame["annotator"] != "c") | (frame["task"] % 2 == 0)]


def ends(found: dict[str, Figure]) -> list[float]:
    return [end for figure in found.values() for end in (figure.value, figure.low, figure.high)]


@given(answers, st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_order_and_names_change_neither_value_nor_interval(answered, order) -> None:
    rows = list(answered.items())
    order.shuffle(rows)
    renamed = {(900 - 7 * task, who.upper()): label for (task, who), label in rows}
    one, other = (agreement_of_all(of(said), SCALE, draws=100) for said in (answered, renamed))
    assert ends(other) == pytest.approx(ends(one), nan_ok=True)


@given(answers, st.permutations(SCALE))
@settings(max_examples=40)
def test_nominal_values_ignore_what_categories_are_called(answered, scale) -> None:
    renamed = {key: scale[label - 1] for key, label in answered.items()}
    one, other = (
        agreement_of_all(of(said), SCALE, names=NOMINAL, draws=1) for said in (answered, renamed)
    )
    for name in NOMINAL:
        assert other[name].value == pytest.approx(one[name].value, nan_ok=True)


@given(answers, st.floats(0.5, 9), st.floats(-50, 50))
@settings(max_examples=40)
def test_interval_coefficients_ignore_unit_and_origin(answered, unit, origin) -> None:
    moved = [unit * point + origin for point in SCALE]
    names = ("krippendorff_alpha_interval", "gwet_ac2_linear", "gwet_ac2_quadratic")
    one, other = (
        agreement_of_all(of(answered), SCALE, values, names=names, draws=50)
        for values in (SCALE, moved)
    )
    assert ends(other) == pytest.approx(ends(one), nan_ok=True, abs=1e-6)


@given(answers)
@settings(max_examples=60)
def test_figures_are_complete_and_in_range(answered) -> None:
    for figure in agreement_of_all(of(answered), SCALE, draws=60).values():
        if isnan(figure.value) or isnan(figure.low):
            assert figure.reason
        else:
            assert figure.low <= figure.value <= figure.high <= 1


@given(answers)
@settings(max_examples=40)
def test_alpha_of_two_people_is_scotts_pi_and_a_small_term(answered) -> None:
    both = [task for task, who in answered if who == "a" and (task, "b") in answered]
    kept = {key: label for key, label in answered.items() if key[0] in both and key[1] in "ab"}
    found = agreement_of_all(of(kept), SCALE, names=NOMINAL, draws=1)
    pi, alpha = found["fleiss_kappa"].value, found["krippendorff_alpha"].value
    if not isnan(pi):
        assert alpha == pytest.approx(pi + (1 - pi) / (2 * len(both)))


def test_alpha_by_an_independent_loop_over_pairs_of_labels() -> None:
    labels = noisy(np.random.default_rng(3), 80, [0.5, 0.3, 0.2], 0.7)
    groups = [group["label"].to_numpy() for _, group in labels.groupby("task")]
    every = np.concatenate(groups)

    def alpha(differ) -> float:
        seen = sum(
            differ(a, b) / (len(group) - 1)
            for group in groups
            for i, a in enumerate(group)
            for j, b in enumerate(group)
            if i != j
        )
        chance = sum(
            differ(a, b) for i, a in enumerate(every) for j, b in enumerate(every) if i != j
        )
        return float(1 - (len(every) - 1) * seen / chance)

    count = np.bincount(every)

    def ranks(a: int, b: int) -> float:
        low, high = min(a, b), max(a, b)
        return float((count[low : high + 1].sum() - (count[low] + count[high]) / 2) ** 2)

    found = agreement_of_all(labels, [0, 1, 2])
    assert found["krippendorff_alpha"].value == pytest.approx(alpha(lambda a, b: a != b))
    assert found["krippendorff_alpha_ordinal"].value == pytest.approx(alpha(ranks))
    interval = alpha(lambda a, b: float((a - b) ** 2))
    assert found["krippendorff_alpha_interval"].value == pytest.approx(interval)


def test_perfect_agreement_is_one_with_an_interval_below_it() -> None:
    labels = of({(task, who): 1 + task % 5 for task in range(40) for who in "abc"})
    for figure in agreement_of_all(labels, SCALE).values():
        assert (figure.value, figure.high) == pytest.approx((1, 1))
        assert 0.8 < figure.low < 0.95


def test_one_category_is_undefined_except_by_gwet() -> None:
    labels = of({(task, who): 4 for task in range(40) for who in "ab"})
    found = agreement_of_all(labels, SCALE)
    for name in STATISTICS:
        if name.startswith("gwet"):
            assert found[name].value == 1
            # the share of equal labels is 1 of 40 tasks: Wilson from 91.2 %
            assert 0.88 < found[name].low < 0.92
        else:
            assert found[name].to_json()["reason"] == "one category only"
    alone = agreement_of_all(labels, [4], names=["gwet_ac1"])["gwet_ac1"]
    assert alone.reason == "only one category is declared"


def test_no_task_with_two_labels_is_undefined() -> None:
    for figure in agreement_of_all(of({(task, "a"): 4 for task in range(9)}), SCALE).values():
        assert (isnan(figure.value), figure.reason) == (True, "no task has two labels")


def test_few_rare_labels_refuse_the_interval_of_alpha_only() -> None:
    said = {(task, who): 1 for task in range(300) for who in "ab"}
    said |= {(task, "a"): 2 for task in range(5)} | {(task, "b"): 2 for task in range(3)}
    found = agreement_of_all(of(said), SCALE)
    assert isnan(found["krippendorff_alpha"].low)
    assert "a label other than the commonest (5; an interval needs 6)" in str(
        found["krippendorff_alpha"].reason
    )
    assert found["gwet_ac1"].low > 0.95


def test_a_rare_label_that_never_met_itself_may_yet() -> None:
    """Eight people alone said 2: no resample agrees on it, yet agreement on it cannot be denied."""
    said = {(task, who): 1 for task in range(200) for who in "ab"}
    said |= {(task, "ab"[task % 2]): 2 for task in range(8)}
    alpha = agreement_of_all(of(said), SCALE, names=["krippendorff_alpha"])["krippendorff_alpha"]
    assert alpha.value == pytest.approx(-0.0179, abs=1e-3)
    # with four more tasks on which both say 2, alpha would be about a half
    assert 0.4 < alpha.high < 0.55
    assert -0.1 < alpha.low < alpha.value


def test_conversations_with_much_the_same_tasks_widen_the_interval() -> None:
    rows = {
        (task, who): 1 + (task // 10 + (who == "b" and task // 10 % 3 == 0)) % 5
        for task in range(300)
        for who in "ab"
    }
    cluster = pd.Series([task // 10 for task in range(300)], index=range(300))
    for name in ("krippendorff_alpha", "cohen_kappa", "percent_agreement"):
        alone = agreement(of(rows), SCALE, names=[name]).coefficients[name]
        together = agreement(of(rows), SCALE, names=[name], cluster=cluster)
        figure = together.coefficients[name]
        assert figure.value == pytest.approx(alone.value)
        # ten copies of a task are worth one: the interval is about root 10 times as wide
        assert 2.5 < (figure.high - figure.low) / (alone.high - alone.low) < 4.2
        assert "30 clusters" in figure.method
        if name != "krippendorff_alpha":
            pair = together.pairs[0].figures[name]
            assert (pair.low, pair.high) == pytest.approx((figure.low, figure.high), abs=0.03)


def test_every_task_its_own_cluster_changes_nothing() -> None:
    labels = noisy(np.random.default_rng(8), 120, [0.5, 0.3, 0.2], 0.7)
    cluster = pd.Series({task: f"c{task}" for task in range(100)})  # the rest stand alone
    one, other = agreement(labels, [0, 1, 2]), agreement(labels, [0, 1, 2], cluster=cluster)
    for name, figure in one.coefficients.items():
        again = other.coefficients[name]
        assert again.value == pytest.approx(figure.value)
        assert (again.low, again.high) == pytest.approx((figure.low, figure.high), abs=0.02)


@pytest.mark.parametrize(
    ("tasks", "shares", "right"),
    [(20, [0.5, 0.5], 0.6), (50, [0.1, 0.15, 0.2, 0.3, 0.25], 0.9), (150, [0.9, 0.1], 0.8)],
)
def test_intervals_cover_the_truth(tasks: int, shares: list[float], right: float) -> None:
    """Two hundred samples each; refused intervals make no claim. bench/agreement.py has more."""
    rng = np.random.default_rng(11)
    scale = list(range(len(shares)))
    truth = agreement_of_all(noisy(rng, 200_000, shares, right), scale, draws=1)
    claims: dict[str, list[bool]] = {name: [] for name in NOMINAL}
    for _ in range(200):
        found = agreement_of_all(noisy(rng, tasks, shares, right), scale, names=NOMINAL, draws=400)
        for name, figure in found.items():
            if not isnan(figure.low):
                claims[name].append(figure.low <= truth[name].value <= figure.high)
    for name in NOMINAL:
        assert len(claims[name]) > 100
        assert np.mean(claims[name]) > 0.91, name


def test_tasks_with_the_same_counts_are_one_pattern() -> None:
    labels = noisy(np.random.default_rng(2), 400, [0.5, 0.5], 0.7)
    votes = votes_of(coded(labels, [0, 1]))
    assert len(votes.counts) <= 7  # two labels: 3 patterns; three labels: 4
    wide = labels.groupby(["task", "label"]).size().unstack(fill_value=0).to_numpy()
    assert sorted(map(tuple, votes.counts[votes.pattern])) == sorted(map(tuple, wide))
    assert votes.times.sum() == votes.tasks == 400


def test_unknown_names_and_levels_are_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown coefficients \['kappa'\]"):
        agreement_of_all(of({(1, "a"): 1}), SCALE, names=["kappa"])
    with pytest.raises(ValueError, match="level must be nominal"):
        krippendorff_alpha([[1, 1]], "metric")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="symmetric"):
        krippendorff_alpha([[1, 1]], differences=[[0, 1], [2, 0]])
    with pytest.raises(ValueError, match=r"counts must have shape \(N, K\)"):
        krippendorff_alpha([1, 2, 3])


def pairs_in(rng: np.random.Generator, clusters: int) -> tuple[pd.DataFrame, pd.Series]:
    """Thirty tasks of two people in each cluster; how often they agree differs by cluster."""
    share = rng.beta(8, 2, clusters)
    of_task = np.repeat(np.arange(clusters), 30)
    one = rng.integers(0, 2, len(of_task))
    other = np.where(rng.random(len(of_task)) < share[of_task], one, 1 - one)
    rows = {(t, "a"): int(one[t]) for t in range(len(one))}
    rows |= {(t, "b"): int(other[t]) for t in range(len(one))}
    return of(rows), pd.Series(of_task, index=range(len(of_task)))


@pytest.mark.parametrize("clusters", [5, 8, 12])
def test_few_clusters_still_cover_the_truth(clusters: int) -> None:
    """Of percent agreement .8, kappa and alpha .6; with 5 clusters it once was .84."""
    rng, runs = np.random.default_rng(3), 200
    truth = {"percent_agreement": 0.8, "cohen_kappa": 0.6, "krippendorff_alpha": 0.6}
    hits, claims = dict.fromkeys(truth, 0), dict.fromkeys(truth, 0)
    pairs = 0
    for _ in range(runs):
        labels, cluster = pairs_in(rng, clusters)
        found = agreement(labels, [0, 1], names=list(truth), cluster=cluster)
        for name, figure in found.coefficients.items():
            claims[name] += not isnan(figure.low)
            hits[name] += figure.low <= truth[name] <= figure.high
        pair = found.pairs[0].figures["percent_agreement"]
        pairs += pair.low <= 0.8 <= pair.high
    for name in ("percent_agreement", "cohen_kappa"):
        assert claims[name] == runs
        assert hits[name] >= 0.91 * runs
    assert pairs >= 0.91 * runs
    assert claims["krippendorff_alpha"] == (runs if clusters >= 10 else 0)
    assert hits["krippendorff_alpha"] >= 0.91 * claims["krippendorff_alpha"]


def test_too_few_clusters_are_told() -> None:
    labels, cluster = pairs_in(np.random.default_rng(4), 4)
    found = agreement(labels, [0, 1], cluster=cluster)
    percent = found.coefficients["percent_agreement"]
    for figure in (percent, found.pairs[0].figures["percent_agreement"]):
        assert figure.value == pytest.approx(percent.value)
        assert isnan(figure.low)
        assert figure.reason == "too few clusters (4; an interval needs 5)"
    for name in (*NOMINAL, "krippendorff_alpha_ordinal"):
        reason = found.coefficients[name].reason
        assert reason == "too few clusters (4; an interval needs 10)"
