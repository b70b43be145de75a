"""The list of queues, the form for a new one, and the rules of one that is there."""

from collections.abc import Mapping, Sequence
from typing import Any

from labeling.assignment import SHOWABLE
from server.pages import told
from server.pages.controls import (
    Control,
    buttons,
    choices,
    entry,
    form,
    grid,
    measured,
    press,
    select,
    submit,
    when,
)
from server.pages.elements import (
    Column,
    chip,
    code,
    count,
    empty,
    folded,
    lines,
    link,
    moment,
    muted,
    plural,
    progress,
    section,
    table,
)
from server.pages.markup import Markup, h, join, name

EVERYONE, CHOSEN = "everyone", "chosen"
UNITS = [(unit, unit) for unit in told.UNITS]


def state_of(queue: Mapping[str, Any]) -> Markup:
    """Where a queue stands, in a word or two."""
    if queue["paused"]:
        return chip("Paused", "ld-hold")
    if not queue["tasks"]:
        return (
            chip("Imported labels only") if queue["imported_tasks"] else chip("Nothing drawn yet")
        )
    if queue["labels_done"] >= queue["labels_needed"]:
        return chip("All labelled", "ld-good")
    return chip("Open", "ld-good")


def next_draw(queue: Mapping[str, Any]) -> Markup | None:
    """When a queue draws by itself next."""
    schedule = queue["schedule"]
    return moment(schedule["next_at"]) if schedule and schedule["enabled"] else None


def pause_button(queue: Mapping[str, Any]) -> Markup:
    """Stop handing out tasks, or go on."""
    paused, label = queue["paused"], f"of {queue['name']}"
    words, act = ("Resume", "resume") if paused else ("Pause", "pause")
    return press(words, act, f"{words} the queue {label.removeprefix('of ')}", queue=queue["name"])


def overview(queues: Sequence[Mapping[str, Any]]) -> Markup:
    """Every queue with its counts."""
    rows = [
        (
            link(name(queue["name"]), queue=queue["name"]),
            progress(queue["labels_done"], queue["labels_needed"], f"Labels of {queue['name']}"),
            count(queue["tasks"] + queue["imported_tasks"]),
            count(queue["leased"]),
            state_of(queue),
            next_draw(queue) or "–",
            join(name(queue["guideline"]["title"]), " ", name(queue["guideline"]["version"])),
            pause_button(queue),
        )
        for queue in queues
    ]
    columns = (
        "Queue", Column("Labels", wide=True), Column("Tasks", True),
        Column("Open now", True), "State", "Next draw", "Guideline",
        Column("Actions", unseen=True),
    )  # fmt: skip
    return table("Queues", columns, rows, stacked=True)


def start(
    queues: Sequence[Mapping[str, Any]],
    guidelines: Mapping[str, str],
    annotators: Sequence[str],
    *,
    any_interactions: bool,
) -> Markup:
    """The page before a queue is chosen."""
    missing = None
    if not any_interactions:
        missing = empty(
            "No interactions are stored yet, so there is nothing to draw from.",
            join(
                "Send some: ", code("goldloop ingest FILE"), " or ", code("POST /v1/interactions")
            ),
        )
    listed = overview(queues) if queues else None
    if not queues:
        listed = empty(
            "No queue yet. A queue is a stream of tasks for one guideline: make one below."
        )
    return join(
        missing,
        listed,
        section("New queue", new_queue(guidelines, annotators)),
    )


FIRST_GUIDELINE = "response-quality"
"""Chosen unless the lead chooses another."""


def new_queue(guidelines: Mapping[str, str], annotators: Sequence[str]) -> Markup:
    """The form for a queue."""
    options = [(slug, f"{title} ({slug})") for slug, title in guidelines.items()]
    return form(
        "create_queue",
        grid(
            entry(Control("name", "Name", "annotators see it")),
            select(Control("guideline", "Guideline"), options, FIRST_GUIDELINE),
        ),
        _rules({"overlap": 1, "overlap_rate": 1.0, "lease_seconds": 1800, "show": []}),
        folded("Who may enter", entrance(None, annotators)),
        buttons(submit("Create queue", main=True)),
        label="New queue",
    )


