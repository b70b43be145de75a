"""`goldloop send`: labels and verdicts to the platform that the interactions came from."""

from typing import TYPE_CHECKING, Any

import click

from server.cli.context import answer, as_json, fails_cleanly, now, opened, settings, table

if TYPE_CHECKING:
    from labeling.sending import SendingSpec
    from storage import Store
    from storage.engine import AnyRow

STATES = "waiting", "sent", "withdrawn", "failed"


@click.command()
@click.argument("queue_name", metavar="QUEUE")
@click.argument("connection_name", metavar="CONNECTION")
@click.option("--labels", type=click.Choice(["settled", "raw"]),
              help="One settled answer per task and field, or every annotator's beside the "
                   "verdicts; default: as before, at first settled.")  # fmt: skip
@click.option("--names/--no-names", default=None,
              help="Annotators by name; default: as before, at first as annotator-7.")  # fmt: skip
@click.option("--every/--once", "standing", default=None,
              help="Go on by itself, or no more, while `goldloop serve` runs.")  # fmt: skip
@click.option("--again", is_flag=True, help="Try what was refused for good once more.")
@click.option("--dry-run", is_flag=True, help="Only count what would be sent.")
@as_json
@fails_cleanly
def send(  # noqa: PLR0913 - one parameter per option
    queue_name: str,
    connection_name: str,
    labels: str | None,
    names: bool | None,
    standing: bool | None,
    again: bool,
    dry_run: bool,
    json_: bool,
) -> None:
    """Send labels and verdicts to a platform: what is new, changed or withdrawn since last time."""
    from labeling.sending import SendingSpec

    spec = SendingSpec(labels, names, standing)
    with opened() as store:
        if dry_run:
            found = _outlook(store, queue_name, connection_name, spec)
            answer(found, json_, lambda: _counted(found))
            return
        told = _sent(store, queue_name, connection_name, spec, again=again)
    answer(told, json_, lambda: _told(told))
    if told["fault"]:
        raise click.exceptions.Exit(1)


def _outlook(
    store: "Store", queue_name: str, connection_name: str, spec: "SendingSpec"
) -> dict[str, Any]:
    """What would be sent; nothing is kept."""
    from labeling.sending import outlook

    return {"dry_run": True, **outlook(store, queue_name, connection_name, spec, now).to_json()}


def _sent(
    store: "Store", queue_name: str, connection_name: str, spec: "SendingSpec", *, again: bool
) -> dict[str, Any]:
    import secrets
    import time

    from labeling.outbox import Errand, door_of, send
    from labeling.sending import set_sending, told
    from server import outgoing
    from storage.queries import accounts, sending

    with store.write() as session:
        row = set_sending(session, queue_name, connection_name, spec, now())
        if again:
            sending.try_again(session, row.id)
        detail = {"connection": connection_name, "labels": row.labels, "standing": row.standing}
        accounts.record_audit(session, None, "answers_sent", queue_name, detail, now())
    with outgoing.client() as client:
        door = door_of(row, client, settings().secret)
        _, sent = send(Errand(store, row, door, now, secrets.token_hex(8), wait=time.sleep))
    with store.read() as session:
        stands = told(session, _same(session, row))
    return stands | {"this_time": vars(sent)}


def _same(session: Any, row: "AnyRow") -> "AnyRow":
    from storage.queries import sending

    return next(one for one in sending.sending_rows(session, row.queue_id) if one.id == row.id)


def _counted(found: dict[str, Any]) -> str:
    return (
        f"would send {found['new']} new and {found['changed']} changed, take back "
        f"{found['withdrawn']}; {found['unchanged']} stand; "
        f"{found['unplaced']} tasks have no id over there"
    )


def _told(told: dict[str, Any]) -> str:
    this = told["this_time"]
    lines = [
        f"sent {this['sent']}, taken back {this['withdrawn']}, refused {this['refused']}; "
        f"over there now: {told['sent']}; waiting {told['waiting']}, failed {told['failed']}; "
        f"{told['unplaced']} tasks have no id over there"
    ]
    if told["fault"]:
        lines.append(f"{told['connection']} could not be asked: {told['fault']}")
    lines += [f"  {one['key']}: {one['fault']}" for one in told["refused"][:5]]
    return "\n".join(lines)


@click.command()
@click.argument("queue_name", metavar="[QUEUE]", required=False)
@as_json
@fails_cleanly
def sendings(queue_name: str | None, json_: bool) -> None:
    """List what is sent where, how far it has come, and what was refused."""
    from labeling import sending

    with opened() as store, store.read() as session:
        rows: list[Any] = sending.sendings(session, queue_name)
    headings = {"queue": "QUEUE", "connection": "CONNECTION", "labels": "LABELS",
                "standing": "STANDING"}  # fmt: skip
    headings |= {state: state.upper() for state in STATES} | {"fault": "FAULT"}
    answer(rows, json_, lambda: table(rows, headings))
