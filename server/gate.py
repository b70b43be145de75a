"""How many requests with traces are taken in at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

MOST_AT_ONCE = 16
"""Most requests whose bodies are held at a time, those that are still coming among them."""
SECONDS = 60.0
"""After so long a body has to be here."""


class TooMany(Exception):
    """No more can come in at the moment."""


class Gate:
    """Counts the requests that are being taken in; they all come by one event loop."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self.seconds, self._inside = seconds, 0

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Be inside, or TooMany."""
        if self._inside >= MOST_AT_ONCE:
            message = f"more than {MOST_AT_ONCE} requests at once"
            raise TooMany(message)
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1