def _rules(queue: Mapping[str, Any]) -> Markup:
    number, unit = told.length(queue["lease_seconds"])
    lease = Control("lease_seconds", "Lease", "without a sign for so long, a task is free again")
    return join(
        grid(
            entry(
                Control("overlap", "Labels for a task", "two or more, to measure agreement"),
                queue["overlap"], kind="number",
            ),
            entry(
                Control("overlap_rate", "On this share of tasks", "the others get one label"),
                f"{100 * queue['overlap_rate']:g}", kind="number", unit="%",
            ),
            measured(lease, number, UNITS, unit),
        ),
        _further(queue.get("overlap_until") or {}),
        folded(
            "What annotators see beyond the conversation",
            choices(
                Control("show", "Show", "each of these can sway a judgement: none is the rule"),
                "checkbox", [(one, one.replace("_", " ")) for one in SHOWABLE], queue["show"],
            ),
            is_open=bool(queue["show"]),
        ),
    )  # fmt: skip


def _further(until: Mapping[str, Any]) -> Markup:
    """One more label while a task is unsure."""
    sure = Control("overlap_until", "Until the answer is this sure", "95 is usual; empty: never")
    most = Control("overlap_at_most", "At most so many labels", "for one task")
    kept = {"type": "hidden", "name": "overlap_field", "value": until.get("field", "")}
    return folded(
        "Ask further people where the first ones leave it unsure",
        grid(
            entry(
                sure, f"{100 * until['posterior']:g}" if until else None, kind="number", unit="%"
            ),
            entry(most, until.get("at_most"), kind="number"),
        ),
        h("input", kept) if kept["value"] else None,
        muted(
            "Each answer is weighed by how often its giver has been right so far. Agreement goes "
            "on reading only the labels that were planned."
        ),
        is_open=bool(until),
    )


def entrance(people: Sequence[str] | None, annotators: Sequence[str]) -> Markup:
    """Who may enter: every annotator, or those ticked."""
    ticks = [(one, one) for one in dict.fromkeys([*(people or ()), *annotators])]
    listed = choices(Control("people", "Only these"), "checkbox", ticks, people or ())
    nobody = lines("There is no annotator yet. Invite one under People.")
    return join(
        choices(
            Control("entrance", "Annotators who may enter"),
            "radio",
            [(EVERYONE, "every annotator"), (CHOSEN, "only some")],
            [EVERYONE if people is None else CHOSEN],
        ),
        when(f"entrance={CHOSEN}", listed if ticks else nobody),
    )


def rules(queue: Mapping[str, Any]) -> Markup:
    """The form that changes a queue."""
    return section(
        "Rules",
        form(
            "change_queue",
            _rules(queue),
            buttons(submit("Save rules", main=True)),
            label="Rules",
            keep=[("queue", queue["name"])],
        ),
        lead="Overlap holds for tasks drawn from now on; tasks that are there keep theirs.",
    )


def head(queue: Mapping[str, Any]) -> Markup:
    """A queue's name, how far it is, and its switch."""
    guideline = queue["guideline"]
    facts = [
        join(name(guideline["title"]), " ", name(guideline["version"])),
        plural(queue["tasks"], "task"),
        f"{count(queue['leased'])} open now" if queue["leased"] else None,
        plural(queue["imported_tasks"], "imported task") if queue["imported_tasks"] else None,
        overlap_in_words(queue["overlap"], queue["overlap_rate"]),
        "more where unsure" if queue.get("overlap_until") else None,
    ]
    return join(
        h("div", {"class": "ld-title"}, h("h1", None, name(queue["name"])), state_of(queue)),
        h("p", {"class": "gl-muted ld-dotted"}, [h("span", None, one) for one in facts if one]),
        h(
            "div",
            {"class": "ld-row"},
            progress(queue["labels_done"], queue["labels_needed"], "Labels done in this queue"),
            pause_button(queue),
        ),
    )


def overlap_in_words(overlap: int, rate: float) -> str:
    """How many labels tasks get."""
    if overlap == 1 or rate == 0:
        return "one label a task"
    if rate == 1:
        return f"{overlap} labels a task"
    return f"{overlap} labels on {100 * rate:g} % of tasks"
