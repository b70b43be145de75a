"""What pages are made of: figures with interval and n, tables, notices. Pure; all text escaped."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple
from urllib.parse import urlencode

from server.pages.markup import Attribute, Attributes, Child, Markup, h, join
from server.pages.wide import method_alone, why_wide

Form = Literal["share", "number", "kappa", "count"]
DASH = "–"


def count(number: float) -> str:
    """A whole number with thousands apart."""
    return f"{int(number):,}"


def plural(number: int, one: str, many: str | None = None) -> str:
    """A count with its noun."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def shown(value: float, form: Form) -> str:
    """A number in the form that its figure has."""
    if form == "count":
        return f"{round(value):,}".replace("-", "−")
    told = f"{100 * value:.1f} %" if form == "share" else f"{value:.2f}"
    if not any(digit in told for digit in "123456789"):
        told = told.removeprefix("-")  # a zero has no sign
    return told.replace("-", "−")


def interval(ci: Sequence[float] | None, form: Form) -> str | None:
    """The ends of an interval."""
    if ci is None:
        return None
    low, high = (shown(end, form) for end in ci)
    return f"{low.removesuffix(' %')} to {high}"


def figure(fig: Mapping[str, Any], form: Form = "number", *, told: bool = True) -> Markup:
    """A figure in a line: value, interval, n; or a dash and, if to be told here, the reason."""
    n = h("span", {"class": "ld-n"}, f"n {count(fig['n'])}")
    if fig["value"] is None:
        reason = h("span", {"class": "ld-reason"}, str(fig["reason"])) if told else None
        return h("span", {"class": "ld-figure ld-undefined"}, h("b", None, DASH), reason, n)
    value = h("b", None, shown(fig["value"], form))
    spread, around = interval(fig["ci"], form), None
    if spread is not None:
        around = h("span", {"class": "ld-interval"}, spread)
    elif told:
        around = h("span", {"class": "ld-reason"}, f"no interval: {fig.get('reason', 'unknown')}")
    return h("span", {"class": "ld-figure"}, value, around, n)


def card(label: str, fig: Mapping[str, Any], form: Form = "number", *notes: Child) -> Markup:
    """A figure that a page is about, with how it was made and why its interval is wide."""
    method, why = method_alone(fig), why_wide(fig)
    if method:
        notes = (f"95 % interval. {sentence(method)}" if fig["ci"] else sentence(method), *notes)
    return h(
        "div",
        {"class": "ld-card"},
        h("h3", None, label),
        h("p", None, figure(fig, form)),
        warning(why) if why else None,
        [h("p", {"class": "gl-muted"}, note) for note in notes if note],
    )


def cards(*children: Child) -> Markup:
    """Cards side by side where there is room."""
    return h("div", {"class": "ld-cards"}, *children)


def sentence(words: str) -> str:
    """Words with a capital at the start and a full stop at the end."""
    words = words[:1].upper() + words[1:]
    return words if words.endswith((".", "!", "?")) else words + "."


class Column(NamedTuple):
    """A column of a table."""

    heading: str
    numbers: bool = False
    unseen: bool = False
    """Whether the eye can do without its heading."""
    wide: bool = False
    """Whether it takes a line of its own, without its heading, where rows are stacked."""


def table(
    caption: str,
    columns: Sequence[Column | str],
    rows: Iterable[Sequence[Child]],
    *,
    stacked: bool = False,
) -> Markup:
    """A table that scrolls inside its own box; the first cell of a row heads it.

    With `stacked` every row becomes a card on a telephone: for rows that are read one by one.
    """
    heads = [column if isinstance(column, Column) else Column(column) for column in columns]
    body = [
        h("tr", _role("row", stacked),
          [_cell(place, cell, heads[place], stacked) for place, cell in enumerate(row)])
        for row in rows
    ]  # fmt: skip
    head = [
        h(
            "th",
            {"scope": "col", "class": "ld-num" if one.numbers else None,
             **_role("columnheader", stacked)},
            h("span", {"class": "gl-unseen"}, one.heading) if one.unseen else one.heading,
        )
        for one in heads
    ]  # fmt: skip
    kind = "ld-table ld-stacked" if stacked else "ld-table"
    return scrolled(
        caption,
        h(
            "table",
            {"class": kind, **_role("table", stacked)},
            h("caption", {"class": "gl-unseen"}, caption),
            h("thead", _role("rowgroup", stacked), h("tr", _role("row", stacked), head)),
            h("tbody", _role("rowgroup", stacked), body),
        ),
    )


