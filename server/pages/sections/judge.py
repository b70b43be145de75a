"""What a judge saves, and how far it can be believed."""

from collections.abc import Mapping, Sequence
from typing import Any

from server.pages.charts import Bar, Scale, chart, whisker
from server.pages.elements import (
    Column,
    Form,
    card,
    cards,
    count,
    figure,
    folded,
    muted,
    plural,
    section,
    sentence,
    table,
    warning,
)
from server.pages.markup import Child, Markup, h, join, name

STATISTICS = {
    "accuracy": ("Agrees with people", "share"),
    "sensitivity": ("Finds their failures", "share"),
    "specificity": ("Passes what they pass", "share"),
    "cohen_kappa": ("Cohen's kappa", "kappa"),
}
METHOD = (
    "People say what is true on the labelled tasks, the judge has seen everything. The estimate "
    "takes the judge's mean over all interactions and corrects it by how far judge and people "
    "lie apart on the labelled ones (prediction-powered inference with the chances of the draw; "
    "how much of the judge counts is learned on one half of the tasks and used on the other). "
    "It stays right when the judge is wrong, as long as the judge was not changed and not tuned on "
    "the labelled tasks."
)


def judge(one: Mapping[str, Any], form: Form, scale: Scale) -> Markup:
    """The whole part: what it saves, warnings, and the rest folded."""
    saved = h("p", {"class": "ld-says"}, one["sentence"])
    beside = None
    if one["used"]:
        beside = cards(
            card("Estimate with the judge", one["estimate"], form, _range(one)),
            card("Labels it saves", one["saves"], "count", "Beside the labels you have."),
        )
    return section(
        "Your judge",
        saved,
        beside,
        _axes(one, scale) if one["used"] else None,
        [warning(told) for told in one["warnings"]],
        folded("How far it goes with people", _agreement(one)),
        folded("Whether its values hold", _calibration(one)),
        folded("How the judge helps", muted(METHOD), _facts(one)),
    )


def _range(one: Mapping[str, Any]) -> str | None:
    if not one["estimate"]["ci"] or not one["without"]["ci"]:
        return None
    narrow, wide = (fig["ci"][1] - fig["ci"][0] for fig in (one["estimate"], one["without"]))
    return f"Its interval is {100 * (1 - narrow / wide):.0f} % narrower than without the judge."


def _axes(one: Mapping[str, Any], scale: Scale) -> Markup:
    """The two intervals one below the other."""
    bars = [Bar("With the judge", one["estimate"]), Bar("Labels alone", one["without"])]
    form: Form = "share" if scale == Scale(0, 1) else "number"
    return chart("The estimate with and without the judge", bars, scale, form)


def _agreement(one: Mapping[str, Any]) -> Markup:
    if not one["agreement"]:
        return muted(sentence(one["no_agreement"]))
    rows: list[Sequence[Child]] = []
    for key, (words, form) in STATISTICS.items():
        shown: Form = "kappa" if form == "kappa" else "share"
        rows.append((words, figure(one["agreement"][key], shown)))
    side = "at or below" if one["higher_is_worse"] else "at or above"
    return join(
        table("Judge and people", ["Figure", "Over the population"], rows),
        muted(
            f"The judge passes a task {side} {one['passes_from']:g} on its own scale. "
            f"{plural(one['labelled'], 'labelled task')} with its value, weighted to the "
            "population; n is unweighted."
        ),
    )


def _calibration(one: Mapping[str, Any]) -> Markup:
    found = one["calibration"]
    if not found or not found["bins"]:
        return muted("No labelled task has a value of the judge yet.")
    rows: list[Sequence[Child]] = [
        (
            f"{part['low']:.2f} to {part['high']:.2f}",
            count(part["n"]),
            f"{part['score']:.2f}",
            join(whisker(part["passed"], Scale(0, 1)), figure(part["passed"], "share")),
        )
        for part in found["bins"]
    ]
    columns: list[Column | str] = [
        "Judge's value", Column("Labelled", numbers=True), Column("Its mean", numbers=True),
        "People pass",
    ]  # fmt: skip
    return join(
        table("What the judge says and what people say", columns, rows),
        h("p", None, "Mean distance of the two (expected calibration error): ",
          figure(found["error"], "share")),
        _drift(one),
    )  # fmt: skip


def _drift(one: Mapping[str, Any]) -> Markup | None:
    if not one["drift"]:
        return None
    words = "Agreement with people, later half of the tasks less earlier half: "
    return h("p", None, words, figure(one["drift"]["change"], "share"))


def _facts(one: Mapping[str, Any]) -> Markup:
    versions = ", ".join(f"{key} ({count(n)})" for key, n in one["versions"].items())
    facts: list[tuple[str, Child]] = [
        ("Judge", name(one["name"])),
        ("Versions", versions),
        ("Scored", f"{count(one['scored'])} interactions, {count(one['unscored'])} without"),
        ("Correlation with labels", figure(one["correlation"], "kappa")),
    ]
    listed = [h("div", None, h("dt", None, key), h("dd", None, value)) for key, value in facts]
    return h("dl", {"class": "ld-facts"}, listed)
