"""Figures over time: one column per period, its interval as a band, the same in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from server.pages.charts import Bar, Scale, end_of
from server.pages.elements import DASH, Form, count, interval, muted, scrolled, shown
from server.pages.markup import Markup, h, join, name

PERIODS = 26
"""The latest that are drawn; half a year of weeks."""


def timeline(label: str, periods: Sequence[Bar], scale: Scale, form: Form = "share") -> Markup:
    """A column per period, the latest last."""
    drawn = periods[-PERIODS:]
    ends = h(
        "span",
        {"class": "ld-time-ends", "aria-hidden": "true"},
        h("span", None, end_of(scale.high, form)),
        h("span", None, end_of(scale.low, form)),
    )
    columns = h("ol", {"class": "ld-time"}, [_column(one, scale, form) for one in drawn])
    left = len(periods) - len(drawn)
    return join(
        scrolled(label, h("div", {"class": "ld-time-box"}, ends, columns)),
        muted(f"{left} earlier periods are not drawn.") if left else None,
        _missing(drawn),
    )


def _column(period: Bar, scale: Scale, form: Form) -> Markup:
    figure = period.figure
    inside = []
    if figure["ci"] is not None:
        low, high = (scale.place(end) for end in figure["ci"])
        style = f"bottom:{low};top:calc(100% - {high})"
        inside.append(h("span", {"class": "ld-band", "style": style}))
    if figure["value"] is not None:
        style = f"bottom:{scale.place(figure['value'])}"
        inside.append(h("span", {"class": "ld-dot", "style": style}))
    return h(
        "li",
        None,
        h("span", {"class": "ld-time-axis", "aria-hidden": "true"}, inside),
        h("b", None, DASH if figure["value"] is None else shown(figure["value"], form)),
        h("span", {"class": "gl-unseen"}, _around(figure, form)),
        h("span", {"class": "ld-time-name"}, name(period.label)),
        h("span", {"class": "ld-n"}, f"n {count(figure['n'])}"),
    )


def _around(figure: Mapping[str, Any], form: Form) -> str:
    spread = interval(figure["ci"], form)
    return f"interval {spread}; " if spread else f"no interval: {figure.get('reason')}; "


def _missing(periods: Sequence[Bar]) -> Markup | None:
    """What keeps periods from having an interval, said once."""
    bare = [one for one in periods if one.figure["ci"] is None]
    if not bare:
        return None
    reason = str(bare[0].figure.get("reason") or "").partition(" (")[0]
    if len(bare) == len(periods):
        return muted(f"None has an interval: {reason}.")
    return muted(f"{len(bare)} of {len(periods)} have no interval: {reason}.")
