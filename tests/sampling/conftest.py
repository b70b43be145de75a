"""Candidates with every column, and what a store would keep of draws from them."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pytest

from sampling import Drawn, replay


@pytest.fixture(scope="session")
def candidates() -> Callable[..., pd.DataFrame]:
    """Make so many candidates, the same ones for the same seed."""

    def make(count: int, seed: int = 0) -> pd.DataFrame:
        rng = np.random.default_rng(seed)

        def holed(values: np.ndarray, share: float) -> np.ndarray:
            return np.where(rng.random(count) < share, np.nan, values)

        def words(*allowed: str | None) -> np.ndarray:
            return rng.choice(np.array(allowed, dtype=object), count)

        return pd.DataFrame(
            {
                "interaction": np.arange(count, dtype=np.int64) + 1,
                "sample_key": rng.integers(0, 2**63 - 1, count),
                "confidence": holed(rng.random(count), 0.1),
                "flagged": rng.random(count) < 0.2,
                "category": words("billing", "billing", "billing", "returns", None),
                "model": words("m-1", "m-2"),
                "variant": words("A", "B", None),
                "source": words("bot"),
                "chars": rng.integers(0, 400, count),
                "feedback": holed(rng.random(count), 0.8),
                "score:judge": holed(rng.uniform(1, 5, count), 0.1),
            }
        )

    return make


@pytest.fixture(scope="session")
def said() -> Callable[..., pd.DataFrame]:
    """What is stored of draws: a row per draw and task that was eligible in it."""

    def rows(draws: Mapping[int, Drawn], frame: pd.DataFrame) -> pd.DataFrame:
        tasks = set().union(*(drawn.picked["interaction"] for drawn in draws.values()))
        found = []
        for key, drawn in draws.items():
            picked = drawn.picked.assign(draw=key, task=drawn.picked["interaction"], picked=True)
            others = tasks - set(drawn.picked["interaction"])
            told = replay(drawn.record(), frame[frame["interaction"].isin(others)])
            told = told[told["eligible"]]
            found.append(picked)
            found.append(
                told.assign(draw=key, task=told["interaction"], picked=False, position=np.nan)
            )
        columns = [
            "draw", "task", "stratum", "weight", "priority", "certain", "picked", "position",
        ]  # fmt: skip
        return pd.concat([one[columns] for one in found if len(one)], ignore_index=True)

    return rows


@pytest.fixture(scope="session")
def labelled() -> Callable[..., pd.DataFrame]:
    """The state of tasks of which some are labelled, some held, some skipped, others untouched."""

    def state(
        rows: pd.DataFrame, done: object, held: object = (), skipped: object = ()
    ) -> pd.DataFrame:
        task = np.unique(rows["task"])
        return pd.DataFrame(
            {
                "task": task,
                "labelled": np.isin(task, list(done)),
                "claimed": np.isin(task, [*done, *held, *skipped]),
                "open_lease": np.isin(task, list(held)),
            }
        )

    return state
