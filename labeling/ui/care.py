"""What the labeling page asks about a person's own work."""

from collections.abc import Callable
from datetime import datetime

from labeling.calls import Answer, account_of, guarded
from labeling.checks import own_progress
from labeling.ui.annotate import Asked, Call
from storage import Store


class Own(Asked, frozen=True, kw_only=True):
    """Own totals, in one queue or in all."""

    offset: int = 0
    """Minutes by which the browser's clock is ahead of UTC."""


def care_calls(store: Store, clock: Callable[[], datetime]) -> list[Call]:
    """How much and how fast a person labels, told to them alone."""

    def own(name: str, told: Own) -> Answer:
        with store.read() as session:
            account = account_of(session, name)
            found = own_progress(session, account, clock(), told.queue or None, told.offset)
            return {"state": "own", "own": found}

    return [Call("own_progress", Own, lambda who, told: guarded(own, who, told))]
