"""How much hangs on a disagreement: how far one verdict can move what is reported.

Pure: frames in, frames out.
"""

from collections.abc import Collection, Mapping

import pandas as pd

from labeling.fields import Field, Rating, Tags


def apart(answers: pd.DataFrame, field: Field) -> pd.DataFrame:
    """The tasks on which people answered a field differently.

    Parameters
    ----------
    answers : DataFrame
        Columns `task`, `label`: one row per person and task, as `outcomes.of_field` gives them.
    field : Field
        A rating, tags, choice, yes or no.

    Returns
    -------
    DataFrame
        Indexed by task: `spread` (steps of a rating between the ends; tags that not all gave;
        different choices less one) and `reach` (0 to 1: how far a verdict can move the outcome of
        the task, as a share of the scale; 1 when a failure hangs on it).
    """
    if isinstance(field, Rating):
        return _ratings(answers, field)
    if isinstance(field, Tags):
        return _tags(answers, field)
    return _choices(answers)


def worth(
    reach: "pd.Series[float]", pi: Mapping[int, float], labelled: Collection[int]
) -> pd.DataFrame:
    """What settling a task can do to the estimate over the population.

    Parameters
    ----------
    reach : Series
        0 to 1 by task.
    pi : mapping
        Chance of inclusion of the tasks that count.
    labelled : collection of int
        Every task with an answer: together they stand for the population.

    Returns
    -------
    DataFrame
        Indexed by task, most worth first: `worth` (0 to 1: the largest shift of a rate, or of a
        mean as a share of its scale; 0 for a task that no estimate counts) and `reach`.
    """
    weight = pd.Series({task: 1 / pi[task] for task in labelled if task in pi}, dtype=float)
    share = (weight / weight.sum()).reindex(reach.index).fillna(0.0)
    found = pd.DataFrame({"worth": share * reach, "reach": reach, "task": reach.index})
    ranked = found.sort_values(["worth", "reach", "task"], ascending=[False, False, True])
    return ranked[["worth", "reach"]]


def _split(spread: "pd.Series[float]", reach: "pd.Series[float]") -> pd.DataFrame:
    found = pd.DataFrame({"spread": spread, "reach": reach}, dtype=float)
    return found[found["spread"] > 0]


def _ratings(answers: pd.DataFrame, field: Rating) -> pd.DataFrame:
    grouped = answers["label"].astype(float).groupby(answers["task"])
    low, high, mean = grouped.min(), grouped.max(), grouped.mean()
    up, down = high - mean, mean - low
    reach = up.where(up >= down, down) / (field.max - field.min)
    if field.failure_below is not None:
        hangs = (low < field.failure_below) & (high >= field.failure_below)
        reach = reach.mask(hangs, 1.0)
    return _split(high - low, reach)


def _tags(answers: pd.DataFrame, field: Tags) -> pd.DataFrame:
    given = [frozenset(label) for label in answers["label"]]
    tags = pd.DataFrame({tag: [tag in one for one in given] for tag in field.categories})
    share = tags.astype(float).groupby(answers["task"].to_numpy()).mean()
    split = (share > 0) & (share < 1)
    furthest = share.where(share >= 1 - share, 1 - share).where(split, 0.0)
    return _split(split.sum(axis=1), furthest.max(axis=1))


def _choices(answers: pd.DataFrame) -> pd.DataFrame:
    said = pd.DataFrame({"task": answers["task"], "label": answers["label"].astype(str)})
    counts = said.groupby(["task", "label"]).size()
    of_task = counts.groupby(level="task")
    return _split(of_task.size() - 1.0, 1 - of_task.min() / of_task.sum())
