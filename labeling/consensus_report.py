"""The consensus of a queue in the shapes of the public contract, and how far it can be believed.

Every figure comes from `analysis`; a posterior is told beside how often such ones were right.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

import analysis
from analysis import Beliefs, Consensus, Figure
from labeling.consensus import (
    STATES,
    Part,
    Settling,
    in_words,
    recoded,
    rows_of,
    settling,
    states_of,
)
from labeling.outcomes import ADJUDICATED, of_field
from storage import Session, Store, frames
from storage.exports.jsonl import lines
from storage.queries import care

WORST = 20
KEPT = ("unanimous", "majority", "model")
"""Origins of verdicts that no person gave."""
NO_SAMPLE = "describes the labelled tasks as the method sees them; rates of all traffic: quality"


@dataclass(frozen=True)
class Known:
    """Answers to a field that are right by agreement or by a verdict of a person."""

    gold: Mapping[int, Any]
    """By task: hidden checks, which the fit has not seen."""
    adjudicated: Mapping[int, Any]
    """By task: disputed ones mostly, so harder than others."""
    checks: pd.DataFrame
    """The labels of hidden checks: columns task, annotator, label."""


def consensus_report(session: Session, queue_name: str, **asked: Any) -> dict[str, Any]:
    """What is settled, how sure, what ties; `asked` as for `settling`."""
    one = settling(session, queue_name, **asked)
    states = states_of(one)
    counted = Counter(states.values())
    known = known_answers(session, one)
    kept = frames.verdicts(session, one.queue.id, ("unanimous", "majority", "model"))
    report: dict[str, Any] = {
        "queue": one.queue.name,
        "field": one.field.name,
        "method": one.method,
        "why_majority": one.why,
        "at_least": one.parts[0].at_least,
        "tasks": len(states),
        "labels": sum(len(part.labels) for part in one.parts[:1]),
        "annotators": int(one.voting["annotator"].nunique()),
        **{state: counted[state] for state in (*STATES, "single")},
        "kept": sum(name == one.field.name for _, name in kept),
    }
    told = {part.tag: _told(part, known) for part in one.parts}
    report["tags"] = {tag: block for tag, block in told.items() if tag is not None}
    report |= told.get(None) or dict.fromkeys(next(iter(told.values())))
    report["worst"] = _worst(session, one)
    return report


def known_answers(session: Session, one: Settling) -> Known:
    """What is right by agreement or by a verdict of a person."""
    name = one.field.name
    gold = care.gold_expected(session, one.queue.id)
    verdicts = frames.verdicts(session, one.queue.id, (ADJUDICATED,))
    checks = one.everything[one.everything["purpose"] == "gold"]
    with_gold = of_field(checks, one.field, one.forms)
    return Known(
        {task: said[name] for task, said in gold.items() if name in said},
        {task: said for (task, field), said in verdicts.items() if field == name},
        with_gold,
    )


def _told(part: Part, known: Known) -> dict[str, Any]:
    """One part in the shape of the public contract."""
    found = part.found
    if found is None:
        nothing = Figure.undefined("nobody has answered this").to_json()
        return {"converged": None, "log_likelihood": None, "rounds": 0, "shares": {},
                "by_annotator": [], "against": {}, "reason": nothing["reason"]}  # fmt: skip
    n, model = len(found.tasks), found.method != "majority"
    counts = Counter(part.labels["annotator"])
    shares = {
        in_words(category): Figure.without_interval(
            float(share), n, f"mean over tasks, {found.method}", NO_SAMPLE
        ).to_json()
        for category, share in zip(found.categories, found.marginals, strict=True)
    }
    people = [
        {"annotator": who, "labels": counts[who], "accuracy": figure.to_json()}
        for who, figure in zip(found.annotators, found.accuracy, strict=True)
    ]
    return {
        "converged": found.converged if model else None,
        "log_likelihood": found.log_likelihood if model else None,
        "rounds": len(found.path),
        "shares": shares,
        "by_annotator": sorted(people, key=lambda row: str(row["annotator"])),
        "against": {
            "gold": _against_gold(part, known),
            "adjudicated": _against(part, found, known.adjudicated),
        },
    }


def _against_gold(part: Part, known: Known) -> dict[str, Any]:
    """The model as it stands, on the labels that hidden checks got; the fit has not seen them.

    Right is the very answer that was agreed on: a posterior is that of one answer. Checks of
    people (`labeling.gold.judged`) also take a rating one point off, and half of the tags.
    """
    said = known.checks
    said = said[said["task"].isin(known.gold)]
    if part.found is None or part.ids is not None or not len(said):
        return _reliability(np.zeros(0), np.zeros(0, dtype=bool), 0)
    labels = recoded(part.tag, said)
    labels = labels[labels["label"].isin(part.found.categories)].drop_duplicates(
        ["task", "annotator"]
    )
    if part.found.method == "majority":
        found = analysis.majority(labels, part.found.categories)
        return _against(part, found, known.gold)
    tasks, posterior = Beliefs.of(part.found).posteriors(labels)
    hit = [
        part.found.categories[place] == _category(part, known.gold[task])
        for task, place in zip(tasks, posterior.argmax(axis=1), strict=True)
    ]
    return _reliability(posterior.max(axis=1), np.array(hit, dtype=bool), len(labels))


def _against(part: Part, found: Consensus, known: Mapping[int, Any]) -> dict[str, Any]:
    at = [place for place, task in enumerate(found.tasks) if task in known]
    answers = found.answers()
    hit = [
        part.label_of(found.tasks[place], answers[place])
        == _category(part, known[found.tasks[place]])
        for place in at
    ]
    return _reliability(found.certainty[at], np.array(hit, dtype=bool), int(found.votes[at].sum()))


def _category(part: Part, value: Any) -> Any:
    return part.tag in value if part.tag is not None else value


def _reliability(certainty: Any, hit: Any, labels: int) -> dict[str, Any]:
    found = analysis.reliability(certainty, hit)
    n = len(certainty)
    return {
        "tasks": n,
        "labels_per_task": labels / n if n else None,
        "right": found.right.to_json(),
        "mean_certainty": found.said if n else None,
        "honest": found.honest,
        "levels": [
            {"from": one.low, "to": one.high, "mean_certainty": one.said,
             "right": one.right.to_json()}
            for one in found.levels
            if one.right.defined
        ],
    }  # fmt: skip


def _worst(session: Session, one: Settling) -> list[dict[str, Any]]:
    """The tasks with two labels or more that are least settled."""
    rows = list(rows_of(one, ("open", "tied")))
    rows.sort(key=lambda row: (row["certainty"], row["task"]))
    return _named(session, one.queue.id, rows[:WORST])


def _named(session: Session, queue_id: int, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not rows:
        return []
    tasks = frames.tasks(session, queue_id).set_index("task")
    source, sent = tasks["source"].to_dict(), tasks["interaction_id"].to_dict()
    return [
        {"task_id": str(row["task"]), "source": source[row["task"]],
         "interaction_id": sent[row["task"]], **_rest(row)}
        for row in rows
    ]  # fmt: skip


def _rest(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != "task"}


def consensus_lines(store: Store, queue_name: str, **asked: Any) -> Iterator[bytes]:
    """What stands for every labelled task as lines of JSON; of tags one line each."""
    with store.snapshot() as session:
        one = settling(session, queue_name, **asked)
        rows = _named(session, one.queue.id, list(rows_of(one)))
    return lines(iter(rows))
