"""Waiting together: where one worker was told to wait, no other asks meanwhile."""

import threading
from dataclasses import dataclass, field
from math import inf

from labeling.judge.wire import Wire


@dataclass
class Pace:
    """What the workers of a run tell each other about when to ask, and whether to go on."""

    wire: Wire
    over: threading.Event = field(default_factory=threading.Event)
    """The run is to end: nothing is tried again."""
    _until: float = -inf
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def ready(self) -> None:
        """Wait for as long as anybody was told to."""
        left = self._until - self.wire.timer()
        if left > 0:
            self.wire.wait(left)

    def rest(self, seconds: float) -> None:
        """Wait, and keep the others from asking for as long."""
        until = self.wire.timer() + seconds
        with self._lock:
            self._until = max(self._until, until)
        self.wire.wait(seconds)
        with self._lock:
            if self._until <= until:
                self._until = -inf
