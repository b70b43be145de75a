"""What the labels of each task say together: what is settled, how far to believe it, what ties."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from server.pages.controls import Control, buttons, chooser, grid, press, select
from server.pages.elements import (
    Column,
    card,
    cards,
    count,
    empty,
    figure,
    folded,
    lines,
    link,
    muted,
    plural,
    section,
    shown,
    table,
    warning,
)
from server.pages.markup import Markup, h, join, name

METHODS = {
    "dawid_skene": "Weigh people (Dawid-Skene)",
    "one_coin": "One accuracy each (one-coin)",
    "majority": "Count votes (majority)",
}
STATES = {
    "settled": ("Settled", "two labels or more, and sure enough"),
    "open": ("Open", "people differ, and no answer is sure enough"),
    "tied": ("Tied", "two answers are equally likely"),
    "single": ("One label", "nobody to agree with"),
}
KNOWN = {"adjudicated": "tasks that a person settled", "gold": "hidden checks"}
UNKNOWN = "Nothing here tells how often these answers are right."
LEARN = "Settle some disagreements yourself, or add hidden checks: then it is counted."
EXACT = (
    "Right means the very answer that is known, of tags one tag at a time. Where people are "
    "checked, a rating one point off or half of the tags may do: these shares are not comparable."
)
ENOUGH = 20
"""Known tasks from which on certainty and being right are compared in words."""


class Choice(NamedTuple):
    """What there is to choose from, and where we are."""

    fields: Mapping[str, str]
    """Questions by name, in words."""
    words: Mapping[str, str]
    """Tags and options by value, in words."""
    queue: str


def consensus(report: Mapping[str, Any], choice: Choice) -> Markup:
    """The whole section."""
    filters = chooser(
        "What consensus is shown of",
        grid(
            select(Control("field", "Question"), list(choice.fields.items()), report["field"]),
            select(Control("method", "Method"), list(METHODS.items()), report["method"]),
        ),
    )
    if not report["tasks"]:
        return join(filters, empty("Nobody has answered this question yet."))
    return join(
        filters,
        section("What is settled", *_settled(report, choice), lead=_headline(report)),
        section("How far to believe it", *_belief(report, choice)),
        section("Least settled", _worst(report, choice)),
        _people(report, choice),
        _how(report),
    )


def _headline(report: Mapping[str, Any]) -> str:
    several = report["tasks"] - report["single"]
    if not several:
        return "Every task has one label only: there is nothing to agree on yet."
    said = f"{count(report['settled'])} of {plural(several, 'task')} with two labels or more"
    return f"{said} {'is' if report['settled'] == 1 else 'are'} settled."


def _settled(report: Mapping[str, Any], choice: Choice) -> list[Markup | None]:
    parts = [(state, report[state]) for state in STATES if report[state]]
    bar = [
        h("span", {"class": f"ld-share ld-is-{state}", "style": f"flex-grow:{number}"})
        for state, number in parts
    ]
    legend = [
        h(
            "li",
            None,
            h("span", {"class": f"ld-patch ld-is-{state}", "aria-hidden": "true"}),
            h("b", None, count(number)),
            h("span", None, f" {STATES[state][0].lower()}: {STATES[state][1]}"),
        )
        for state, number in parts
    ]
    told = {"queue": choice.queue, "field": report["field"], "method": report["method"]}
    keep = press("Keep what is settled as verdicts", "keep_consensus", **told)
    return [
        warning(report["why_majority"][:1].upper() + report["why_majority"][1:] + ".")
        if report["why_majority"]
        else None,
        h("div", {"class": "ld-shares", "aria-hidden": "true"}, bar),
        h("ul", {"class": "ld-legend", "aria-label": "Tasks by state"}, legend),
        buttons(keep) if report["settled"] else None,
        muted(
            f"{plural(report['kept'], 'verdict')} kept so far. " if report["kept"] else "",
            "Exports take kept verdicts. Estimates go on reading the labels, and what a person "
            "settled always stands.",
        ),
    ]


def _belief(report: Mapping[str, Any], choice: Choice) -> list[Markup | None]:
    if report["tags"]:
        return [_tags(report["tags"], choice)]
    against = {kind: one for kind, one in report["against"].items() if one["tasks"]}
    if not against:
        return [empty(UNKNOWN, LEARN)]
    stated = [
        card(f"Right on {KNOWN[kind]}", one["right"], "share") for kind, one in against.items()
    ]
    said = lines(*(_honesty(kind, one) for kind, one in against.items()))
    return [said, cards(*stated), muted(EXACT)]


def _honesty(kind: str, one: Mapping[str, Any]) -> str:
    """Whether its certainty can be taken for a chance of being right, in words."""
    n, said, right = one["tasks"], one["mean_certainty"], one["right"]["value"]
    on = f"{plural(n, 'task').split()[0]} {KNOWN[kind]}"
    if n < ENOUGH:
        return f"Only {on} have a known answer: too few to say how far its certainty holds."
    told = f"On {on} it was {shown(said, 'share')} sure and {shown(right, 'share')} right"
    harder = " Such tasks are harder than most." if kind == "adjudicated" else ""
    if one["honest"]:
        return f"{told}: its certainty holds there.{harder}"
    more = "more sure than right" if said > right else "more often right than sure"
    return f"{told}: it is {more}, so do not read its certainty as a chance.{harder}"


def _tags(tags: Mapping[str, Mapping[str, Any]], choice: Choice) -> Markup:
    rows = [
        (
            name(choice.words.get(tag, tag)),
            figure(block["shares"]["yes"], "share", told=False) if block["shares"] else "–",
            figure(block["against"]["adjudicated"]["right"], "share", told=False)
            if block["against"]
            else "–",
            figure(block["against"]["gold"]["right"], "share", told=False)
            if block["against"]
            else "–",
        )
        for tag, block in tags.items()
    ]
    columns = ("Tag", "On this share of tasks", "Right where a person settled", "Right on checks")
    told = table("Tags by how they are settled", columns, rows)
    unknown = not any(one["tasks"] for block in tags.values() for one in block["against"].values())
    return join(told, muted(UNKNOWN, " ", LEARN) if unknown else muted(EXACT))


def _worst(report: Mapping[str, Any], choice: Choice) -> Markup:
    rows: Sequence[Mapping[str, Any]] = report["worst"]
    if not rows:
        return muted("No task is open or tied.")
    sure = Column("Share of votes" if report["method"] == "majority" else "Certainty", True)
    listed = [
        (
            link(name(row["interaction_id"]), queue=choice.queue, section="disagreements",
                 field=report["field"], task=row["task_id"]),
            _votes(row, choice),
            STATES[row["state"]][0],
            shown(row["certainty"], "share"),
        )
        for row in rows
    ]  # fmt: skip
    return table("Least settled", ("Interaction", "Labels", "State", sure), listed)


def _votes(row: Mapping[str, Any], choice: Choice) -> Markup:
    tag = row.get("tag")
    said = [
        h("span", None, name(choice.words.get(value, value)), ": ", h("b", None, count(number)))
        for value, number in row["votes"].items()
    ]
    about = h("span", None, name(choice.words.get(tag, tag))) if tag else None
    return h("span", {"class": "ld-said"}, about, said)


def _people(report: Mapping[str, Any], choice: Choice) -> Markup | None:
    if report["method"] == "majority":
        return None
    blocks = report["tags"] or {"": report}
    rows = [
        (
            name(one["annotator"]),
            *((name(choice.words.get(tag, tag)),) if tag else ()),
            figure(one["accuracy"], "share"),
        )
        for tag, block in blocks.items()
        for one in block["by_annotator"]
    ]
    columns = ("Annotator", *(("Tag",) if report["tags"] else ()), "Right by the model")
    told = table("How often people are right by the model", columns, rows)
    return section(
        "People",
        folded("How often people are right by the model", told) if report["tags"] else told,
        lead="The model's own opinion, from who agrees with whom; nothing is said under 20 labels.",
    )


def _how(report: Mapping[str, Any]) -> Markup:
    words = [
        "A majority is more than half of the votes. A model asks more: it learns from all tasks "
        "together how each person errs, and weighs their labels by it.",
        f"It settles a task from {shown(report['at_least'], 'share')} certainty on. A person with "
        "few labels is taken for an average one.",
    ]
    if report.get("rounds"):
        end = "converged" if report["converged"] else "had not converged: take it with care"
        words.append(f"This fit {end} after {plural(report['rounds'], 'round')}.")
    return folded("How this is made", lines(*words))
