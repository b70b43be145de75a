"""How queues are drawn and labelled in the simulation, as the product does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analysis import Survey
from bench.populations import Population
from sampling import Drawn, Plan, design, draw, replay, strategy_from


@dataclass(frozen=True)
class Design:
    """Draws into one queue, how it is labelled, and which bounds its coverage has to meet."""

    name: str
    draws: tuple[tuple[str, dict[str, Any], int | None], ...]
    """Strategy, parameters, size of each draw."""
    wilson: bool = False
    """Whether the interval of rates must meet WILSON without any widening."""
    labelled: int | None = None
    """Label only so many, in serving order."""
    skipped: float = 0.0
    """Share of tasks skipped at random."""
    refused: bool = False
    """Whether an estimate has to be refused."""
    judge: bool = False
    """Whether a judge helps."""
    unscored: float = 0.0
    """Share of the interactions without a value of the judge."""
    poststratify: bool = False
    """Whether estimates meet the sizes of the quarters of confidence."""

    @property
    def capped(self) -> bool:
        """Whether most was targeted, so that a judge's interval may be too wide."""
        return any(params == HUNTING for _, params, _ in self.draws)


def one(
    title: str, strategy: str, size: int | None, /, *, wilson: bool = False, **params: Any
) -> Design:
    return Design(title, ((strategy, params, size),), wilson)


def helped(  # noqa: PLR0913 - one parameter per way
    title: str,
    strategy: str,
    size: int,
    params: dict[str, Any] | None = None,
    *,
    judge: bool = False,
    poststratify: bool = False,
    unscored: float = 0.0,
) -> Design:
    """A design with a judge or known totals."""
    ways = [way for way, on in (("judge", judge), ("known totals", poststratify)) if on]
    return Design(
        f"{title}: {' and '.join(ways)}",
        ((strategy, params or {}, size),),
        judge=judge,
        poststratify=poststratify,
        unscored=unscored,
    )


SCORE = {"name": "judge", "fails_at": 1.0, "passes_at": 0.0}
JUDGED = {
    "parts": [
        {"strategy": "random", "share": 0.5},
        {"strategy": "score", "share": 0.5, "params": SCORE},
    ]
}
HUNTING = {
    "parts": [
        {"strategy": "random", "share": 0.3},
        {"strategy": "confidence", "share": 0.7, "params": {"gamma": 2.0, "floor": 0.0}},
    ]
}
SHARPER = {"gamma": 2.0, "floor": 0.02}
DESIGNS = (
    one("random, 30", "random", 30, wilson=True),
    one("random, 200", "random", 200, wilson=True),
    one("mixture, 30", "mixture", 30, wilson=True),
    one("mixture, 200", "mixture", 200, wilson=True),
    Design("mixture, first 60 of 200", (("mixture", {}, 200),), True, labelled=60),
    Design("mixture, 200, 10 % skipped", (("mixture", {}, 200),), True, skipped=0.1),
    Design(
        "random and flagged, 100",
        (
            (
                "mixture",
                {
                    "parts": [
                        {"strategy": "random", "share": 0.5},
                        {
                            "strategy": "error_triggered",
                            "share": 0.5,
                            "params": {"mode": "capped", "floor": 0.0},
                        },
                    ]
                },
                100,
            ),
        ),
    ),
    one("feedback, 50", "feedback_weighted", 50, wilson=True),
    one("feedback, 200", "feedback_weighted", 200, wilson=True),
    one("stratified proportional, 120", "stratified", 120, wilson=True, allocation="proportional"),
    one("stratified equal, 120", "stratified", 120),
    one("confidence, 50", "confidence", 50),
    one("confidence, 200", "confidence", 200),
    one("confidence squared, 100", "confidence", 100, **SHARPER),
    one("score, 50", "score", 50, name="judge", fails_at=1.0, passes_at=0.0, floor=0.05),
    one("score, 200", "score", 200, name="judge", fails_at=1.0, passes_at=0.0, floor=0.05),
    one("flagged and floor of 30", "error_triggered", None, floor_size=30),
    one("flagged and floor of 100", "error_triggered", None, floor_size=100),
    one("flagged capped, 100", "error_triggered", 100, mode="capped"),
    Design(
        "union: random, confidence, mixture, 40 each",
        (("random", {}, 40), ("confidence", {}, 40), ("mixture", {}, 40)),
    ),
    Design(
        "union: flagged and floor of 40, confidence 60",
        (("error_triggered", {"floor_size": 40}, None), ("confidence", {}, 60)),
    ),
    helped("random, 50", "random", 50, poststratify=True),
    helped("random, 200", "random", 200, poststratify=True),
    helped("mixture, 50", "mixture", 50, poststratify=True),
    helped("mixture, 200", "mixture", 200, poststratify=True),
    helped("random, 50", "random", 50, judge=True),
    helped("random, 100", "random", 100, judge=True),
    helped("random, 200", "random", 200, judge=True),
    helped("mixture, 100", "mixture", 100, judge=True),
    helped("mixture, 200", "mixture", 200, judge=True),
    helped("mixture by the judge, 200", "mixture", 200, JUDGED, judge=True),
    helped("mixture, 200, a tenth unscored", "mixture", 200, judge=True, unscored=0.1),
    helped("mixture, 200, both", "mixture", 200, judge=True, poststratify=True),
    helped("30 random and 70 targeted, 200", "mixture", 200, HUNTING, judge=True),
    Design("random, 15", (("random", {}, 15),), refused=True),
    Design("lowest confidence, 200", (("confidence", {"mode": "lowest"}, 200),), refused=True),
    Design("flagged only", (("error_triggered", {}, None),), refused=True),
    Design("flagged and floor of 5", (("error_triggered", {"floor_size": 5}, None),), refused=True),
)


