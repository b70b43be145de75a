"""What an export format is: rows in, bytes or a folder out.

A row is a dictionary that JSON can hold. With raw labels there is one row per label, with settled
answers one per task; `labeling.exports` makes both. `interaction.messages`, `.responses` and
`.context` are `msgspec.Raw`, JSON that nobody has had to decode.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

Row = dict[str, Any]
Kind = Literal["text", "integer", "number", "boolean", "time", "texts", "integers", "json"]


@dataclass(frozen=True)
class Column:
    """One column of a table: where in a row its value is, and of which kind."""

    name: str
    kind: Kind
    path: tuple[str, ...]
    read: Callable[[Any], Any] | None = None
    """Computes the value from what stands at the path."""

    def value(self, row: Row) -> Any:
        """The value in a row; None where there is none."""
        found: Any = row
        for key in self.path:
            found = found.get(key)
            if found is None:
                return None
        return found if self.read is None else self.read(found)


@dataclass(frozen=True)
class About:
    """What a dataset says of itself."""

    queue: str
    created_at: datetime
    columns: tuple[Column, ...]
    guideline: dict[str, Any]
    """slug, version, title, hash, markdown, fields: the version in force."""
    labels: str
    """raw or settled."""
    expected: str
    """Where expected answers come from."""
    draws: list[dict[str, Any]]
    """How the tasks were drawn, one entry per draw."""
    agreement: Callable[[], dict[str, Any]]
    """Computes the coefficients by field, for a format that tells them."""
    where: Mapping[str, str] = field(default_factory=dict)
    """The pattern that its tasks are of; empty: every task of the queue."""
    dataset: Mapping[str, Any] = field(default_factory=dict)
    """Of a dataset: name, version, hash, parent, split, licence, canary; empty: of a queue."""
    redaction: Mapping[str, Any] = field(default_factory=dict)
    """What was done to the texts of its sources before they were stored."""


@dataclass(frozen=True)
class FileFormat:
    """A format that is one file: it may go to standard output, or over a network, as it is made."""

    chunks: Callable[[Iterable[Row], About], Iterator[bytes]]
    suffix: str
    media_type: str


@dataclass(frozen=True)
class FolderFormat:
    """A format that is a folder. It takes settled rows."""

    write: Callable[[Iterable[Row], Path, About], int]
    """Fills an empty folder; returns the number of rows written."""
    suffix: str = ".zip"
    media_type: str = "application/zip"
    raw: bool = False
    """Whether it can be asked for raw labels; its settled rows then carry them."""


Format = FileFormat | FolderFormat
