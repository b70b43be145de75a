"""Drawing: the form, what a draw would do or did, the draws so far, the schedule."""

from collections.abc import Mapping, Sequence
from typing import Any

from server.pages import told
from server.pages.controls import (
    Control,
    buttons,
    choices,
    entry,
    form,
    grid,
    measured,
    select,
    submit,
    unless,
)
from server.pages.elements import (
    Column,
    card,
    cards,
    count,
    empty,
    folded,
    link,
    moment,
    muted,
    plural,
    section,
    sentence,
    shown,
    table,
    warning,
)
from server.pages.markup import Markup, h, join, name
from server.pages.strategies import in_words, strategy_controls

CENSUS = "error_triggered.mode=certain"


FILTERS = (
    "where.source", "where.category", "where.model", "where.variant", "where.flags", "where.since",
    "where.until", "where.score.name", "where.score.below",
)  # fmt: skip
"""Conditions that an address of this section may bring."""


def drawing(
    queue: Mapping[str, Any], log: Sequence[Any], given: Mapping[str, str] | None = None
) -> Markup:
    """Everything about drawing into a queue; `given` is what the form is filled in with."""
    lead, given = None, given or {}
    if not queue["tasks"]:
        lead = empty(
            "Nothing drawn yet: choose how many interactions people shall look at, and which. "
            "A dry run shows what would happen and changes nothing."
        )
    return join(
        section(
            "Draw interactions into this queue",
            h("div", {"id": "ld-begin"}, lead),
            form(
                "dry_run",
                strategy_controls(),
                grid(unless(CENSUS, _size()), entry(_SEED)),
                folded("Only some interactions", _filter(given), is_open=bool(given)),
                buttons(submit("Dry run", main=True), submit("Draw", "draw")),
                h("div", {"id": "ld-drawn", "tabindex": -1}),
                folded(
                    join("Schedule: ", scheduled(queue["schedule"])), _schedule(queue["schedule"])
                ),
                label="Draw",
                keep=[("queue", queue["name"])],
            ),
        ),
        section("Draws so far", h("div", {"id": "ld-log"}, draws(log))),
    )


_SEED = Control("seed", "Seed", "empty: a new one; the same seed gives the same draw")


def _size() -> Markup:
    many = Control("size", "How many")
    units = [("interactions", "interactions"), ("percent", "% of those eligible")]
    return measured(many, "100", units, "interactions")


def _filter(given: Mapping[str, str]) -> Markup:
    listed = "several with commas between them"
    feedback = [("", "with or without"), ("true", "with feedback"), ("false", "without feedback")]
    return join(
        grid(
            *(
                entry(Control(f"where.{key}", label, listed), given.get(f"where.{key}"))
                for key, label in (
                    ("source", "Source"),
                    ("category", "Category"),
                    ("model", "Model"),
                    ("variant", "Variant"),
                    ("flags", "Flags"),
                )
            ),
            entry(Control("where.since", "From day"), given.get("where.since"), kind="date"),
            entry(
                Control("where.until", "To day, included"), given.get("where.until"), kind="date"
            ),
            select(Control("where.has_feedback", "Feedback"), feedback),
            entry(
                Control("where.feedback_below", "Feedback below", "0 bad to 1 good"), kind="number"
            ),
            entry(Control("where.score.name", "Score named"), given.get("where.score.name")),
            entry(
                Control("where.score.below", "is below"),
                given.get("where.score.below"),
                kind="number",
            ),
        ),
        choices(
            Control("where.dedupe", "Repetitions"),
            "checkbox",
            [("true", "of interactions with the same input, only the first")],
        ),
    )


def _schedule(schedule: Mapping[str, Any] | None) -> Markup:
    number, unit = told.length(schedule["every_seconds"] if schedule else told.DAY)
    units = [(one, one) for one in told.UNITS]
    off = submit("Stop the schedule", "stop_schedule") if schedule and schedule["enabled"] else None
    return join(
        muted(
            "Saves the strategy, size and filter above, to be drawn by itself from "
            "what arrived since the last time. Each draw takes a seed of its own."
        ),
        grid(
            measured(Control("every_seconds", "Every"), number, units, unit),
        ),
        buttons(submit("Save schedule", "schedule"), off),
    )


def scheduled(schedule: Mapping[str, Any] | None) -> Markup:
    """What is planned, and when."""
    if schedule is None:
        return Markup("none, this queue is drawn into by hand")
    number, unit = told.length(schedule["every_seconds"])
    much = count(schedule["size"]) if schedule["size"] else _rate(schedule["rate"])
    often = f"every {unit.removesuffix('s')}" if number == "1" else f"every {number} {unit}"
    what = f"{often}, {much} by {in_words(schedule['strategy'], schedule['params'])}"
    if not schedule["enabled"]:
        return join(f"stopped; it was {what}")
    return join(what, "; next ", moment(schedule["next_at"]))


def _rate(rate: float | None) -> str:
    return "all that qualify" if rate is None else f"{100 * rate:g} %"


def drawn(made: Mapping[str, Any], queue: str) -> Markup:
    """What a draw did, or would do."""
    is_dry = made["draw_id"] is None
    verb = "Would draw" if is_dry else "Drew"
    summary = (
        f"{verb} {count(made['drawn'])} of {plural(made['eligible'], 'eligible interaction')}; "
        f"{plural(made['new_tasks'], 'new task')}."
    )
    known = made["drawn"] - made["new_tasks"]
    return h(
        "div",
        {"class": "ld-result"},
        h("p", {"class": "ld-strong"}, summary),
        muted(f"{plural(known, 'interaction')} of these are in the queue already.")
        if known
        else None,
        [warning(sentence(one)) for one in made["warnings"]],
        cards(_width(made["expected_half_width"])),
        _strata(made["strata"]) if len(made["strata"]) > 1 else None,
        muted(f"Seed {made['seed']}. Population {count(made['population'])}."),
        None
        if is_dry
        else h("p", None, link("Next: see who labels", queue=queue, section="people")),
    )


def _width(fig: Mapping[str, Any]) -> Markup:
    """How far off the estimate will be, give or take: an outlook, not an estimate of its own."""
    if fig["value"] is None:
        return card("Expected half-width of a rate", fig, "share")
    value = h("span", {"class": "ld-figure"}, h("b", None, f"± {shown(fig['value'], 'share')}"))
    return h(
        "div",
        {"class": "ld-card"},
        h("h3", None, "Expected half-width of a rate"),
        h("p", None, value),
        muted(f"{sentence(fig['method'])} With {plural(fig['n'], 'label')}, once all are there."),
    )


def _strata(strata: Sequence[Mapping[str, Any]]) -> Markup:
    rows = [
        (
            name(one["stratum"]),
            count(one["population"]),
            count(one["size"]),
            "all of it" if one["certain"] else "by chance",
        )
        for one in strata
    ]
    columns = ("Stratum", Column("Eligible", True), Column("Drawn", True), "How")
    return table("Strata", columns, rows)


def draws(log: Sequence[Any]) -> Markup:
    """The draws of a queue, the latest first."""
    if not log:
        return muted("None yet.")
    rows = [
        (
            moment(row.created_at),
            in_words(row.strategy, row.params),
            count(row.drawn),
            count(row.eligible),
            str(row.seed),
            "schedule" if row.schedule_id else name(row.by or "command line"),
        )
        for row in log
    ]
    columns = (
        "When", Column("How", wide=True), Column("Drawn", True), Column("Eligible", True), "Seed",
        "By",
    )  # fmt: skip
    return table("Draws so far", columns, rows, stacked=True)
