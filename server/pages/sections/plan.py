"""How many labels a question takes: a small form that answers as it is changed."""

from collections.abc import Mapping
from typing import Any

from server.pages.controls import Control, chooser, entry, grid
from server.pages.elements import folded, section, warning
from server.pages.markup import Markup, h


def plan(report: Mapping[str, Any] | None, asked: Mapping[str, str], wrong: str | None) -> Markup:
    """The form with its answers; `wrong` says what cannot be of what was typed."""
    shown = dict(asked)
    if report:
        shown.setdefault("change", f"{report['change']['change']:g}")
        shown.setdefault("power", f"{100 * report['change']['power']:g}")
        shown.setdefault("half_width", f"{report['width']['half_width']:g}")
    form = chooser(
        "What is to be seen",
        grid(
            entry(Control("change", "Change to see"), shown.get("change"), kind="number"),
            entry(
                Control("power", "Chance to see it"), shown.get("power"), kind="number", unit="%"
            ),
            entry(
                Control("half_width", "Interval, to either side"),
                shown.get("half_width"),
                kind="number",
            ),
        ),
    )
    return section(
        "How many labels does it take?",
        form,
        warning(wrong) if wrong else None,
        [
            h("p", {"class": "ld-says"}, report[part]["sentence"].replace(" %", "\u00a0%"))
            for part in ("change", "width")
        ]
        if report
        else None,
        folded("What this rests on", _rests(report)) if report else None,
    )


def _rests(report: Mapping[str, Any]) -> Markup:
    change, width = report["change"], report["width"]
    assumed = [*report["assumed"], change["assumed"]]
    return h(
        "ul",
        {"class": "ld-list"},
        [
            h("li", None, words)
            for words in (
                f"Mean {report['value']:.3g} and spread {report['sd']:.3g} of "
                f"{report['labelled']:,} labels.",
                f"Each label is worth {report['label_worth']:.2f} drawn evenly at random.",
                f"With the judge each is worth {report['judge_worth']:.2f} times that.",
                f"Change: {change['method']}. Interval: {width['method']}.",
                *(f"Assumed: {one}." for one in assumed),
            )
        ],
    )
