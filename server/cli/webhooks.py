"""`goldloop webhook`: who is told by HTTP when something happens."""

from typing import Any

import click

from server.cli.context import answer, as_json, fails_cleanly, now, opened, settings, table

EVENTS = (
    "label.created", "label.revised", "label.withdrawn", "verdict.settled", "verdict.withdrawn",
    "queue.done", "dataset.version",
)  # fmt: skip


@click.group()
def webhook() -> None:
    """Tell other programs, signed, of labels, verdicts, queues that are done, dataset versions."""


@webhook.command("add")
@click.argument("name")
@click.argument("url")
@click.option("--secret", required=True,
              help="Name of the signing key: GOLDLOOP_SECRET_<NAME> holds it.")  # fmt: skip
@click.option("--event", "events", multiple=True, type=click.Choice(EVENTS),
              help="Only this; repeatable. Default: everything.")  # fmt: skip
@click.option("--queue", "queue_name", help="Only of this queue.")
@as_json
@fails_cleanly
def add(
    name: str, url: str, secret: str, events: tuple[str, ...], queue_name: str | None, json_: bool
) -> None:
    """Tell an address of what happens from now on, while `goldloop serve` runs."""
    from labeling.webhooks import WebhookSpec, add_webhook
    from server.outgoing import check_key

    check_key(settings().secret, secret)
    spec = WebhookSpec(name, url, secret, events or EVENTS, queue_name)
    with opened() as store, store.write() as session:
        made = add_webhook(session, spec, None, now())
        _note(session, "webhook_added", name)
    answer(made, json_, f"{name} is told of {', '.join(made['events'])}")


@webhook.command("list")
@as_json
@fails_cleanly
def list_(json_: bool) -> None:
    """List the webhooks and how they are doing."""
    from labeling.webhooks import webhooks_told

    with opened() as store, store.read() as session:
        rows: list[Any] = webhooks_told(session)
    names = ("name", "url", "queue", "active", "waiting", "delivered", "failed", "fault")
    answer(rows, json_, lambda: table(rows, {name: name.upper() for name in names}))


@webhook.command("test")
@click.argument("name")
@as_json
@fails_cleanly
def test(name: str, json_: bool) -> None:
    """Send `webhook.test` at once and tell what was answered."""
    import secrets

    from labeling.deliveries import Post, try_webhook
    from server import outgoing

    with opened() as store, outgoing.client() as client:
        post = Post(store, client, settings().secret, now)
        found = try_webhook(post, name, secrets.token_hex(8))
    told = found["fault"] or f"answered {found['status']}"
    answer(found, json_, f"{name}: {told} ({found['seconds']:.2f} s)")
    if found["fault"]:
        raise click.exceptions.Exit(1)


@webhook.command("log")
@click.argument("name")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@as_json
@fails_cleanly
def log(name: str, limit: int, json_: bool) -> None:
    """Show the latest tries, the last one first."""
    from labeling.webhooks import webhook_log

    with opened() as store, store.read() as session:
        rows: list[Any] = webhook_log(session, name, limit)
    names = ("at", "type", "event_id", "status", "seconds", "state", "fault")
    answer(rows, json_, lambda: table(rows, {one: one.upper() for one in names}))


@webhook.command("switch")
@click.argument("name")
@click.argument("to", type=click.Choice(["on", "off"]))
@as_json
@fails_cleanly
def switch(name: str, to: str, json_: bool) -> None:
    """Switch a webhook off, or on again: then it is told of what happened in between."""
    from labeling.webhooks import switch_webhook

    with opened() as store, store.write() as session:
        told = switch_webhook(session, name, active=to == "on")
        _note(session, "webhook_switched", name, to=to)
    answer(told, json_, f"{name} is {to}")


@webhook.command("remove")
@click.argument("name")
@as_json
@fails_cleanly
def remove(name: str, json_: bool) -> None:
    """Tell an address nothing more."""
    from labeling.webhooks import remove_webhook

    with opened() as store, store.write() as session:
        remove_webhook(session, name, now())
        _note(session, "webhook_removed", name)
    answer({"name": name, "removed": True}, json_, f"{name} removed")


def _note(session: Any, action: str, name: str, **detail: object) -> None:
    from storage.queries import accounts

    accounts.record_audit(session, None, action, name, detail or None, now())
