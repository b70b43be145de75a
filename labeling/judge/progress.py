"""What came back of a run and is not written yet, and what of it is a reason to end."""

from concurrent.futures import Future
from dataclasses import dataclass, field

from labeling.judge.budget import BudgetSpent
from labeling.judge.calls import HALTED, Interrupted, Judged
from labeling.judge.wire import REFUSED
from storage.engine import AnyRow

IN_A_ROW = 5
"""So many cases in a row that could not be asked about end a run."""
OF_THE_CASE = (400, 413, 422)
"""A request is refused like that for what stands in it: another case may be taken."""


@dataclass
class Progress:
    """What came back and is not written yet, and why to stop, if so."""

    ready: list[tuple[AnyRow, Judged]] = field(default_factory=list)
    refused: list[AnyRow] = field(default_factory=list)
    """Cases that were refused since the last one that was not."""
    in_a_row: int = 0
    answers: bool = False
    """Whether the endpoint has answered at all."""
    ending: tuple[str, str | None] | None = None
    """State and reason."""

    def note(self, done: "Future[Judged]", case: AnyRow) -> None:
        """Take in what became of one case."""
        try:
            self.ready.append((case, done.result()))
            self.in_a_row, self.answers = 0, True
            self.give_up()
        except BudgetSpent:
            self.ending = self.ending or ("budget_spent", "the next call might not fit the budget")
        except Interrupted as problem:
            self._could_not(problem, case)

    def give_up(self) -> None:
        """What was refused while others were answered is the fault of the case."""
        self.ready += [(case, Judged(REFUSED, {})) for case in self.refused]
        self.refused.clear()

    def _could_not(self, problem: Interrupted, case: AnyRow) -> None:
        if problem.kind == HALTED:
            self.ending = self.ending or ("running", None)  # another process goes on
            return
        self.in_a_row += 1
        if of_case := problem.status in OF_THE_CASE:
            self.refused.append(case)
        at_once = problem.kind in ("unauthorized", REFUSED) and not of_case
        if at_once or self.in_a_row >= IN_A_ROW:
            self.ending = self.ending or ("stopped", f"the endpoint: {problem}")
