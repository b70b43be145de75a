"""Each annotator beside the others: one line a person by name, and in words who stands out."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from server.pages.charts import Scale, whisker
from server.pages.controls import Control, chooser, grid, select
from server.pages.elements import (
    DASH,
    Column,
    Form,
    chip,
    count,
    figure,
    folded,
    link,
    muted,
    plural,
    section,
    shown,
    table,
)
from server.pages.markup import Child, Markup, h, join, name

MEANINGS = (
    "Everybody is compared with those who labelled the same tasks, and listed by name: there is "
    "no order of merit. A line needs 20 shared tasks; below that it says how many there are. "
    "Expected is how often they would say the same if the labels of each task had changed hands.",
    "Points above the others: the mean difference to the other labels of the same tasks. A few "
    "differences are always chance, so the estimate is drawn towards 0 as far as chance explains "
    "it (empirical Bayes); the bar is its 95 % interval.",
    "Somebody stands out only where the interval leaves out the others' value, chance is ruled "
    "out after correction for everybody and everything compared (Benjamini and Hochberg), and the "
    "difference is at least 5 points of a share or a twentieth of the scale. Whoever stands out "
    "farthest is left aside before the others are compared among themselves, while the table "
    "compares with everybody. Among people who label alike, about one such page in twenty would "
    "name anybody.",
    "On tasks of two people both agree alike, so there agreement is held against what pairs do "
    "elsewhere: somebody who only gets the hard tasks looks as if they agreed less. So nobody "
    "stands out by agreement on such tasks; that takes tasks of three people.",
)


CHANGES = {
    "seconds": "time a label changes by",
    "agreement": "agreement with the others by",
    "leniency": "ratings by, in points,",
}


class Words(NamedTuple):
    """How fields and options are called by people."""

    fields: Mapping[str, str]
    """Questions by name."""
    options: Mapping[str, str]
    """Tags and options by value."""


def beside_the_others(report: Mapping[str, Any], words: Words) -> Markup | None:
    """The overview; nothing while nobody has labelled."""
    people = report["annotators"]
    if not people:
        return None
    field = select(Control("field", "Field"), list(words.fields.items()), report["field"])
    lead = "What each person's labels say beside those of the others on the same tasks."
    return section(
        "Beside the others",
        chooser("Field", grid(field)),
        _headline(report, words),
        _table(report),
        _tiring(report["team"]["order"]),
        folded("What these numbers mean", [h("p", None, one) for one in MEANINGS]),
        lead=lead,
    )


def on_demand(queue: str, words: Words) -> Markup:
    """A way to the overview of each question, where there is much to read."""
    ways = [
        h("li", None, link(name(label), queue=queue, section="people", field=field))
        for field, label in words.fields.items()
    ]
    lead = "There are many labels here: comparing takes some seconds. Choose a question."
    return section("Beside the others", h("ul", {"class": "ld-list"}, ways), lead=lead)


def points(report: Mapping[str, Any]) -> Scale:
    """An axis around 0 that holds every leniency and its interval."""
    ends = [0.5]
    for one in report["annotators"]:
        told = one.get("leniency") or {}
        if told.get("value") is not None:
            ends += map(abs, told["ci"] or [told["value"]])
    most = max(ends)
    top = next((end for end in (0.5, 1, 2, 3, 5, 10, 20) if most <= end), most)
    return Scale(-top, top)


def _headline(report: Mapping[str, Any], words: Words) -> Markup:
    people = report["annotators"]
    noted = [one for one in people if one["stands_out"]]
    if noted:
        say = f"{plural(len(noted), 'person stands', 'people stand')} out, of {count(len(people))}:"
        told = [
            h("li", None, _way(report, one["annotator"]), ": ",
              "; ".join(remark(each, report, words) for each in one["stands_out"]), ".")
            for one in noted
        ]  # fmt: skip
        return join(h("p", {"class": "ld-strong"}, say), h("ul", {"class": "ld-list"}, told))
    if not report["looked_at"]:
        return muted("Too little to compare people by yet: nobody shares 20 tasks with others.")
    return muted(
        f"Nobody stands out: {plural(report['looked_at'], 'comparison')} of "
        f"{plural(len(people), 'person', 'people')}, and no difference beyond what chance gives."
    )


def _table(report: Mapping[str, Any]) -> Markup:
    rated = report["scale"] == "ordinal"
    scale = points(report)
    rows: list[list[Child]] = []
    for one in report["annotators"]:
        row: list[Child] = [
            _way(report, one["annotator"]),
            figure(one["agreement"], "share"),
            _usual(one["agreement_expected"]),
            chip("Stands out", "ld-hold") if one["stands_out"] else DASH,
        ]
        if rated:
            fig = one["leniency"]
            row.insert(3, h("div", None, whisker(fig, scale, 0.0), figure(fig)))
        rows.append(row)
    columns: list[Column | str] = [
        "Annotator", "Same as the others", Column("Expected", True), "Remark"
    ]  # fmt: skip
    if rated:
        columns.insert(3, "Points above the others")
    return table("Each annotator beside the others", columns, rows)


def _usual(share: float | None) -> str:
    return DASH if share is None else shown(share, "share")


def _tiring(order: Mapping[str, Mapping[str, Any]]) -> Markup | None:
    """Whether labels change while people go on; nothing where there is too little to tell."""
    known = {key: fig for key, fig in order.items() if fig["value"] is not None and fig["ci"]}
    if not known:
        return None
    moved = {key: fig for key, fig in known.items() if fig["ci"][0] > 0 or fig["ci"][1] < 0}
    if not moved:
        return muted("No sign of tiring: pace and labels stay the same within a sitting.")
    told = [part for key, fig in moved.items() for part in ("; ", CHANGES[key], " ", figure(
        fig, "number" if key == "leniency" else "share"))][1:]  # fmt: skip
    return muted("Over ten further labels of a sitting, on average: ", *told)


def _way(report: Mapping[str, Any], who: str) -> Markup:
    told = {"queue": report["queue"], "section": "people", "field": report["field"]}
    return link(name(who), **told, person=who)


def seconds(fig: Mapping[str, Any]) -> Markup:
    """A time with its interval, or why there is none."""
    if fig["value"] is None:
        return figure(fig)
    ends = " to ".join(f"{end:.0f}" for end in fig["ci"])
    return h(
        "span", {"class": "ld-figure"}, h("b", None, f"{fig['value']:.0f} s"),
        h("span", {"class": "ld-interval"}, f"{ends} s"),
        h("span", {"class": "ld-n"}, f"n {count(fig['n'])}"),
    )  # fmt: skip


def remark(one: Mapping[str, Any], report: Mapping[str, Any], words: Words) -> str:
    """What stands out about somebody, in plain words and with its size."""
    form: Form = "number" if one["measure"] == "leniency" else "share"
    own, others = shown(one["value"], form), shown(one["others"], form)
    gap = one["difference"]["value"]
    if one["left_aside"]:
        others += f", {' and '.join(one['left_aside'])} left aside"
    if one["measure"] == "leniency":
        size = shown(abs(gap), form)
        way = "higher" if gap > 0 else "lower"
        return (
            f"rates {size} points {way} than the others on the same tasks ({own} beside {others})"
        )
    if one["measure"] == "option":
        what = words.options.get(str(one["option"]), str(one["option"]))
        if isinstance(one["option"], bool):
            what = "yes" if one["option"] else "no"
        return f"says {what} on {own} of the shared tasks, the others on {others} of the same"
    told = {
        "agreement": f"says the same as the others in {own}, where {others} would be expected",
        "gold": f"answers {own} of the checks as agreed, the others {others}",
        "verdicts": f"said what was decided in {own}, the others on the same tasks in {others}",
        "repeats": f"answers {own} of the repeats as before, the others {others}",
        "quick": f"takes less than {report['min_seconds'] or 0:g} s for {own} of the labels, "
        f"the others for {others}",
    }
    return told[one["measure"]]


def listed(remarks: Sequence[str]) -> Markup:
    """Remarks one below the other, each a sentence."""
    return join(
        h("ul", {"class": "ld-list"}, [h("li", None, f"{one[:1].upper()}{one[1:]}.")
                                       for one in remarks])
    )  # fmt: skip
