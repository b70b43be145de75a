"""What a task's labels say together: ties stated, models that climb and do not care for order."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis
from analysis.consensus import METHODS
from analysis.consensus_em import climb
from analysis.consensus_votes import coded

K = 3
models = pytest.mark.parametrize("name", ["dawid_skene", "one_coin"])


def crowd(
    seed: int, tasks: int = 300, people: int = 12, each: int = 3, low: float = 0.55
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Labels of people who are right with their own probability; the truth; the probabilities."""
    rng = np.random.default_rng(seed)
    accuracy, truth = rng.uniform(low, 0.95, people), rng.integers(0, K, tasks)
    who = np.array([rng.permutation(people)[:each] for _ in range(tasks)])
    right = rng.random(who.shape) < accuracy[who]
    label = np.where(right, truth[:, None], (truth[:, None] + rng.integers(1, K, who.shape)) % K)
    task = np.repeat(np.arange(tasks), each)
    frame = pd.DataFrame({"task": task, "annotator": who.ravel(), "label": label.ravel()})
    return frame, truth, accuracy


small = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 4), st.integers(0, K - 1)), min_size=1, max_size=40
).map(lambda rows: pd.DataFrame(rows, columns=["task", "annotator", "label"]))


def test_a_majority_states_its_ties_whatever_the_order_of_rows() -> None:
    frame = pd.DataFrame(
        [(1, "a", 0), (1, "b", 1), (2, "a", 2), (2, "b", 2), (2, "c", 0)],
        columns=["task", "annotator", "label"],
    )
    for rows in (frame, frame.iloc[::-1]):
        found = analysis.majority(rows, range(K))
        assert dict(zip(found.tasks, found.answers(), strict=True)) == {1: None, 2: 2}
        assert found.tied.sum() == 1
        assert all("majority" in (one.reason or "") for one in found.accuracy)


@models
@settings(max_examples=40, deadline=None)
@given(frame=small)
def test_every_round_climbs(name: str, frame: pd.DataFrame) -> None:
    found = METHODS[name](frame, range(K))
    assert (np.diff(found.path) >= -1e-8 * np.abs(found.path[:-1])).all()
    assert np.allclose(found.posterior.sum(axis=1), 1)
    assert np.isfinite(found.log_likelihood)


@pytest.mark.parametrize("smoothing", [0.0, 0.01])
def test_the_log_likelihood_climbs_without_shrinking(smoothing: float) -> None:
    frame, _, _ = crowd(3)
    found = analysis.dawid_skene(frame, range(K), shrink=0, smoothing=smoothing)
    assert (np.diff(found.path) >= -1e-9).all()
    assert found.converged
    if not smoothing:
        assert found.path[-1] == pytest.approx(found.log_likelihood)


@models
def test_order_and_names_change_nothing(name: str) -> None:
    frame, _, _ = crowd(4, tasks=80)
    mixed = frame.sample(frac=1, random_state=1)
    mixed = mixed.assign(annotator=[f"p{who}" for who in mixed["annotator"]], task=-mixed["task"])
    one, two = METHODS[name](frame, range(K)), METHODS[name](mixed, range(K))
    place = {task: at for at, task in enumerate(two.tasks)}
    again = two.posterior[[place[-task] for task in one.tasks]]
    assert np.allclose(one.posterior, again, atol=1e-5)
    assert one.log_likelihood == pytest.approx(two.log_likelihood, abs=1e-3)


@models
def test_it_beats_the_majority_where_people_differ(name: str) -> None:
    frame, truth, _ = crowd(5, tasks=1500, low=0.35)
    share = {}
    for method in ("majority", name):
        found = METHODS[method](frame, range(K))
        share[method] = (found.choice == truth[list(found.tasks)]).mean()
    assert share[name] > share["majority"] + 0.02


