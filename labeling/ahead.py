"""The task that comes after the one a person reads: taken for them early, given back unseen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from labeling import assignment as work
from labeling.calls import Answer, account_of, guarded, id_of
from labeling.desk import Desk
from storage import Session
from storage.queries import assignments, queues
from storage.queries import desk as own
from storage.queries.accounts import Account

LEFT_FREE = 3
"""Further tasks that everybody at work must be able to get after one is taken ahead: the last
tasks of a queue are for whoever is ready for them."""
RELEASED_AT_ONCE = 100


@dataclass(frozen=True)
class Ahead:
    """What the labeling page takes before it is needed, and lets go of."""

    desk: Desk

    def next(self, name: str, queue: str, current: str) -> Answer:
        """The task after the current one, held for this person; `next` is None when there is none.

        Shows nothing that opening it would not show.
        """
        return guarded(self._next, name, queue, current)

    def release(self, name: str, held: Sequence[str]) -> Answer:
        """Give back what this person holds and has typed nothing in; anything else stays."""
        return guarded(self._release, name, held[:RELEASED_AT_ONCE])

    def _next(self, name: str, queue: str, current: str) -> Answer:
        with self.desk.store.write(durable=False) as session:
            account = account_of(session, name)
            found = self._held_after(session, queue, account, id_of(current))
        if found is None:
            return {"state": "ahead", "next": None}
        with self.desk.store.read() as session:
            task = work.held_view(session, found, account)["task"]
        return {"state": "ahead", "next": {"assignment_id": str(found.id), "task": task}}

    def _held_after(
        self, session: Session, queue: str, account: Account, current: int
    ) -> assignments.AssignmentRow | None:
        here = queues.queue_named(session, queue)
        assignments.lock_account(session, account.id)
        held = assignments.own_leases(session, here.id, account.id)
        if current not in [one.id for one in held]:
            return None  # finished, or lost: what is next is open already
        if len(held) == 1 and not own.all_have_more_than(session, here.id, LEFT_FREE):
            return None
        found = work.claim(session, queue, account, now=self.desk.clock(), count=2)
        if isinstance(found, work.Nothing):
            return None
        return next((one for one in found if one.id != current), None)

    def _release(self, name: str, held: Sequence[str]) -> Answer:
        with self.desk.store.write(durable=False) as session:
            account = account_of(session, name)
            assignments.lock_account(session, account.id)
            now = self.desk.clock()
            for one in sorted({id_of(told) for told in held}):
                _let_go(session, one, account, now)
        return {"state": "released"}


def _let_go(session: Session, assignment_id: int, account: Account, now: datetime) -> None:
    row = assignments.lock_assignment(session, assignment_id, account.id)
    if row is None or row.state != "leased":
        return
    if assignments.read_draft(session, row.id) is None:
        assignments.finish(session, row, "returned", now, reason=assignments.NOT_SHOWN)
