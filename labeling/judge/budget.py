"""A budget that several threads spend from, and that is never exceeded."""

import threading
from dataclasses import dataclass, field

from labeling.errors import JudgeError


class BudgetSpent(JudgeError):
    """The next call could cost more than is left."""


@dataclass
class Budget:
    """Money and calls; every call is set aside at its most before it is made."""

    usd: float
    calls: int
    spent_usd: float = 0.0
    sent: int = 0
    _aside: float = 0.0
    _under_way: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition, repr=False)

    def take(self, most: float) -> None:
        """Set a call aside; waits while calls that are under way may leave something over.

        Raises
        ------
        BudgetSpent
            When nothing is under way any more and it does not fit.
        """
        with self._changed:
            while self.spent_usd + self._aside + most > self.usd and self._under_way:
                self._changed.wait()
            if self.sent >= self.calls or self.spent_usd + self._aside + most > self.usd:
                raise BudgetSpent
            self.sent += 1
            self._under_way += 1
            self._aside += most

    def limit(self, usd: float, calls: int) -> None:
        """Another budget from now on; what is under way was set aside already."""
        with self._changed:
            self.usd, self.calls = usd, calls
            self._changed.notify_all()

    def settle(self, most: float, cost: float) -> None:
        """Put the real cost in the place of what was set aside."""
        with self._changed:
            self._under_way -= 1
            self._aside = max(self._aside - most, 0.0) if self._under_way else 0.0
            self.spent_usd += cost
            self._changed.notify_all()
