"""The most that all runs together may spend, whoever begins them."""

from datetime import datetime, timedelta

from labeling.errors import InvalidLabel
from storage import Session
from storage.queries import judging

DAYS = 30


def check_cap(
    session: Session, cap: float | None, now: datetime, budget_usd: float, run_id: int | None = None
) -> None:
    """Raise InvalidLabel where a budget is more than the cap on 30 days leaves.

    What was spent in these days counts, and what runs that wait or run may still spend. With
    `run_id` it is the whole budget of that run, of which some may be spent.
    """
    if cap is None:
        return
    taken = judging.committed(session, now - timedelta(days=DAYS), run_id)
    wanted = budget_usd - (judging.spent(session, run_id).usd if run_id is not None else 0.0)
    if wanted > 0 and taken + wanted > cap:
        left = max(cap - taken, 0.0)
        message = f"{wanted:g} USD are more than the {left:.6g} that are left of {cap:g}"
        hint = f"judges may spend {cap:g} USD in {DAYS} days: GOLDLOOP_JUDGE_BUDGET_USD"
        raise InvalidLabel("budget_usd", message, hint)
