"""Agreement of all annotators, 100 x 100,000 tasks x 3 labels, beside plain loops; and coverage.

`--coverage` says how often intervals hold the truth, by how rare the other labels are.
"""

from __future__ import annotations

import argparse
import resource

import numpy as np
import pandas as pd

from analysis import agreement, agreement_of_all
from analysis.pairs import coded
from analysis.votes import votes_of
from bench.timing import cpu

ANNOTATORS, TASKS, LABELS, SCALE = 100, 100_000, 3, [1, 2, 3, 4, 5]
MUST = {"alpha": 0.05, "alpha, 1,000 resamples": 0.1, "all pairs kappa": 0.1}
MEGABYTES = 300
ALPHA = ("krippendorff_alpha",)
KAPPAS = ("cohen_kappa", "cohen_kappa_linear", "cohen_kappa_quadratic")
CASES = {
    "two alike": ([0.5, 0.5], 0.55),
    "one in ten": ([0.9, 0.1], 0.8),
    "one in ten, by chance": ([0.9, 0.1], 0.0),
    "one in twenty": ([0.95, 0.05], 0.7),
    "one in thirty": ([0.97, 0.03], 0.8),
    "five, high": ([0.1, 0.15, 0.2, 0.3, 0.25], 0.95),
    "five, one common": ([0.85, 0.06, 0.05, 0.02, 0.02], 0.8),
}
"""Shares of the categories, and how often an annotator sees the truth."""


def labels(rng: np.random.Generator) -> pd.DataFrame:
    """Long frame in which everybody is right six times in ten, rows shuffled."""
    truth = rng.integers(1, 6, TASKS)
    who = np.argpartition(rng.random((TASKS, ANNOTATORS)), LABELS, axis=1)[:, :LABELS]
    said = np.where(
        rng.random((TASKS, LABELS)) < 0.6, truth[:, None], rng.integers(1, 6, (TASKS, LABELS))
    )
    frame = pd.DataFrame({
        "task": np.repeat(np.arange(TASKS), LABELS),
        "annotator": who.reshape(-1),
        "label": said.reshape(-1),
    })  # fmt: skip
    return frame.sample(frac=1, random_state=1, ignore_index=True)


def loop(counts: np.ndarray, draws: int) -> list[float]:
    """Nominal alpha of resampled tasks, from the full matrix of counts each time."""
    rng, found = np.random.default_rng(1), []
    for _ in range(draws):
        some = counts[rng.integers(0, len(counts), len(counts))]
        size = some.sum(axis=1)
        differ = (size**2 - (some**2).sum(axis=1)) / (size - 1)
        used = some.sum(axis=0)
        n = used.sum()
        found.append(float(1 - (n - 1) * differ.sum() / (n**2 - (used**2).sum())))
    return found


def speed() -> int:
    frame = labels(np.random.default_rng(7))
    agreement(frame.head(1000), SCALE)
    seconds = {
        "alpha": cpu(lambda: agreement_of_all(frame, SCALE, names=ALPHA, draws=1), 9)[0],
        "alpha, 1,000 resamples": cpu(lambda: agreement_of_all(frame, SCALE, names=ALPHA), 9)[0],
        "seven coefficients, 1,000": cpu(lambda: agreement_of_all(frame, SCALE), 9)[0],
        "all pairs kappa": cpu(lambda: agreement(frame, SCALE, names=KAPPAS), 9)[0],
    }
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figure = agreement_of_all(frame, SCALE, names=ALPHA)["krippendorff_alpha"]
    votes = votes_of(coded(frame, SCALE))
    slow, drawn = cpu(lambda: loop(votes.counts[votes.pattern], 20), 1)
    print(f"{len(frame)} labels; CPU seconds, median of 9, from the frame of labels")
    for name, took in seconds.items():
        must = f"must be below {MUST[name]}" if name in MUST else ""
        print(f"  {name:28} {took:8.3f}   {must}")
    print(f"  {'1,000 resamples in a loop':28} {slow * 50:8.1f}   from 20")
    print(f"  memory {memory:.0f} MB, must be below {MEGABYTES}")
    assert abs(np.std(drawn) - (figure.high - figure.low) / 3.92) < 0.001
    kept = all(seconds[name] < most for name, most in MUST.items()) and memory < MEGABYTES
    print("  kept" if kept else "  NOT KEPT")
    return 0 if kept else 1


def sample(rng: np.random.Generator, tasks: int, shares: list[float], right: float) -> pd.DataFrame:
    truth = rng.choice(len(shares), tasks, p=shares)
    said = np.where(
        rng.random((tasks, 2)) < right,
        truth[:, None],
        rng.choice(len(shares), (tasks, 2), p=shares),
    )
    return pd.DataFrame({
        "task": np.repeat(np.arange(tasks), 2),
        "annotator": ["a", "b"] * tasks,
        "label": said.reshape(-1),
    })  # fmt: skip


def coverage(repetitions: int) -> int:
    names = ("krippendorff_alpha", "krippendorff_alpha_ordinal", "fleiss_kappa", "gwet_ac1")
    rng, worst = np.random.default_rng(3), 1.0
    print("share of intervals that hold the truth, and of samples that got one")
    for case, (shares, right) in CASES.items():
        scale = list(range(len(shares)))
        truth = agreement_of_all(sample(rng, 300_000, shares, right), scale, names=names, draws=1)
        for tasks in (12, 20, 50, 100, 300):
            held: dict[str, list[bool]] = {name: [] for name in names}
            for _ in range(repetitions):
                found = agreement_of_all(
                    sample(rng, tasks, shares, right), scale, names=names, draws=400
                )
                for name, one in found.items():
                    if np.isfinite(one.low):
                        held[name].append(one.low <= truth[name].value <= one.high)
            told = []
            for name, ones in held.items():
                share = float(np.mean(ones)) if ones else float("nan")
                told.append(f"{name} {100 * share:5.1f} ({100 * len(ones) / repetitions:3.0f} %)")
                worst = min(worst, share) if len(ones) > repetitions / 4 else worst
            print(f"  {case:22} {tasks:4}  {'  '.join(told)}", flush=True)
    print(f"  lowest where at least a quarter got one: {100 * worst:.1f}")
    return 0 if worst > 0.88 else 1


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--coverage", action="store_true")
    asked.add_argument("--repetitions", type=int, default=1000)
    told = asked.parse_args()
    return coverage(told.repetitions) if told.coverage else speed()


if __name__ == "__main__":
    raise SystemExit(main())
