from math import isnan

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from analysis import AGREEMENT, NOMINAL, Agreement, agreement, pairs, tag_agreement

SCALE = [1, 2, 3, 4, 5]
KAPPAS = ("cohen_kappa", "cohen_kappa_linear", "cohen_kappa_quadratic")
WEIGHTS = dict(zip(KAPPAS, (None, "linear", "quadratic"), strict=True))

answers = st.dictionaries(
    st.tuples(st.integers(0, 11), st.sampled_from("abcd")), st.sampled_from(SCALE), max_size=40
)


def frame(rows) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["task", "annotator", "label"])


def of(answered: dict[tuple[int, str], int]) -> pd.DataFrame:
    return frame((task, who, label) for (task, who), label in answered.items())


def two(first: list[int], second: list[int]) -> pd.DataFrame:
    return frame(
        (task, who, label)
        for task, both in enumerate(zip(first, second, strict=True))
        for who, label in zip("ab", both, strict=True)
    )


def noisy(tasks: int, annotators: int, overlap: int, seed: int = 0) -> pd.DataFrame:
    """Everybody sees the truth eight times in ten."""
    rng = np.random.default_rng(seed)
    rows = []
    for task in range(tasks):
        truth = rng.integers(1, 6)
        for who in rng.permutation(annotators)[:overlap]:
            label = truth if rng.random() < 0.8 else rng.integers(1, 6)
            rows.append((task, f"p{who:02d}", int(label)))
    return frame(rows)


def numbers(found: Agreement) -> list[float]:
    """Every value and interval of a result, pairs in their order."""
    figures = [
        *found.coefficients.values(),
        *(figure for pair in found.pairs for figure in pair.figures.values()),
    ]
    return [end for figure in figures for end in (figure.value, figure.low, figure.high)]


def test_every_pair_and_coefficient_by_an_independent_loop() -> None:
    labels = noisy(60, 4, 3)
    found = agreement(labels, SCALE)
    wide = labels.pivot(index="task", columns="annotator", values="label")
    assert [(pair.a, pair.b) for pair in found.pairs] == sorted(
        (a, b) for a in wide for b in wide if a < b
    )
    for pair in found.pairs:
        both = wide[[pair.a, pair.b]].dropna().astype(int)
        assert pair.n == pair.table.sum() == len(both)
        share = (both[pair.a] == both[pair.b]).mean()
        assert pair.figures["percent_agreement"].value == pytest.approx(share)
        for name, weights in WEIGHTS.items():
            expected = cohen_kappa_score(both[pair.a], both[pair.b], labels=SCALE, weights=weights)
            assert pair.figures[name].value == pytest.approx(expected)
    for name in KAPPAS:
        values = [pair.figures[name].value for pair in found.pairs]
        expected = np.average(values, weights=[pair.n for pair in found.pairs])
        assert found.coefficients[name].value == pytest.approx(expected)


def test_percent_agreement_overall_is_the_mean_over_tasks() -> None:
    labels = frame(
        [(1, "a", 1), (1, "b", 1), (1, "c", 2), (2, "a", 3), (2, "b", 3), (3, "a", 5)],
    )
    found = agreement(labels, SCALE)
    # task 1: one of three pairs agrees; task 2: its only pair agrees; task 3 has no pair
    assert found.coefficients["percent_agreement"].value == pytest.approx((1 / 3 + 1) / 2)
    assert (found.tasks, found.labels, found.annotators) == (2, 5, 3)


def test_one_pair_is_the_whole() -> None:
    found = agreement(noisy(40, 2, 2), SCALE)
    for name in AGREEMENT:
        figure, pair = found.coefficients[name], found.pairs[0].figures[name]
        assert (figure.value, figure.low, figure.high, figure.n) == pytest.approx(
            (pair.value, pair.low, pair.high, 40)
        )


def test_interval_of_a_pair_is_that_of_its_standard_error() -> None:
    # kappa and standard error of this table are published; 100 tasks, t(99) on the z scale
    first, second = [1] * 80 + [1] * 10 + [2] * 5 + [2] * 5, [1] * 80 + [2] * 10 + [1] * 5 + [2] * 5
    figure = agreement(two(first, second), [1, 2]).pairs[0].figures["cohen_kappa"]
    z, half = np.arctanh(0.3181818), 1.984217 * 0.1334565 / (1 - 0.3181818**2)
    ends = (np.tanh(z - half), np.tanh(z + half))
    assert (figure.low, figure.high) == pytest.approx(ends, abs=1e-5)


