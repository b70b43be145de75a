"""What became of a run: what was scored, what failed and how, what it cost."""

from collections.abc import Mapping, Sequence
from typing import Any

from labeling.judge.leaving import sends
from labeling.judge.reading import FAULTS
from labeling.judge.samples import design_warnings
from storage import Session
from storage.engine import AnyRow
from storage.queries import judging

LOST = "lost"
MANY_FAULTS = 0.05
"""Share of replies that did not follow the form from which a warning is due."""
BIASED = 0.2
"""Share of pairs decided by their order from which a warning is due."""


def run_report(session: Session, row: AnyRow) -> dict[str, Any]:
    """A run with its counts; every call and every interaction is in exactly one of them."""
    outcomes, replies = judging.outcomes(session, row.id), judging.replies(session, row.id)
    used, details = judging.spent(session, row.id), judging.details(session, row.id)
    calls = {name or LOST: count for name, count in replies.items()}
    faults = sum(calls.get(name, 0) for name in FAULTS)
    position = _position(details)
    return {
        "run_id": row.id,
        "queue": row.queue_name,
        "state": row.state,
        "reason": row.reason,
        "model": row.model["name"],
        "version": row.version,
        "guideline": {"slug": row.slug, "version": row.guideline_version, "hash": row.hash},
        "fields": row.fields,
        "scores_named": row.scores_named,
        "design": {key: one for key, one in row.design.items() if key != "record"},
        "items": sum(outcomes.values()),
        "scored": outcomes.get(judging.SCORED, 0),
        "remembered": judging.remembered(session, row.id),
        "open": outcomes.get(None, 0),
        "failed": {key: n for key, n in outcomes.items() if key not in (None, judging.SCORED)},
        "calls": calls,
        "calls_sent": used.calls,
        "budget_calls": row.budget_calls,
        "spent_usd": used.usd,
        "budget_usd": row.budget_usd,
        "faulty_replies": faults,
        "position": position,
        "sends": sends(row.design),
        "warnings": [*design_warnings(row.design), *_warnings(calls, faults, position, used, row)],
        "created_at": row.created_at,
        "finished_at": row.finished_at,
    }


def _position(details: Sequence[Mapping[str, Any]]) -> dict[str, int] | None:
    """How the order of two responses told; None where nothing was compared."""
    pairs = [one["first_preferred"] for one in details if one["first_preferred"] is not None]
    if not pairs:
        return None
    return {
        "pairs": len(pairs),
        "first_in_both": sum(one == 2 for one in pairs),
        "undecided": sum(bool(one["undecided"]) for one in details),
    }


def _warnings(
    calls: Mapping[str, int],
    faults: int,
    position: Mapping[str, int] | None,
    used: judging.Spent,
    row: AnyRow,
) -> list[str]:
    found = []
    answered = faults + calls.get(judging.ANSWERED, 0)
    if faults and faults >= MANY_FAULTS * answered:
        found.append(
            f"{faults} of {answered} replies did not follow the form: the model is too weak for "
            "it, or some cases talk it into something."
        )
    if calls.get(LOST):
        found.append(
            f"{calls[LOST]} calls were on their way when their process ended; they count with "
            "the most they can have cost."
        )
    if position and position["undecided"] >= BIASED * position["pairs"]:
        found.append(
            f"{position['undecided']} of {position['pairs']} pairs were decided by their order "
            f"and not by what they say (the first one in {position['first_in_both']}): ties now."
        )
    if used.usd > row.budget_usd:
        found.append("The provider charged more than its limits allow: it ignored max tokens.")
    return found
