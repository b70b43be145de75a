"""Files of JSON lines in a folder: one appears when its first line is written, never empty."""

from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import msgspec

from storage.values import mended

_encode = msgspec.json.Encoder().encode


class Lines:
    """The files being written, by their path in the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.counts: Counter[str] = Counter()
        """Lines by file."""
        self._open: dict[str, IO[bytes]] = {}

    def __enter__(self) -> "Lines":
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        for file in self._open.values():
            file.close()

    def write(self, name: str, value: Any) -> None:
        """Add a line to a file."""
        if name not in self._open:
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            self._open[name] = path.open("wb")
        self._open[name].write(line(value))
        self.counts[name] += 1


def line(value: Any) -> bytes:
    """A value as a line of JSON; half characters, which UTF-8 cannot hold, become U+FFFD."""
    try:
        return _encode(value) + b"\n"
    except UnicodeEncodeError:
        return _encode(mended(value)) + b"\n"
