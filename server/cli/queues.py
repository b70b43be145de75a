"""`goldloop queue` and `goldloop draw`: what people are asked, and about which interactions."""

from collections.abc import Mapping
from typing import Any

import click

from server.cli.context import (
    answer,
    as_json,
    fails_cleanly,
    guidelines,
    many,
    now,
    opened,
    pairs,
    table,
)


@click.group()
def queue() -> None:
    """Queues: standing streams of tasks for one guideline."""


@queue.command("create")
@click.argument("name")
@click.option("--guideline", "slug", required=True, help="Slug of the guideline.")
@click.option("--overlap", type=int, default=1, help="Labels for a task.", show_default=True)
@click.option(
    "--overlap-rate",
    type=float,
    default=1.0,
    show_default=True,
    help="Share of tasks that get them; the others get one.",
)
@click.option(
    "--overlap-until",
    metavar="POSTERIOR:AT_MOST",
    help="One more label while a task is less sure, up to so many, such as 0.95:5.",
)
@click.option("--lease-seconds", type=int, default=1800, show_default=True)
@click.option("--show", multiple=True, help="Show annotators more, such as model. Repeatable.")
@click.option("--people", multiple=True, help="Only these accounts may enter. Repeatable.")
@click.option(
    "--qualification",
    metavar="TASKS:SHARE",
    help="Tasks that annotators label first, and the share to be right, such as 5:0.8.",
)
@click.option(
    "--gold-rate",
    type=float,
    default=0.0,
    show_default=True,
    help="Share of tasks with an agreed answer, unseen.",
)
@click.option(
    "--repeat-rate",
    type=float,
    default=0.0,
    show_default=True,
    help="Share of tasks that the same person had before.",
)
@click.option("--min-seconds", type=float, help="Remark upon answers that took less.")
@as_json
@fails_cleanly
def create(  # noqa: PLR0913 - one parameter per option
    name: str,
    slug: str,
    overlap: int,
    overlap_rate: float,
    overlap_until: str | None,
    lease_seconds: int,
    show: tuple[str, ...],
    people: tuple[str, ...],
    qualification: str | None,
    gold_rate: float,
    repeat_rate: float,
    min_seconds: float | None,
    json_: bool,
) -> None:
    """Make a queue for a guideline."""
    from labeling.guideline import named
    from labeling.queues import QueueSpec, create_queue
    from labeling.rules import CareRules

    care = CareRules(_qualification(qualification), gold_rate, repeat_rate, min_seconds)
    until = _pair(overlap_until, "--overlap-until", ("posterior", "at_most"))
    spec = QueueSpec(
        name, slug, overlap, overlap_rate, lease_seconds, show, people or None, care, until
    )
    guideline = named(guidelines(), slug)
    with opened(create=True) as store, store.write() as session:
        made = create_queue(session, spec, guideline, None, now())
    answer(made, json_, f"queue {name} made; next: goldloop draw {name} --size 100")


def _pair(told: str | None, option: str, keys: tuple[str, str]) -> dict[str, Any] | None:
    """Two numbers, of `0.95:5`."""
    if told is None:
        return None
    first, _, second = told.partition(":")
    try:
        return {keys[0]: float(first), keys[1]: int(second)}
    except ValueError as error:
        raise click.BadParameter(f"{told!r} is not such as 0.95:5", param_hint=option) from error


def _qualification(told: str | None) -> dict[str, Any] | None:
    """Tasks and the share to be right, of `5:0.8`."""
    if told is None:
        return None
    tasks, _, share = told.partition(":")
    try:
        return {"tasks": int(tasks), "pass": float(share)}
    except ValueError:
        hint = "write tasks and the share to be right, such as 5:0.8"
        raise click.BadParameter(hint, param_hint="--qualification") from None


@queue.command("list")
@as_json
@fails_cleanly
def list_(json_: bool) -> None:
    """List the queues with their counts."""
    from labeling.queues import list_queues

    with opened() as store, store.read() as session:
        rows: list[Any] = list_queues(session)
    headings = {
        "name": "QUEUE",
        "slug": "GUIDELINE",
        "tasks": "TASKS",
        "labels_done": "DONE",
        "labels_needed": "NEEDED",
        "paused": "PAUSED",
    }
    shown: list[Mapping[str, Any]] = [{**row, "slug": row["guideline"]["slug"]} for row in rows]
    answer(rows, json_, lambda: table(shown, headings))


@queue.command("show")
@click.argument("name")
@as_json
@fails_cleanly
def show(name: str, json_: bool) -> None:
    """Show one queue."""
    from labeling.queues import queue_info

    with opened() as store, store.read() as session:
        found = queue_info(session, name)
    answer(found, json_, lambda: _one(found))


