"""The tasks on which a person differs most from the others: where to begin talking."""

from typing import Any

import numpy as np
import pandas as pd

import analysis
from labeling.fields import Field, Rating, Tags
from storage import Session
from storage.queries import lead

MOST = 5


def farthest(
    session: Session, answers: pd.DataFrame, asked: Field
) -> dict[str, list[dict[str, Any]]]:
    """By annotator: up to five tasks, the farthest first, with what everybody said of them.

    `apart` is points from the mean of the others for a rating, the mean number of tags that only
    one side gave for tags, else the share of the others who said something else.
    """
    beside = analysis.with_others(answers)
    if not len(beside.row):
        return {}
    shared = answers.loc[beside.row].reset_index(drop=True)
    shared["apart"] = _apart(shared["label"], beside, asked).round(6)
    shared = shared.sort_values(["annotator", "apart", "task"], ascending=[True, False, True])
    worst = shared[shared["apart"] > 0].groupby("annotator").head(MOST)
    said = answers[answers["task"].isin(worst["task"])].groupby("task", sort=False)
    by_task = {
        int(str(task)): dict(zip(group["annotator"], group["label"], strict=True))
        for task, group in said
    }
    names = lead.senders_names(session, set(worst["task"].tolist()))
    found: dict[str, list[dict[str, Any]]] = {}
    rows = zip(worst["annotator"], worst["task"].tolist(), worst["apart"].tolist(), strict=True)
    for name, task, apart in rows:
        others = dict(by_task[task])
        own = others.pop(name)
        found.setdefault(name, []).append(
            {
                "task_id": str(task),
                "source": names[task][0],
                "interaction_id": names[task][1],
                "apart": apart,
                "label": own,
                "others": others,
            }
        )
    return found


def _apart(labels: "pd.Series[Any]", beside: analysis.Others, asked: Field) -> Any:
    """How far each label lies from those of the others."""
    if isinstance(asked, Rating):
        return np.abs(beside.apart(labels.to_numpy(dtype=float)).value)
    if not isinstance(asked, Tags):
        code, _ = pd.factorize(labels)
        return 1 - beside.alike(code).value
    apart = np.zeros(len(labels))
    for tag in asked.categories:
        apart += np.abs(beside.apart([tag in label for label in labels]).value)
    return apart