def _role(role: str, stacked: bool) -> dict[str, Attribute]:
    """What a part of a table is, said where its boxes may be no table's any more."""
    return {"role": role} if stacked else {}


def _cell(place: int, cell: Child, column: Column, stacked: bool) -> Markup:
    if place == 0:
        return h("th", {"scope": "row", **_role("rowheader", stacked)}, cell)
    kinds = ("ld-num" if column.numbers else "", "ld-wide" if column.wide else "",
             "ld-none" if cell in (DASH, "") else "")  # fmt: skip
    told: Attributes = {"class": " ".join(one for one in kinds if one) or None}
    if not stacked:
        return h("td", told, cell)
    label = None if column.unseen or column.wide else column.heading
    return h("td", {**told, **_role("cell", True), "data-label": label}, cell)


def scrolled(label: str, *children: Child) -> Markup:
    """A box that scrolls by itself when it is too narrow, by keyboard too."""
    region: Attributes = {
        "class": "ld-scroll", "role": "region", "aria-label": label, "tabindex": 0
    }  # fmt: skip
    return h("div", region, *children)


def section(title: Child, *children: Child, lead: Child = None) -> Markup:
    """A part of the page under its heading."""
    told = h("p", {"class": "ld-lead"}, lead) if lead is not None else None
    return h("section", {"class": "ld-part"}, h("h2", None, title), told, *children)


def folded(title: Child, *children: Child, is_open: bool = False) -> Markup:
    """A part that stays folded until it is wanted."""
    return h(
        "details",
        {"class": "gl-fold ld-fold", "open": is_open},
        h("summary", None, h("span", None, title)),
        h("div", None, *children),
    )


def empty(*children: Child) -> Markup:
    """What stands where there is nothing yet: names the next step."""
    return h("div", {"class": "ld-empty"}, lines(*children))


def warning(*children: Child) -> Markup:
    """Something that makes a number weaker than it looks."""
    return h("p", {"class": "ld-warning"}, *children)


def lines(*children: Child) -> Markup:
    """Paragraphs one below the other."""
    return join([h("p", None, child) for child in children if child is not None])


def muted(*children: Child) -> Markup:
    """A remark."""
    return h("p", {"class": "gl-muted"}, *children)


def code(command: str) -> Markup:
    """Something to type."""
    return h("code", None, command)


def moment(at: datetime | None) -> Markup:
    """A time to the minute; the browser shows it in its own zone."""
    if at is None:
        return Markup(DASH)
    return h("time", {"datetime": at.isoformat()}, f"{at:%Y-%m-%d %H:%M} UTC")


def progress(done: int, needed: int, label: str) -> Markup:
    """How much of the work is done."""
    if not needed:
        return h("span", {"class": "gl-muted"}, "no labels wanted yet")
    bar: Attributes = {
        "class": "gl-bar", "value": min(done, needed), "max": max(needed, 1), "aria-label": label
    }  # fmt: skip
    told = f"{count(done)} of {plural(needed, 'label')}"
    return h("span", {"class": "ld-done"}, h("progress", bar), h("span", None, told))


def chip(words: str, kind: str = "") -> Markup:
    """A state in one or two words."""
    return h("span", {"class": f"ld-chip {kind}".strip()}, words)


def secret(what: Child, value: str, then: str) -> Markup:
    """Something that is shown this once."""
    copy: Attributes = {"type": "button", "class": "gl-button", "data-copy": value}
    return h(
        "div",
        {"class": "ld-secret", "tabindex": -1},
        h("p", None, what),
        h("p", {"class": "ld-row"}, h("code", None, value), h("button", copy, "Copy")),
        muted(f"Shown this once. {then}"),
    )


def link(words: Child, *, current: bool = False, **where: str) -> Markup:
    """A way to another part of this page, that can be opened in a tab of its own as well."""
    told: Attributes = {
        "href": "?" + urlencode(where), "data-go": True, "aria-current": "page" if current else None
    }  # fmt: skip
    return h("a", told, words)
