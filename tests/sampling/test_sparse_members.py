"""The share that is hardly drawn against a count over the whole population, for any few draws."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling import Plan, design, draw, replay, strategy_from
from sampling.sparse import FEW, HALF, QUARTER
from sampling.spread import octaves, steps

LEVELS = st.lists(st.integers(-20, 0), min_size=1, max_size=5)
"""Weights as powers of 2, so from 1 to a millionth."""


@st.composite
def queues(pick):
    """Interactions with scores, and draws of windows that are disjoint or all alike."""
    levels = np.array(pick(LEVELS))
    rng = np.random.default_rng(pick(st.integers(0, 2**32)))
    count = pick(st.integers(20, 150))
    jitter = rng.random(count) * pick(st.sampled_from([0.0, 0.5]))
    frame = pd.DataFrame(
        {
            "interaction": np.arange(count),
            "sample_key": rng.integers(0, 2**63 - 1, count),
            "score:judge": 2.0 ** rng.choice(levels, count) * (1 - jitter),
        }
    )
    draws = pick(st.integers(1, 4))
    alike = pick(st.booleans())
    window = np.zeros(count, dtype=int) if alike else rng.integers(0, draws, count)
    kinds = [pick(st.sampled_from(["score", "random"])) for _ in range(draws)]
    sizes = [pick(st.integers(1, count + 2)) for _ in range(draws)]
    done = [pick(st.floats(0.1, 1.0)) for _ in range(draws)]
    return (
        frame,
        [
            (0 if alike else key, *one)
            for key, one in enumerate(zip(kinds, sizes, done, strict=True))
        ],
        window,
    )


def drawn_of(frame, plans, window):
    found = {}
    for key, (of, kind, size, _) in enumerate(plans):
        params = {"name": "judge", "fails_at": 1.0, "passes_at": 0.0} if kind == "score" else {}
        part = frame[window == of]
        if len(part):
            plan = Plan(strategy_from(kind, params), size=size, seed=key)
            found[key] = (draw(plan, lambda part=part: [part]), part)
    return found


@settings(max_examples=150, deadline=None)
@given(queues())
def test_the_share_is_that_of_the_members(queue):
    frame, plans, window = queue
    draws = drawn_of(frame, plans, window)
    served = {
        key: one.picked["interaction"].head(max(1, round(plans[key][3] * len(one.picked))))
        for key, (one, _) in draws.items()
    }
    labelled = set().union(*served.values())
    tasks = set().union(*(one.picked["interaction"] for one, _ in draws.values()))
    rows = []
    for key, (one, part) in draws.items():
        mine = one.picked.assign(draw=key, task=one.picked["interaction"], picked=True)
        others = part[part["interaction"].isin(tasks - set(mine["task"]))]
        told = replay(one.record(), others)
        rows += [
            mine,
            told.assign(draw=key, task=told["interaction"], picked=False, position=np.nan),
        ]
    names = ["draw", "task", "stratum", "weight", "priority", "certain", "picked", "position"]
    said = pd.concat([one[names] for one in rows if len(one)], ignore_index=True)
    state = pd.DataFrame({"task": sorted(tasks)})
    state = state.assign(labelled=state["task"].isin(labelled), open_lease=False)
    state = state.assign(claimed=state["labelled"])
    met, added = set(), []
    for _, part in draws.values():
        added.append(len(set(part["interaction"]) - met))
        met |= set(part["interaction"])
    records = [(key, one.record()) for key, (one, _) in draws.items()]
    found = design(records, said, state, added=added)

    classes: dict[int, int] = {}
    for key in found.draws:
        one, part = draws[key]
        inside = said[(said["draw"] == key) & said["picked"]].sort_values("position")
        ends = inside["task"].isin(labelled).to_numpy()
        reached = len(ends) if ends.all() else int(np.argmin(ends))
        if not reached:
            continue
        order = inside["priority"].to_numpy()
        bar = (one.strata[0].tau_in or 0.0) if reached == len(order) else order[reached]
        weight = one.strategy.weights(part)
        for member, octave in zip(part["interaction"], octaves(steps(weight), bar), strict=True):
            classes.setdefault(member, int(octave))
    size = Counter(classes.values())
    counted = found.tasks.loc[found.tasks["counted"], "task"]
    labels = Counter(classes[task] for task in counted)
    average = sum(2.0**one * often for one, often in size.items()) / max(len(classes), 1)
    small = {one for one in size if one < QUARTER and 2.0**one < average}

    def worth(octaves):
        spread = sum(size[one] ** 2 / (labels[one] + HALF) for one in octaves if size[one])
        return sum(size[one] for one in octaves) ** 2 / max(spread, 1e-9)

    thin = {one for one in small if labels[one] < FEW and worth({one, one + 1}) < FEW}
    thin = thin if worth(thin) < FEW else set()
    assert found.population == len(
        {one for key in found.draws for one in draws[key][1]["interaction"]}
    )
    assert found.hardly_drawn.share == pytest.approx(
        sum(size[one] for one in thin) / found.population
    )
    sparse = pd.Series(found.hardly_drawn.tasks)
    assert set(sparse) == {task for task in tasks & set(classes) if classes[task] in thin}
    if thin:
        assert found.hardly_drawn.worth == pytest.approx(worth(thin))
