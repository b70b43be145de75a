"""Charts as HTML: the numbers stand in the text, the drawing repeats them for the eye."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from server.pages.elements import (
    DASH,
    Form,
    count,
    figure,
    interval,
    muted,
    scrolled,
    shown,
)
from server.pages.markup import Child, Markup, h, join, name

MATRIX_PEOPLE = 15


class Scale(NamedTuple):
    """What the ends of an axis stand for."""

    low: float
    high: float

    def place(self, value: float) -> str:
        """Where a value lies, in percent of the axis."""
        span = (self.high - self.low) or 1.0
        return f"{100 * min(max((value - self.low) / span, 0.0), 1.0):.2f}%"


def whisker(fig: Mapping[str, Any], scale: Scale, mark: float | None = None) -> Markup:
    """A dot with its interval on an axis; `mark` is a second value for contrast."""
    inside = []
    if fig["value"] is not None:
        if fig["ci"] is not None:
            low, high = (scale.place(end) for end in fig["ci"])
            style = f"left:{low};right:calc(100% - {high})"
            inside.append(h("span", {"class": "ld-whisker", "style": style}))
        if mark is not None:
            inside.append(h("span", {"class": "ld-contrast", "style": f"left:{scale.place(mark)}"}))
        dot = {"class": "ld-dot", "style": f"left:{scale.place(fig['value'])}"}
        inside.append(h("span", dot))
    return h("span", {"class": "ld-axis", "aria-hidden": "true"}, inside)


class Bar(NamedTuple):
    """One line of a chart."""

    label: str
    figure: Mapping[str, Any]
    note: str | None = None
    help: str | None = None


def chart(label: str, bars: Sequence[Bar], scale: Scale, form: Form = "share") -> Markup:
    """One line per bar: name, dot with interval, and the same in figures.

    What keeps all of them from having a value or an interval is said once, below.
    """
    shared = shared_reason(bars)
    lines = [
        h(
            "li",
            {"class": "ld-chart-line"},
            h("span", {"class": "ld-chart-name", "title": bar.help}, name(bar.label),
              h("span", {"class": "ld-chart-note"}, bar.note) if bar.note else None),
            whisker(bar.figure, scale),
            figure(bar.figure, form, told=shared is None),
        )
        for bar in bars
    ]  # fmt: skip
    ends = h(
        "li",
        {"class": "ld-chart-line ld-chart-ends", "aria-hidden": "true"},
        h("span"),
        h("span", {"class": "ld-ends"}, h("span", None, end_of(scale.low, form)),
          h("span", None, end_of(scale.high, form))),
        h("span"),
    )  # fmt: skip
    listed = h("ul", {"class": "ld-chart", "aria-label": label}, lines, ends)
    if shared is None:
        return listed
    missing = "value" if bars[0].figure["value"] is None else "interval"
    why = f"None has {'a' if missing == 'value' else 'an'} {missing}: {shared}."
    if missing == "interval" or any(bar.note for bar in bars):
        return join(listed, muted(why))
    looked_at = [join(name(bar.label), f" (n {count(bar.figure['n'])})") for bar in bars]
    listing = [part for one in looked_at for part in (", ", one)][1:]
    return muted(*listing, ". ", why)


def shared_reason(bars: Sequence[Bar]) -> str | None:
    """Why every one of several bars lacks the same."""
    missing = {
        (bar.figure["value"] is None, str(bar.figure.get("reason") or "").partition(" (")[0])
        for bar in bars
    }
    return next(iter(missing))[1] or None if len(bars) > 1 and len(missing) == 1 else None


def end_of(value: float, form: Form) -> str:
    """What stands at the end of an axis."""
    told = f"{100 * value:.0f} %" if form == "share" else f"{value:g}"
    return told.replace("-", "−")


def reach(figures: Sequence[Mapping[str, Any]], least: float = 0.1) -> Scale:
    """An axis from 0 that holds every interval of some shares, and ends at a round number."""
    ends = [fig["ci"][1] if fig["ci"] else fig["value"] or 0.0 for fig in figures]
    top = max([least, *ends])
    return Scale(0.0, next(end for end in (0.1, 0.2, 0.25, 0.5, 0.75, 1.0) if end >= min(top, 1.0)))


def matrix(label: str, pairs: Sequence[Mapping[str, Any]], coefficient: str, form: Form) -> Markup:
    """Agreement of every pair: the darker the cell, the higher; interval and n in each cell."""
    shared: dict[str, int] = {}
    for pair in pairs:
        for side in ("a", "b"):
            shared[pair[side]] = shared.get(pair[side], 0) + pair["n"]
    most = sorted(shared, key=lambda one: (-shared[one], one))[:MATRIX_PEOPLE]
    people = sorted(most)
    known = {frozenset((pair["a"], pair["b"])): pair for pair in pairs}
    head = [h("th", {"scope": "col"}, name(one)) for one in people[:-1]]
    rows = [
        h("tr", None, h("th", {"scope": "row"}, name(row)),
          [_pair(row, column, known, coefficient, form) for column in people[:-1]])
        for row in people[1:]
    ]  # fmt: skip
    table = h(
        "table",
        {"class": "ld-matrix"},
        h("caption", {"class": "gl-unseen"}, label),
        h("thead", None, h("tr", None, h("td"), head)),
        h("tbody", None, rows),
    )
    left_out = len(shared) - len(people)
    more = f"The {len(people)} people with the most shared tasks; {left_out} more by REST."
    return join(scrolled(label, table), muted(more) if left_out else None)


def _pair(
    row: str,
    column: str,
    known: Mapping[frozenset[str], Mapping[str, Any]],
    coefficient: str,
    form: Form,
) -> Markup:
    if column >= row:
        return h("td", {"class": "ld-cell ld-half"})
    pair = known.get(frozenset((row, column)))
    if pair is None:
        return _cell(DASH, "no shared task", 0.0)
    fig = pair[coefficient]
    if fig["value"] is None:
        return _cell(DASH, f"{fig['reason']}; n {fig['n']}", 0.0)
    spread = interval(fig["ci"], form) or f"no interval: {fig['reason']}"
    return _cell(shown(fig["value"], form), f"{spread}; n {fig['n']}", fig["value"])


def _cell(value: str, detail: Child, shade: float) -> Markup:
    kind = "ld-cell ld-below" if shade < 0 else "ld-cell"
    style = f"--shade:{min(abs(shade), 1.0):.2f}"
    return h("td", {"class": kind, "style": style}, h("b", None, value), h("small", None, detail))
