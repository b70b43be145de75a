import numpy as np
import pandas as pd
import pytest

from analysis import pairs
from analysis.pairs import paired


def frame(*rows: tuple[object, object, object]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["task", "annotator", "label"])


def test_three_labels_give_three_matches_and_one_gives_none() -> None:
    found = paired(
        frame((9, "c", 3), (9, "a", 1), (9, "b", 2), (4, "d", 1), (7, "a", 2), (7, "c", 2)),
        [1, 2, 3],
    )
    assert found.annotators == ["a", "b", "c"]
    assert (found.tasks, found.labels) == (2, 5)
    matches = sorted(zip(found.first, found.second, found.cell, strict=True))
    # cell = 3 * (first label - 1) + (second label - 1)
    assert matches == [(0, 1, 1), (0, 2, 2), (0, 2, 4), (1, 2, 5)]


def test_tables_count_shared_tasks_by_both_labels() -> None:
    found = paired(
        frame((1, "a", "x"), (1, "b", "y"), (2, "b", "x"), (2, "a", "x"), (3, "a", "x")),
        ["x", "y", "z"],
    )
    (block,) = found.blocks()
    assert block.tables.tolist() == [[[1, 1, 0], [0, 0, 0], [0, 0, 0]]]
    assert block.tables.sum() == len(block.task) == 2


def test_memory_is_bounded_by_working_through_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    rows = [(t, a, int(rng.integers(3))) for t in range(40) for a in rng.permutation(8)[:4]]
    found = paired(frame(*rows), [0, 1, 2])
    (whole,) = found.blocks()
    monkeypatch.setattr(pairs, "BLOCK_CELLS", 50)
    parts = list(found.blocks())
    assert len(parts) > 1
    assert all(part.tables.size <= 50 for part in parts)
    assert np.array_equal(np.concatenate([part.tables for part in parts]), whole.tables)
    assert np.array_equal(np.concatenate([part.first for part in parts]), whole.first)


def test_labels_of_every_kind_find_their_category() -> None:
    rows = [(1, "a", True), (1, "b", False)]
    assert paired(frame(*rows), [False, True]).cell.tolist() == [2]
    mixed = frame((1, "a", "tie"), (1, "b", 2))
    assert paired(mixed, ["tie", 1, 2]).cell.tolist() == [2]


@pytest.mark.parametrize(
    ("rows", "categories", "message"),
    [
        ([(1, "a", 6)], [1, 2], r"labels \[6\] are not among the categories \[1, 2\]"),
        ([(1, "a", None)], [1, 2], "1 labels are missing"),
        ([(1, None, 1)], [1, 2], "annotator is missing"),
        ([(1, "a", 1)], [], "categories is empty"),
        ([(1, "a", 1)], [1, 1], "categories repeat"),
        ([(1, "a", 1), (1, "a", 2)], [1, 2], "annotator a has two labels on task 1"),
    ],
)
def test_bad_labels_are_named(rows, categories, message) -> None:
    with pytest.raises(ValueError, match=message):
        paired(frame(*rows), categories)


def test_missing_columns_are_named_beside_those_there() -> None:
    with pytest.raises(ValueError, match=r"lacks columns \['annotator'\]; it has"):
        paired(pd.DataFrame({"task": [1], "label": [2], "who": ["a"]}), [1, 2])
