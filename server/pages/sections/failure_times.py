"""Failures over time: the rate of each period, what changed and when; issues that come together."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from server.pages.charts import Bar, chart, reach
from server.pages.elements import figure, folded, moment, muted, plural, section, table
from server.pages.markup import Child, Markup, h, join, name
from server.pages.sections.failure_patterns import CLEAR, is_clear, note_it, where_words

LATEST = 12
METHOD = (
    "Of all tasks, and of each category and model, the moment is looked for at which the weighted "
    "failure rate changed most; shuffling the tasks a thousand times tells how large a change "
    "comes about by chance. Releases are compared with the one before (Fisher, two-sided). q "
    f"counts all that was looked at; up to {CLEAR:g} is told here as a change. The difference "
    "at such a moment looks large, since the moment was chosen for it."
)


def over_time(report: Mapping[str, Any]) -> Markup | None:
    """What has changed, in sentences, and the rate of each period."""
    trend, changes = report["trend"], report["changes"]
    if not trend["periods"]:
        return None
    moments = sorted(filter(is_clear, changes["moments"]), key=lambda one: one["since"])
    parts = [one for one in moments if one["where"]]
    clear = [one for one in moments if not one["where"]] + [*filter(is_clear, changes["releases"])]
    if not clear:
        clear, parts = parts, []
    tried = len(changes["moments"]) + len(changes["releases"])
    told = [h("li", None, _sentence(one)) for one in clear]
    if not told:
        looked = f"{plural(tried, 'series', 'series')} looked at: none is known to have changed."
        told = [h("li", None, looked if tried else "Too few labels to look for a change.")]
    bars = [Bar(one["period"], one["rate"]) for one in trend["periods"]]
    scale = reach([one["rate"] for one in trend["periods"]])
    title = f"Failure rate by {trend['by']} with 95 % intervals"
    earlier = bars[:-LATEST]
    return section(
        "Over time",
        h("ul", {"class": "ld-list"}, told),
        folded(f"The same of {plural(len(parts), 'part')}", _listed(parts)) if parts else None,
        chart(title, bars[-LATEST:], scale),
        folded(f"{plural(len(earlier), 'earlier ' + trend['by'])}", chart(title, earlier, scale))
        if earlier
        else None,
        folded("Releases", _releases(changes["releases"])) if changes["releases"] else None,
        folded("How changes are found", muted(METHOD)),
    )


def _listed(changes: Sequence[Mapping[str, Any]]) -> Markup:
    return h("ul", {"class": "ld-list"}, [h("li", None, _sentence(one)) for one in changes])


def _sentence(one: Mapping[str, Any]) -> Markup:
    worse = (one["difference"]["value"] or 0) > 0
    what: Child = where_words(one["where"]) if one["where"] else "everything"
    since: Child = one["since"]
    if isinstance(since, datetime):
        since = join("Since ", moment(since), ", ", what)
    else:
        since = join("Since ", what)
    verb = " fails more often" if worse else " fails less often"
    return join(
        since, verb, ": ", figure(one["after"], "share"), " after, ",
        figure(one["before"], "share"), " before; difference ", _points(one["difference"]), ".",
    )  # fmt: skip


def _points(fig: Mapping[str, Any]) -> str:
    if fig["value"] is None:
        return "not known"
    value = f"{100 * fig['value']:+.0f} points".replace("-", "−")
    if not fig["ci"]:
        return value
    low, high = (f"{100 * end:+.0f}".replace("-", "−") for end in fig["ci"])
    return f"{value} ({low} to {high})"


def _releases(rows: Sequence[Mapping[str, Any]]) -> Markup:
    cells = [
        (
            name(one["since"]),
            name(one["until"]),
            figure(one["after"], "share"),
            figure(one["before"], "share"),
            _points(one["difference"]),
            "–" if one["q_value"] is None else f"{one['q_value']:.3f}",
        )
        for one in rows
    ]
    columns = ("Release", "Before it", "Its rate", "Rate before", "Difference", "q")
    return table("Releases against the one before", columns, cells, stacked=True)


def together(
    rows: Sequence[Mapping[str, Any]], words: Mapping[str, str], queue: str
) -> Markup | None:
    """Issues that come together more often than by chance."""
    clear = [one for one in rows if is_clear(one)]
    if not clear:
        return None
    told = []
    for one in clear:
        first, second = (h("b", None, name(words.get(tag, tag))) for tag in one["tags"])
        lift, ci = one["lift"], one["lift"]["ci"]
        around = f" ({ci[0]:.1f} to {ci[1]:.1f})" if ci else ""
        told.append(
            h("li", None, first, " and ", second,
              f" come together {lift['value']:.1f} times as often as by chance{around}, "
              f"on {plural(one['tasks'], 'labelled task')}. ", note_it(queue, {}, one["tags"]))
        )  # fmt: skip
    return section("Issues that come together", h("ul", {"class": "ld-list"}, told))