def test_classes_keep_their_names_from_a_start_that_has_them_wrong() -> None:
    frame, truth, _ = crowd(6, tasks=600)
    votes = coded(frame, range(K))
    problem = votes.problem(np.full((12, K, K), 0.01))
    turned = problem.shares()[:, [1, 2, 0]]
    fit = climb(problem, [turned], tolerance=1e-9, rounds=500)
    assert (fit.posterior.argmax(axis=1) == truth[list(votes.tasks)]).mean() > 0.8


def test_accuracy_covers_the_truth_and_is_silent_on_few_labels() -> None:
    covered = []
    for seed in range(12):
        frame, _, accuracy = crowd(seed)
        found = analysis.dawid_skene(frame, range(K))
        covered += [
            figure.low <= accuracy[who] <= figure.high
            for who, figure in zip(found.annotators, found.accuracy, strict=True)
        ]
    assert 0.88 <= np.mean(covered) <= 0.99
    few = analysis.dawid_skene(crowd(1, tasks=20)[0], range(K))
    assert all(not one.defined and "20 labels" in (one.reason or "") for one in few.accuracy)


def test_somebody_with_few_labels_is_taken_for_an_average_annotator() -> None:
    frame, _, _ = crowd(7)
    wrong = pd.DataFrame({"task": [0, 1], "annotator": 99, "label": [2, 2]})
    found = analysis.dawid_skene(pd.concat([frame, wrong]), range(K))
    drawn = found.confusion[found.annotators.index(99)]
    assert np.abs(drawn - found.pooled).max() < 0.35
    alone = analysis.dawid_skene(pd.concat([frame, wrong]), range(K), shrink=0)
    extreme = alone.confusion[alone.annotators.index(99)]
    assert extreme.max() > 0.9


@pytest.mark.parametrize(
    ("frame", "categories", "words"),
    [
        (pd.DataFrame({"task": [1], "label": [0]}), [0, 1], "missing: annotator"),
        (pd.DataFrame({"task": [1], "annotator": ["a"], "label": [9]}), [0, 1], "holds '9'"),
        (pd.DataFrame({"task": [None], "annotator": ["a"], "label": [1]}), [0, 1], "column task"),
        (pd.DataFrame({"task": [1], "annotator": ["a"], "label": [1]}), [1], "at least two"),
        (pd.DataFrame({"task": [], "annotator": [], "label": []}), [0, 1], "no row"),
    ],
)
def test_bad_input_is_named(frame: pd.DataFrame, categories: list[int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        analysis.dawid_skene(frame, categories)


def test_beliefs_judge_one_task_as_the_model_does_also_after_the_store() -> None:
    frame, _, _ = crowd(8)
    frame = frame.assign(annotator=[f"p{who}" for who in frame["annotator"]])
    found = analysis.dawid_skene(frame, range(K), tolerance=1e-13)
    beliefs = analysis.Beliefs.from_json(analysis.Beliefs.of(found).to_json())
    said = frame[frame["task"] == found.tasks[5]]
    one = beliefs.posterior(zip(said["annotator"], said["label"], strict=True))
    tasks, several = beliefs.posteriors(frame)
    assert one == pytest.approx(found.posterior[5], abs=1e-3)
    assert several[tasks.index(found.tasks[5])] == pytest.approx(one)
    stranger = beliefs.posterior([("nobody", 1)])
    assert stranger.argmax() == 1
    with pytest.raises(ValueError, match="majority"):
        analysis.Beliefs.of(analysis.majority(frame, range(K)))


def test_certainty_is_compared_with_being_right() -> None:
    rng = np.random.default_rng(0)
    sure = rng.uniform(0.5, 1, 4000)
    honest = analysis.reliability(sure, rng.random(4000) < sure)
    boastful = analysis.reliability(sure, rng.random(4000) < sure - 0.2)
    assert honest.honest
    assert not boastful.honest
    assert honest.levels[0].said == pytest.approx(honest.levels[0].right.value, abs=0.03)
    nothing = analysis.reliability([], [])
    assert nothing.honest is None
    assert not nothing.right.defined
    with pytest.raises(ValueError, match="equally long"):
        analysis.reliability([0.5], [])
