"""`goldloop pattern`: failure patterns that were noted, and what became of them."""

from collections.abc import Mapping
from typing import Any

import click

from server.cli.context import answer, as_json, fails_cleanly, figure, now, opened, pairs

_by = click.option("--by", required=True, metavar="NAME", help="The lead who decides.")


@click.group()
def pattern() -> None:
    """Failure patterns that were noted: what was decided, and whether it helped."""


@pattern.command("note")
@click.argument("queue_name", metavar="QUEUE")
@click.option("--where", multiple=True, metavar="K=V", help="What its tasks share. Repeatable.")
@click.option("--tags", help="Or two issues that come together, with a comma between them.")
@click.option("--text", default="", help="What is decided.")
@_by
@as_json
@fails_cleanly
def note(
    queue_name: str, where: tuple[str, ...], tags: str | None, text: str, by: str, json_: bool
) -> None:
    """Note a pattern with its figures of now."""
    from labeling import patterns

    wanted = patterns.Pattern(pairs(where, "--where"), tuple(tags.split(",")) if tags else ())
    with opened() as store:
        with store.snapshot() as session:
            figures = patterns.pattern_figures(session, queue_name, wanted, now())
        with store.write() as session:
            noted = patterns.Noted(wanted, figures, text)
            number = patterns.note_pattern(session, queue_name, noted, _lead(session, by), now())
    answer({"pattern_id": number}, json_, f"noted as {number}")


@pattern.command("list")
@click.argument("queue_name", metavar="QUEUE")
@as_json
@fails_cleanly
def list_(queue_name: str, json_: bool) -> None:
    """The noted patterns of a queue: how often they failed then, and how often since."""
    from labeling.patterns import noted_patterns

    with opened() as store, store.snapshot() as session:
        found = noted_patterns(session, queue_name, now())
    told = "\n".join(map(_told, found)) or "no pattern was noted"
    answer({"patterns": found}, json_, told)


@pattern.command("change")
@click.argument("number", metavar="ID", type=click.IntRange(1, 2**63 - 1))
@click.option("--text", help="What is decided.")
@click.option("--done/--open", default=None, help="Whether it is done.")
@_by
@as_json
@fails_cleanly
def change(number: int, text: str | None, done: bool | None, by: str, json_: bool) -> None:
    """Say what was decided, and whether it is done."""
    from labeling.patterns import change_note

    with opened() as store, store.write() as session:
        changes = {"text": text, "done": done}
        found = change_note(session, number, _lead(session, by), changes, now())
    answer(found, json_, f"{number} is {'done' if found['done'] else 'open'}")


def _lead(session: Any, name: str) -> Any:
    from server import auth
    from server.api.deps import permit
    from storage import NotFound
    from storage.queries.accounts import account_named

    found = account_named(session, name)
    if found is None:
        raise NotFound("account", name)
    return permit(found, auth.may_lead)


def _told(one: Mapping[str, Any]) -> str:
    from server.pages.phrases import where_of

    where = where_of(one["where"])
    state = "done" if one["done"] else "open"
    decided = f", {one['text']}" if one["text"] else ""
    return "\n".join(
        (
            f"{one['pattern_id']}  {where or ' and '.join(one['tags'])}: {state}{decided}",
            f"  then   {_rate(one, 'then')}",
            f"  since  {_rate(one, 'since')}",
        )
    )


def _rate(one: Mapping[str, Any], when: str) -> str:
    """How often it failed; without a rate, how many of what was labelled."""
    from server.pages.phrases import counted

    told = counted(one[when], pair=bool(one["tags"]))
    return f"{told}; {figure(one[when]['rate'])}" if told else figure(one[when]["rate"])
