"""The parts a report is made of, which know nothing of Markdown or HTML."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from server.pages.charts import Bar, Scale
from server.pages.elements import Form


@dataclass(frozen=True)
class Chart:
    """Figures with their intervals, one line each."""

    label: str
    bars: Sequence[Bar]
    scale: Scale
    form: Form = "share"
    over_time: bool = False
    """Whether the lines are periods, the earliest first."""


@dataclass(frozen=True)
class Rows:
    """A table; the first cell of a row heads it."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


Block = str | Chart | Rows


@dataclass(frozen=True)
class Part:
    """A part of the report under its heading."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Report:
    """The whole."""

    title: str
    made: datetime
    short: Sequence[str]
    parts: Sequence[Part] = field(default_factory=list)
