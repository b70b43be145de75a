"""The failure map: segments down, failures and issues across, the more often the stronger."""

from collections.abc import Mapping, Sequence
from typing import Any

from server.pages.controls import Control, chooser, grid, select
from server.pages.elements import DASH, interval, muted, scrolled, section, shown
from server.pages.markup import Markup, h, join, name

MOST_ROWS = 20
MOST_ISSUES = 8
Figures = Mapping[str, Mapping[str, Any]]


def failure_map(
    report: Mapping[str, Any], words: Mapping[str, str], segment: str | None
) -> Markup | None:
    """Rates of every segment of one attribute, weighted, with n in each cell."""
    issues = report["issues"][:MOST_ISSUES]
    known = report["by"] or (issues[0]["by"] if issues else {})
    if not known:
        return None
    widest = max(known, key=lambda one: (len(known[one]) > 1, one == "category", len(known[one])))
    chosen = segment if segment is not None and segment in known else widest
    columns = [("Fails", report["by"][chosen])] if chosen in report["by"] else []
    columns += [
        (words.get(one["tag"], one["tag"]), one["by"][chosen])
        for one in issues
        if chosen in one["by"]
    ]
    values = _largest(columns)
    options = [(one, one) for one in known]
    return section(
        "Failure map",
        chooser("Failure map", grid(select(Control("segment", "Cut by"), options, chosen))),
        _drawn(chosen, columns, values),
    )


def _drawn(segment: str, columns: Sequence[tuple[str, Figures]], values: Sequence[str]) -> Markup:
    """The map, or why there is none: where every cell is empty there is nothing to see."""
    cells = [fig for _, figures in columns for fig in figures.values()]
    if all(fig["value"] is None for fig in cells):
        why = str(cells[0]["reason"]).partition(" (")[0] if cells else "no labels"
        listed = [join(name(one), f" (n {_tasks(columns)[one]})") for one in values]
        parted = [part for one in listed for part in (", ", one)][1:]
        return muted(*parted, f". None has a rate: {why}.")
    return join(
        scrolled("Failure map", _table(segment, columns, values)),
        muted(
            "Estimated share of each part of the traffic, weighted; the stronger the colour, the "
            "more often. Cells without a number have too few labels drawn by chance."
        ),
    )


def _tasks(columns: Sequence[tuple[str, Figures]]) -> dict[str, int]:
    tasks: dict[str, int] = {}
    for _, figures in columns:
        for value, fig in figures.items():
            tasks[value] = max(tasks.get(value, 0), fig["n"])
    return tasks


def _largest(columns: Sequence[tuple[str, Figures]]) -> list[str]:
    tasks = _tasks(columns)
    return sorted(tasks, key=lambda one: (-tasks[one], one))[:MOST_ROWS]


def _table(segment: str, columns: Sequence[tuple[str, Figures]], values: Sequence[str]) -> Markup:
    rates = [fig["value"] or 0.0 for _, figures in columns for fig in figures.values()]
    most = max([0.05, *rates])
    heads = [h("th", {"scope": "col"}, name(title)) for title, _ in columns]
    rows = [
        h("tr", None, h("th", {"scope": "row"}, name(value)),
          [_cell(figures.get(value), most) for _, figures in columns])
        for value in values
    ]  # fmt: skip
    return h(
        "table",
        {"class": "ld-matrix ld-map"},
        h("caption", {"class": "gl-unseen"}, "Failure map: shares by ", name(segment)),
        h("thead", None, h("tr", None, h("th", {"scope": "col"}, name(segment)), heads)),
        h("tbody", None, rows),
    )


def _cell(fig: Mapping[str, Any] | None, most: float) -> Markup:
    if fig is None:
        return h("td", {"class": "ld-cell", "style": "--shade:0"}, DASH)
    if fig["value"] is None:
        told = h("small", {"title": str(fig["reason"])}, f"n {fig['n']}")
        return h("td", {"class": "ld-cell", "style": "--shade:0"}, h("b", None, DASH), told)
    spread = interval(fig["ci"], "share")
    return h(
        "td",
        {"class": "ld-cell ld-below", "style": f"--shade:{fig['value'] / most:.2f}"},
        h("b", None, shown(fig["value"], "share")),
        h("small", None, f"{spread}; n {fig['n']}" if spread else f"n {fig['n']}"),
    )
