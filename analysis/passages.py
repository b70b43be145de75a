"""How alike people mark passages: by overlap of code points, and exactly."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from analysis.agreement import NOMINAL, Agreement, agreement
from analysis.figure import Figure
from analysis.mean_over_tasks import mean_over_tasks
from analysis.pairs import check_columns

Span = Mapping[str, Any]
Marked = dict[Hashable, list[tuple[int, int]]]
NOTHING = "nobody marked anything on a task with two labels"


@dataclass(frozen=True, slots=True, eq=False)
class Passages:
    """Agreement on marked passages. Overlap means Dice: twice what is shared over what is marked.

    A pair in which nobody marked anything has no overlap to speak of; what it agrees on is in
    `marking`.
    """

    overlap: Figure
    """Mean Dice over tasks: the same characters under the same tag."""
    place: Figure
    """The same, whatever the tag."""
    exact: Figure
    """Mean F1 over tasks: passages with the same start, end and tag."""
    tags: dict[str, Figure]
    """Mean Dice of each tag alone."""
    marking: Agreement
    """Whether anything was marked at all, False or True."""
    unmarked: int
    """Tasks with two labels on which nobody marked anything."""


def span_agreement(
    labels: pd.DataFrame, tags: Sequence[str], *, cluster: pd.Series[Any] | None = None
) -> Passages:
    """Agreement on passages and their tags.

    Parameters
    ----------
    labels : DataFrame
        Columns `task`, `annotator`, `label`; each label a list of mappings with `start`, `end`
        (code points, end not included), `tag`, and `in` where there are several texts.
    tags : sequence of str
        All tags that could be given.
    cluster : Series, optional
        By task, the conversation or user it belongs to.

    Returns
    -------
    Passages
        Figures in [0, 1], the mean over tasks of the mean over pairs in which somebody marked
        something; n is the number of such tasks. Interval: bootstrap over tasks; refused with
        fewer than 5, or 10 clusters. Undefined when nobody marked anything.

    Raises
    ------
    ValueError
        If a column is missing or a tag is not declared.

    References
    ----------
    Dice (1945), doi:10.2307/1932409; F1 in place of kappa for passages: Hripcsak and Rothschild
    (2005), doi:10.1197/jamia.M1733.

    Examples
    --------
    >>> rows = [(1, "ann", [{"start": 0, "end": 6, "tag": "wrong"}]),
    ...         (1, "ben", [{"start": 3, "end": 9, "tag": "wrong"}])]
    >>> frame = pd.DataFrame(rows, columns=["task", "annotator", "label"])
    >>> span_agreement(frame, ["wrong"]).overlap.value
    0.5
    """
    check_columns(labels, ("task", "annotator", "label"))
    strangers = {span["tag"] for label in labels["label"] for span in label} - set(tags)
    if strangers:
        raise ValueError(f"tags {sorted(strangers)[:5]} are not among the declared {list(tags)}")
    said = [[_Marks(label) for label in group] for _, group in labels.groupby("task")["label"]]
    names = [task for task, _ in labels.groupby("task")["label"]]
    of_task = dict(zip(names, said, strict=True))

    def figure(part: str, what: str, tag: str | None = None) -> Figure:
        found = {}
        for task, marks in of_task.items():
            scores = [_score(one, other, part, tag) for one, other in combinations(marks, 2)]
            known = [score for score in scores if score is not None]
            if known:
                found[task] = float(np.mean(known))
        method = f"mean over tasks of {what}"
        return mean_over_tasks(found, method, cluster=cluster, missing=NOTHING)

    marking = labels.assign(label=[bool(len(label)) for label in labels["label"]])
    return Passages(
        overlap=figure("tagged", "Dice over characters and tags"),
        place=figure("placed", "Dice over characters"),
        exact=figure("whole", "F1 over whole passages"),
        tags={tag: figure("tagged", "Dice over characters", tag) for tag in tags},
        marking=agreement(marking, (False, True), names=NOMINAL, cluster=cluster),
        unmarked=sum(
            len(marks) > 1 and not any(one.whole for one in marks) for marks in of_task.values()
        ),
    )


class _Marks:
    """What one person marked, in the three ways in which it is compared."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self.whole = {(span.get("in"), span["start"], span["end"], span["tag"]) for span in spans}
        self.tagged = _merged(((text, tag), start, end) for text, start, end, tag in self.whole)
        self.placed = _merged((text, start, end) for text, start, end, _ in self.whole)


def _merged(spans: Iterable[tuple[Hashable, int, int]]) -> Marked:
    """Passages by key, those that touch or overlap made one."""
    found: Marked = {}
    for key, start, end in sorted(spans, key=lambda span: span[1:]):
        known = found.setdefault(key, [])
        if known and start <= known[-1][1]:
            known[-1] = (known[-1][0], max(known[-1][1], end))
        else:
            known.append((start, end))
    return found


def _score(one: _Marks, other: _Marks, part: str, tag: str | None) -> float | None:
    """Dice of two people; None where neither marked anything."""
    if part == "whole":
        marked = len(one.whole) + len(other.whole)
        return 2 * len(one.whole & other.whole) / marked if marked else None
    first, second = (
        {key: spans for key, spans in getattr(who, part).items() if tag is None or key[1] == tag}
        for who in (one, other)
    )
    marked = _length(first) + _length(second)
    shared = sum(_shared(first[key], second[key]) for key in first.keys() & second.keys())
    return 2 * shared / marked if marked else None


def _length(marked: Marked) -> int:
    return sum(end - start for spans in marked.values() for start, end in spans)


def _shared(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> int:
    """Characters in both of two sorted lists of passages that do not overlap among themselves."""
    i = j = total = 0
    while i < len(one) and j < len(other):
        total += max(0, min(one[i][1], other[j][1]) - max(one[i][0], other[j][0]))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return total
