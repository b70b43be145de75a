import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import span_agreement

marks = st.lists(
    st.builds(
        lambda start, size, tag, text: {
            "in": text, "start": start, "end": start + size, "tag": tag
        },
        st.integers(0, 12), st.integers(1, 8), st.sampled_from("pq"), st.sampled_from("AB"),
    ),
    max_size=5,
)  # fmt: skip


def frame(*rows) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["task", "annotator", "label"])


def span(start: int, end: int, tag: str = "p") -> dict[str, object]:
    return {"start": start, "end": end, "tag": tag}


@given(marks, marks)
def test_dice_is_that_of_the_marked_characters(one, other) -> None:
    """The same, one character at a time."""

    def characters(spans) -> set[tuple[object, ...]]:
        return {
            (mark["in"], mark["tag"], at)
            for mark in spans
            for at in range(mark["start"], mark["end"])
        }

    a, b = characters(one), characters(other)
    found = span_agreement(frame((1, "x", one), (1, "y", other)), ["p", "q"])
    if a or b:
        assert found.overlap.value == pytest.approx(2 * len(a & b) / (len(a) + len(b)))
        bare_a, bare_b = ({(text, at) for text, _, at in marked} for marked in (a, b))
        place = 2 * len(bare_a & bare_b) / (len(bare_a) + len(bare_b))
        assert found.place.value == pytest.approx(place)
    else:
        assert (found.overlap.defined, found.unmarked) == (False, 1)


def test_exactly_the_same_passage_and_the_same_tag() -> None:
    found = span_agreement(
        frame((1, "x", [span(0, 4), span(6, 9)]), (1, "y", [span(0, 4), span(6, 8)])), ["p", "q"]
    )
    assert found.exact.value == pytest.approx(0.5)
    assert found.overlap.value == pytest.approx(2 * 6 / 13)
    assert found.tags["p"].value == found.overlap.value
    assert found.tags["q"].reason == "nobody marked anything on a task with two labels"


def test_another_tag_on_the_same_place() -> None:
    found = span_agreement(frame((1, "x", [span(0, 4)]), (1, "y", [span(0, 4, "q")])), ["p", "q"])
    assert (found.overlap.value, found.place.value) == (0, 1)


def test_tasks_on_which_nobody_marked_anything_count_apart() -> None:
    rows = [(task, who, []) for task in range(30) for who in "xy"]
    rows += [(task, who, [span(0, 4)]) for task in range(30, 36) for who in "xy"]
    rows += [(36, "x", [span(0, 4)]), (36, "y", []), (40, "x", [])]
    found = span_agreement(frame(*rows), ["p"])
    assert (found.overlap.n, found.unmarked) == (7, 30)
    assert found.overlap.value == pytest.approx(6 / 7)
    assert found.marking.coefficients["percent_agreement"].value == pytest.approx(36 / 37)
    assert found.marking.tasks == 37


def test_conversations_widen_the_interval() -> None:
    rows = [
        (task, who, [span(0, 4 if who == "x" else 1 + task // 10)])
        for task in range(100)
        for who in "xy"
    ]
    cluster = pd.Series([task // 10 for task in range(100)])
    alone = span_agreement(frame(*rows), ["p"]).overlap
    together = span_agreement(frame(*rows), ["p"], cluster=cluster).overlap
    assert together.value == pytest.approx(alone.value)
    assert (together.high - together.low) > 2 * (alone.high - alone.low)
    assert "10 clusters" in together.method
    assert not np.isnan(together.low)


def test_a_tag_that_is_not_declared_is_refused() -> None:
    with pytest.raises(ValueError, match=r"tags \['z'\] are not among the declared"):
        span_agreement(frame((1, "x", [span(0, 4, "z")])), ["p"])