@pytest.mark.parametrize("name", ["percent_agreement", *KAPPAS])
def test_overall_intervals_cover_the_truth(name: str) -> None:
    hits = 0
    # By construction: both see the truth with 0.8, else any of five; kappas are 0.8 squared.
    truth = 0.64 + 0.36 / 5 if name == "percent_agreement" else 0.64
    for seed in range(150):
        figure = agreement(noisy(150, 3, 3, seed), SCALE, names=[name]).coefficients[name]
        hits += figure.low <= truth <= figure.high
    assert 0.89 <= hits / 150 <= 0.99


def test_ignoring_that_pairs_share_tasks_would_be_too_narrow() -> None:
    found = agreement(noisy(200, 6, 6), SCALE)
    figure = found.coefficients["cohen_kappa"]
    pairs_only = np.mean(
        [p.figures["cohen_kappa"].high - p.figures["cohen_kappa"].low for p in found.pairs]
    )
    as_if_independent = pairs_only / len(found.pairs) ** 0.5
    assert figure.high - figure.low > 1.5 * as_if_independent


def test_perfect_agreement_is_one_with_an_interval_that_knows_n() -> None:
    for n, low, high in ((10, 0.6, 0.75), (100, 0.9, 0.97)):
        labels = two([1, 2, 3, 4, 5] * (n // 5), [1, 2, 3, 4, 5] * (n // 5))
        found = agreement(labels, SCALE)
        for name in ("percent_agreement", *KAPPAS):
            for figure in (found.coefficients[name], found.pairs[0].figures[name]):
                assert (figure.value, figure.high) == pytest.approx((1, 1))
                assert low < figure.low < high


def test_kappa_of_opposites_is_minus_one() -> None:
    figure = agreement(two([1, 2] * 8, [2, 1] * 8), [1, 2]).coefficients["cohen_kappa"]
    assert (figure.value, figure.low) == pytest.approx((-1, -1))
    assert -0.8 < figure.high < -0.5


def test_no_shared_task_is_undefined() -> None:
    for labels in (frame([]), frame([(1, "a", 3), (2, "b", 3)])):
        found = agreement(labels, SCALE)
        assert (found.tasks, found.labels, found.annotators, found.pairs) == (0, 0, 0, [])
        for figure in found.coefficients.values():
            assert figure.to_json()["value"] is None
            assert figure.reason == "no task has two labels"


def test_undefined_pairs_do_not_enter_the_mean() -> None:
    same = [(task, who, 1) for task in range(5) for who in "cd"]
    rest = [(task + 10, who, label) for (task, who, label) in two([1, 2, 3], [1, 2, 4]).to_numpy()]
    found = agreement(frame([*same, *rest]), SCALE)
    alone = agreement(frame(rest), SCALE)
    assert found.coefficients["cohen_kappa"].value == alone.coefficients["cohen_kappa"].value
    assert found.coefficients["cohen_kappa"].n == 3
    assert "1 of 2 pairs" in found.coefficients["cohen_kappa"].method
    assert found.pairs[1].figures["cohen_kappa"].reason == "one category only"
    assert found.pairs[1].figures["cohen_kappa"].n == 5


def test_a_constant_annotator_gets_a_value_but_no_interval() -> None:
    found = agreement(two([1] * 12, [1] * 9 + [2] * 3), SCALE)
    for figure in (found.coefficients["cohen_kappa"], found.pairs[0].figures["cohen_kappa"]):
        assert figure.value == pytest.approx(0)
        assert figure.to_json()["ci"] is None
        assert figure.reason == "one annotator used one category only"


def test_many_thin_pairs_get_no_overall_interval() -> None:
    found = agreement(noisy(400, 30, 2), SCALE)
    figure = found.coefficients["cohen_kappa"]
    # the mean of kappas from two or three tasks each lies far below the true 0.64
    assert figure.value < 0.6
    assert figure.to_json()["ci"] is None
    assert "tasks on average" in str(figure.reason)
    assert found.coefficients["percent_agreement"].to_json()["ci"] is not None


def test_values_set_the_distances() -> None:
    labels = two([1, 1, 2, 3, 2, 3], [2, 1, 1, 3, 2, 3])
    even, uneven = agreement(labels, [1, 2, 3]), agreement(labels, [1, 2, 3], [0, 1, 9])
    name = "cohen_kappa_linear"
    assert uneven.coefficients[name].value > even.coefficients[name].value + 0.1
    assert uneven.coefficients["cohen_kappa"] == even.coefficients["cohen_kappa"]


def test_only_the_coefficients_asked_for() -> None:
    found = agreement(noisy(20, 2, 2), SCALE, names=NOMINAL)
    assert list(found.coefficients) == list(NOMINAL)
    assert list(found.pairs[0].figures) == ["percent_agreement", "cohen_kappa"]
    with pytest.raises(ValueError, match=r"unknown coefficients \['kappa'\]; known: \['cohen"):
        agreement(noisy(20, 2, 2), SCALE, names=["kappa"])


def test_blocks_of_pairs_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = noisy(80, 6, 3)
    whole = agreement(labels, SCALE)
    monkeypatch.setattr(pairs, "BLOCK_CELLS", 60)
    assert numbers(agreement(labels, SCALE)) == pytest.approx(numbers(whole))


def test_tags_are_judged_one_by_one() -> None:
    labels = frame(
        [
            (1, "a", ["unsafe", "tone"]),
            (1, "b", ["unsafe"]),
            (2, "a", []),
            (2, "b", []),
            (3, "a", ["tone"]),
            (3, "b", ["tone"]),
        ]
    )
    found = tag_agreement(labels, ["tone", "unsafe", "refusal"])
    assert list(found) == ["tone", "unsafe", "refusal"]
    assert found["tone"].coefficients["percent_agreement"].value == pytest.approx(2 / 3)
    assert found["unsafe"].coefficients["cohen_kappa"].value == pytest.approx(1)
    assert found["refusal"].coefficients["cohen_kappa"].reason == "one category only"
    assert found["tone"].pairs[0].table.tolist() == [[1, 0], [1, 1]]


def test_an_undeclared_tag_is_named() -> None:
    with pytest.raises(ValueError, match=r"tags \['tonne'\] are not among the declared"):
        tag_agreement(frame([(1, "a", ["tonne"]), (1, "b", [])]), ["tone"])


@given(answers, st.randoms(use_true_random=False))
def test_row_order_changes_nothing(answered, order) -> None:
    rows = list(answered.items())
    order.shuffle(rows)
    one, two_ = agreement(of(answered), SCALE), agreement(of(dict(rows)), SCALE)
    assert numbers(two_) == pytest.approx(numbers(one), nan_ok=True)
    assert [(pair.a, pair.b) for pair in one.pairs] == [(pair.a, pair.b) for pair in two_.pairs]


@given(answers)
def test_names_of_annotators_and_tasks_do_not_matter(answered) -> None:
    renamed = {(900 - 7 * task, who.upper()): label for (task, who), label in answered.items()}
    one, other = agreement(of(answered), SCALE), agreement(of(renamed), SCALE)
    assert numbers(other) == pytest.approx(numbers(one), nan_ok=True)


@given(answers)
def test_swapping_two_annotators_only_turns_their_table(answered) -> None:
    swap = {"a": "b", "b": "a"}
    swapped = {(task, swap.get(who, who)): label for (task, who), label in answered.items()}
    one, other = agreement(of(answered), SCALE), agreement(of(swapped), SCALE)
    for name, figure in one.coefficients.items():
        assert other.coefficients[name].value == pytest.approx(figure.value, nan_ok=True)
        assert other.coefficients[name].low == pytest.approx(figure.low, nan_ok=True, abs=1e-7)
    both = [
        {(pair.a, pair.b): pair for pair in found.pairs}.get(("a", "b")) for found in (one, other)
    ]
    if both[0] and both[1]:
        assert both[0].table.T.tolist() == both[1].table.tolist()


@given(answers, st.permutations(SCALE))
def test_nominal_coefficients_ignore_what_categories_are_called(answered, scale) -> None:
    renamed = {key: scale[label - 1] for key, label in answered.items()}
    two_each = [name for name in NOMINAL if name in AGREEMENT]
    one, other = (agreement(of(said), SCALE, names=two_each) for said in (answered, renamed))
    assert numbers(other) == pytest.approx(numbers(one), nan_ok=True, abs=1e-7)


@given(answers)
def test_reversing_the_scale_changes_nothing(answered) -> None:
    reversed_ = {key: 6 - label for key, label in answered.items()}
    one, other = (agreement(of(said), SCALE, names=AGREEMENT) for said in (answered, reversed_))
    assert numbers(other) == pytest.approx(numbers(one), nan_ok=True, abs=1e-7)


@given(answers)
def test_figures_are_complete_and_in_range(answered) -> None:
    found = agreement(of(answered), SCALE)
    for figure in (
        *found.coefficients.values(),
        *(figure for pair in found.pairs for figure in pair.figures.values()),
    ):
        if not isnan(figure.value) and not isnan(figure.low):
            assert figure.low <= figure.value + 1e-9
            assert figure.value - 1e-9 <= figure.high <= 1
        else:
            assert figure.reason


def test_an_interval_over_mostly_constant_pairs_is_refused():
    """One pair agrees on a rare tag; a third person never used it: that is no evidence."""
    rows = [
        (task, name, value)
        for task in range(40)
        for name, value in (("a", task < 2), ("b", task < 2), ("c", False))
    ]
    labels = pd.DataFrame(rows, columns=["task", "annotator", "label"])
    found = agreement(labels, [False, True]).coefficients["cohen_kappa"]
    assert found.value == pytest.approx(1 / 3)
    assert np.isnan(found.low)
    assert "one category only" in found.reason
