import numpy as np
import pandas as pd
import pytest

from analysis import Figure, agreement_of_all, tasks_to_narrow


def test_half_the_width_needs_four_times_the_tasks() -> None:
    assert tasks_to_narrow(Figure(0.5, 0.3, 0.7, 40, "m"), 0.1) == (pytest.approx(0.2), 120, None)
    assert tasks_to_narrow(Figure(0.5, 0.45, 0.55, 40, "m"), 0.1).more == 0


def test_without_an_interval_nothing_is_promised() -> None:
    told = tasks_to_narrow(Figure.without_interval(0.5, 9, "m", "too few tasks"))
    assert told == (None, None, "too few tasks")
    with pytest.raises(ValueError, match="half_width must be above 0"):
        tasks_to_narrow(Figure.undefined("none"), 0)


def test_what_it_promises_comes_about() -> None:
    """Alpha of 80 tasks; with as many more as it says, the interval is as narrow as wished."""
    rng = np.random.default_rng(6)

    def alpha(tasks: int) -> Figure:
        truth = rng.integers(0, 3, tasks)
        said = np.where(
            rng.random((tasks, 2)) < 0.7, truth[:, None], rng.integers(0, 3, (tasks, 2))
        )
        frame = pd.DataFrame(
            {"task": np.repeat(np.arange(tasks), 2), "annotator": ["a", "b"] * tasks}
        )
        names = ["krippendorff_alpha"]
        found = agreement_of_all(frame.assign(label=said.reshape(-1)), [0, 1, 2], names=names)
        return found["krippendorff_alpha"]

    now = alpha(80)
    more = tasks_to_narrow(now, 0.06).more
    assert more is not None
    assert more > 80
    later = alpha(80 + more)
    assert (later.high - later.low) / 2 == pytest.approx(0.06, rel=0.15)