class Queue(NamedTuple):
    """Labelled tasks with their chances, and how they came about."""

    tasks: pd.DataFrame
    survey: Survey


def queue(population: Population, plan: Design, seed: int) -> Queue:
    """Draw, label, and take the chances as the labeling stands."""
    frame = population.frame
    drawn = [
        draw(
            Plan(strategy_from(name, params), size=size, seed=seed + 7919 * index), lambda: [frame]
        )
        for index, (name, params, size) in enumerate(plan.draws)
    ]
    rows = eligible_rows(frame, drawn)
    state = labelling(rows, plan, seed)
    found = design(
        [(index, one.record()) for index, one in enumerate(drawn)],
        rows,
        state,
        added=news(drawn, len(frame)),
    )
    hardly = found.hardly_drawn
    survey = Survey(
        population=found.population,
        kind=found.kind,
        strata=found.strata,
        random_share=found.random_share,
        sparse=hardly.share,
        sparse_worth=hardly.worth,
        skipped=found.skipped,
        refusal=found.refusal,
        refuse_estimate=found.refuse_estimate,
    )
    tasks = found.tasks[found.tasks["counted"]]
    return Queue(tasks.assign(sparse=tasks["task"].isin(hardly.tasks)), survey)


def news(drawn: Sequence[Drawn], population: int) -> list[int]:
    """How many candidates each draw added, all being over one population."""
    first = drawn[0].eligible
    return [first, population - first, *[0] * len(drawn)][: len(drawn)]


def eligible_rows(frame: pd.DataFrame, drawn: Sequence[Drawn]) -> pd.DataFrame:
    """One row per draw and task of the queue eligible in it, as storage keeps them."""
    tasks = np.unique(np.concatenate([one.picked["interaction"] for one in drawn]).astype(int))
    parts = []
    for index, one in enumerate(drawn):
        picked = one.picked.rename(columns={"interaction": "task"}).assign(picked=True)
        others = np.setdiff1d(tasks, picked["task"])
        if len(others):
            said = replay(one.record(), frame.iloc[others])
            said = said[said["eligible"]].rename(columns={"interaction": "task"})
            picked = pd.concat([picked, said.assign(picked=False, position=np.nan)])
        parts.append(picked.assign(draw=index))
    return pd.concat(parts, ignore_index=True)


def labelling(rows: pd.DataFrame, plan: Design, seed: int) -> pd.DataFrame:
    """State of every task: all labelled, or the first ones, or all but some skipped."""
    tasks = rows.loc[rows["picked"], ["task", "position"]].drop_duplicates("task")
    reached = tasks["position"].to_numpy() < (plan.labelled or np.inf)
    rng = np.random.default_rng(seed)
    answered = rng.random(len(tasks)) >= plan.skipped
    return pd.DataFrame(
        {
            "task": tasks["task"].to_numpy(),
            "labelled": reached & answered,
            "claimed": reached,
            "open_lease": False,
        }
    )