def _one(queue: Mapping[str, Any]) -> str:
    from labeling.rules import care_in_words

    asked, people = queue["guideline"], queue["people"]
    schedule = queue["schedule"]
    facts = {
        "queue": queue["name"],
        "guideline": f"{asked['slug']} {asked['version']} ({asked['title']})",
        "overlap": f"{queue['overlap']} labels on {100 * queue['overlap_rate']:g} % of the tasks",
        "further": _further(queue["overlap_until"]),
        "lease": f"{queue['lease_seconds']} s",
        "people": "every annotator" if people is None else ", ".join(people) or "nobody yet",
        "shown": ", ".join(queue["show"]) or "the conversation alone",
        "labels": f"{queue['labels_done']} of {queue['labels_needed']} on {queue['tasks']} tasks",
        "imported": f"labels on {queue['imported_tasks']} tasks",
        "open": f"{queue['leased']} tasks are being labelled",
        "paused": "yes" if queue["paused"] else "no",
        "care": care_in_words(queue),
        "draws": "by hand" if not schedule or not schedule["enabled"]
        else f"{schedule['strategy']} every {schedule['every_seconds']} s, "
             f"next {schedule['next_at']:%Y-%m-%d %H:%M} UTC",
    }  # fmt: skip
    return "\n".join(f"{key:10} {value}" for key, value in facts.items())


def _further(until: Mapping[str, Any] | None) -> str:
    if until is None:
        return "no further labels where people differ"
    least, most = 100 * until["posterior"], until["at_most"]
    return f"one more label while less than {least:g} % sure, at most {most}"


@queue.command("pause")
@click.argument("name")
@click.option("--resume", is_flag=True, help="Go on instead.")
@as_json
@fails_cleanly
def pause(name: str, resume: bool, json_: bool) -> None:
    """Stop handing out tasks; nobody loses what they typed."""
    from labeling.queues import change_queue

    with opened() as store, store.write() as session:
        found = change_queue(session, name, {"paused": not resume}, now())
    answer(found, json_, f"queue {name} {'goes on' if resume else 'paused'}")


def _draw_options(command: Any) -> Any:
    options = [
        click.option("--strategy", default="mixture", show_default=True),
        click.option("--size", type=int, help="How many interactions."),
        click.option("--rate", type=float, help="Or which share of those eligible, 0 to 1."),
        click.option("--where", multiple=True, metavar="K=V", help="Filter. Repeatable."),
        click.option("--param", multiple=True, metavar="K=V", help="Of the strategy. Repeatable."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@queue.command("schedule")
@click.argument("name")
@click.option("--every", "every_seconds", type=int, default=86_400, show_default=True,
              help="Seconds from draw to draw.")  # fmt: skip
@click.option("--off", is_flag=True, help="Stop drawing by itself.")
@_draw_options
@as_json
@fails_cleanly
def schedule(  # noqa: PLR0913 - one parameter per option
    name: str,
    every_seconds: int,
    off: bool,
    strategy: str,
    size: int | None,
    rate: float | None,
    where: tuple[str, ...],
    param: tuple[str, ...],
    json_: bool,
) -> None:
    """Let a queue draw by itself, one disjoint window of arrivals after the other."""
    from labeling.draws import DrawRequest
    from labeling.schedules import ScheduleSpec, set_schedule, stop_schedule

    request = DrawRequest(strategy, parameters(param), size, rate, None, many(where, "--where"))
    with opened() as store, store.write() as session:
        if off:
            found = stop_schedule(session, name)
        else:
            spec = ScheduleSpec(request, every_seconds=every_seconds)
            found = set_schedule(session, name, spec, now())
    answer(found, json_, f"queue {name}: {'off' if off else f'every {every_seconds} s'}")


def parameters(param: tuple[str, ...]) -> dict[str, Any]:
    """Strategy parameters: JSON where it parses, else the text."""
    import json

    found: dict[str, Any] = {}
    for key, value in pairs(param, "--param").items():
        try:
            found[key] = json.loads(value)
        except ValueError:
            found[key] = value
    return found


@click.command()
@click.argument("queue_name", metavar="QUEUE")
@_draw_options
@click.option("--seed", type=int, help="The same seed gives the same draw everywhere.")
@click.option("--dry-run", is_flag=True, help="Say what would be drawn; store nothing.")
@as_json
@fails_cleanly
def draw(  # noqa: PLR0913 - one parameter per option
    queue_name: str,
    strategy: str,
    size: int | None,
    rate: float | None,
    where: tuple[str, ...],
    param: tuple[str, ...],
    seed: int | None,
    dry_run: bool,
    json_: bool,
) -> None:
    """Draw interactions into a queue, each with a known probability."""
    from labeling.draws import DrawRequest, draw_into

    request = DrawRequest(strategy, parameters(param), size, rate, seed, many(where, "--where"))
    with opened() as store:
        made = draw_into(store, queue_name, request, clock=now, dry_run=dry_run)
    answer(made, json_, lambda: _told(made, dry_run))


def _told(made: dict[str, Any], dry_run: bool) -> str:
    verb = "would draw" if dry_run else "drew"
    lines = [
        f"{verb} {made['drawn']} of {made['eligible']} eligible interactions "
        f"({made['new_tasks']} new tasks), seed {made['seed']}",
        _precision(made["expected_half_width"]),
    ]
    lines += [f"warning: {warning}" for warning in made["warnings"]]
    return "\n".join(lines)


def _precision(expected: Mapping[str, Any]) -> str:
    """How far from the truth a rate may lie once all of the draw is labelled."""
    if expected["value"] is None:
        return f"no interval can be expected: {expected['reason']}"
    if not expected["value"]:
        return "once labelled, rates are exact: everything eligible is in the draw"
    return f"once labelled, expect a rate within +-{100 * expected['value']:.1f} points"
