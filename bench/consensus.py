"""Dawid-Skene, 100 annotators x 100,000 tasks x 3 labels, beside the same rounds in plain loops."""

from __future__ import annotations

import resource

import numpy as np
import pandas as pd

from analysis import dawid_skene, majority
from bench.kappa import ANNOTATORS, CATEGORIES, LABELS, TASKS, cpu

ROUNDS, SMOOTHING = 5, 0.01
MUST_SECONDS, MUST_MEGABYTES = 1.0, 300.0


def labels(rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    """Long frame of people who are right 50 to 90 times in 100, and the truth."""
    truth = rng.integers(0, len(CATEGORIES), TASKS)
    first = rng.integers(0, ANNOTATORS, TASKS)
    steps = rng.integers(1, ANNOTATORS // LABELS, (TASKS, LABELS - 1)).cumsum(axis=1)
    annotator = np.column_stack([first, (first[:, None] + steps) % ANNOTATORS])
    accuracy = rng.uniform(0.5, 0.9, ANNOTATORS)
    wrong = (truth[:, None] + rng.integers(1, len(CATEGORIES), annotator.shape)) % len(CATEGORIES)
    said = np.where(rng.random(annotator.shape) < accuracy[annotator], truth[:, None], wrong)
    frame = pd.DataFrame(
        {
            "task": np.repeat(np.arange(TASKS), LABELS),
            "annotator": annotator.reshape(-1),
            "label": np.array(CATEGORIES)[said.reshape(-1)],
        }
    )
    return frame, truth


def loops(frame: pd.DataFrame) -> np.ndarray:
    """The same rounds from the shares of votes, label by label."""
    classes = len(CATEGORIES)
    rows = list(zip(frame["task"], frame["annotator"], frame["label"] - 1, strict=True))
    posterior = np.zeros((TASKS, classes))
    for task, _, label in rows:
        posterior[task, label] += 1
    posterior /= posterior.sum(axis=1, keepdims=True)
    for _ in range(ROUNDS):
        counts = np.full((ANNOTATORS, classes, classes), SMOOTHING)
        for task, annotator, label in rows:
            counts[annotator, :, label] += posterior[task]
        log = np.log(counts / counts.sum(axis=2, keepdims=True))
        joint = np.tile(np.log(posterior.mean(axis=0)), (TASKS, 1))
        for task, annotator, label in rows:
            joint[task] += log[annotator, :, label]
        posterior = np.exp(joint - joint.max(axis=1, keepdims=True))
        posterior /= posterior.sum(axis=1, keepdims=True)
    return posterior


def main() -> int:
    frame, truth = labels(np.random.default_rng(7))
    dawid_skene(frame.head(1000), CATEGORIES)
    ours, found = cpu(lambda: dawid_skene(frame, CATEGORIES), times=5)
    votes, counted = cpu(lambda: majority(frame, CATEGORIES), times=5)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    some, few = cpu(
        lambda: dawid_skene(
            frame, CATEGORIES, shrink=0, smoothing=SMOOTHING, restarts=0, rounds=ROUNDS
        ),
        times=3,
    )
    theirs, expected = cpu(lambda: loops(frame), times=1)
    assert np.allclose(few.posterior, expected, atol=1e-9)
    right = (found.choice == truth).mean(), (counted.choice == truth).mean()
    print(f"{len(frame)} labels, {len(CATEGORIES)} classes; CPU seconds")
    print(f"  majority                               {votes:8.3f}   right {right[1]:.3f}")
    model = f"Dawid-Skene, {len(found.path)} rounds, 3 starts"
    print(f"  {model:38} {ours:8.3f}   right {right[0]:.3f}")
    print(f"  Dawid-Skene, {ROUNDS} rounds, 1 start           {some:8.3f}")
    print(f"  the same {ROUNDS} rounds in plain loops        {theirs:8.3f}   one run")
    print(f"  memory {memory:.0f} MB; converged: {'yes' if found.converged else 'NO'}")
    good = ours < MUST_SECONDS and memory < MUST_MEGABYTES and found.converged
    print(
        f"  must be below {MUST_SECONDS} s and {MUST_MEGABYTES:.0f} MB: {'yes' if good else 'NO'}"
    )
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
