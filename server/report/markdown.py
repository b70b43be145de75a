"""A report as Markdown that reads well as it is; what came in from outside is escaped."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from server.pages.charts import shared_reason
from server.pages.elements import Form, count, shown
from server.pages.markup import UNSEEN
from server.report.blocks import Block, Chart, Report
from server.report.words import of_figure

LINKS = re.compile(r"://|www\.|@|\$")
"""What some readers of Markdown make links, names and formulas of."""
ACTS = re.compile(r"([\\`*_{}\[\]<>#|~!])")
CELL_CHARS = 200


def markdown(report: Report) -> str:
    """The whole as one text."""
    lines = [f"# {plain(report.title)}", "", f"{report.made:%Y-%m-%d %H:%M} UTC", ""]
    lines += [f"- {plain(one)}" for one in report.short]
    for part in report.parts:
        lines += ["", f"## {plain(part.title)}"]
        for block in part.blocks:
            lines += ["", *_block(block)]
    return "\n".join(lines) + "\n"


def plain(text: str) -> str:
    """A text in which nothing acts: no markup, no line break, no character that cannot be seen."""
    one_line = " ".join(UNSEEN.sub("�", text).split())
    cut = one_line if len(one_line) <= CELL_CHARS * 5 else one_line[: CELL_CHARS * 5] + "…"
    return LINKS.sub(lambda found: f"{found[0][0]}\u2060{found[0][1:]}", ACTS.sub(r"\\\1", cut))


def _block(block: Block) -> list[str]:
    if isinstance(block, str):
        return [plain(block)]
    if isinstance(block, Chart):
        shared = shared_reason(block.bars)
        rows = [
            (
                one.label,
                _value(one.figure, block.form, shared),
                count(one.figure["n"]),
                one.note or "",
            )
            for one in block.bars
        ]
        noted = any(row[3] for row in rows)
        heads = (block.label, "value [95 % interval]", "n", "")[: 4 if noted else 3]
        listed = _table(heads, [row[: len(heads)] for row in rows])
        return [*listed, "", plain(f"None has an interval: {shared}.")] if shared else listed
    return [f"**{plain(block.caption)}**", "", *_table(block.columns, block.rows)]


def _value(figure: Mapping[str, Any], form: Form, shared: str | None) -> str:
    """A figure; without the reason that is told once for all."""
    if shared is None or figure["value"] is None:
        return of_figure(figure, form)
    return shown(figure["value"], form)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [_line(columns), "|" + "---|" * len(columns), *map(_line, rows)]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(plain(cell) for cell in cells) + " |"
