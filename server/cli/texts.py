"""`goldloop texts`: words that are looked for in all traffic."""

import click

from server.cli.context import answer, as_json, fails_cleanly, now, opened, table


@click.group()
def texts() -> None:
    """Words looked for in all traffic, so that a draw can be told of them."""


@texts.command("keep")
@click.argument("words", nargs=-1, required=True)
@click.option("--at-least", type=int, default=1, show_default=True, help="How many of the words.")
@click.option("--name", help="Default: the words.")
@as_json
@fails_cleanly
def keep(words: tuple[str, ...], at_least: int, name: str | None, json_: bool) -> None:
    """Keep a rule, and look for it in everything that is stored."""
    from labeling import texts as rules

    with opened() as store:
        with store.write() as session:
            wanted = rules.Wanted(words, at_least, name)
            kept = rules.keep_rule(session, wanted, None, now())
        rules.read_texts(store, now, seconds=float("inf"))
        with store.read() as session:
            found = rules.told(session, kept)
    answer(found, json_, f"{found['found']} interactions hold: --where texts={kept!r}")


@texts.command("list")
@as_json
@fails_cleanly
def list_(json_: bool) -> None:
    """Every rule, with how many interactions hold and how many are still to be read."""
    from labeling.texts import kept_rules

    with opened() as store, store.read() as session:
        found = kept_rules(session)
    columns = {"name": "NAME", "at_least": "AT LEAST", "found": "FOUND", "unread": "TO READ",
               "score": "SCORE"}  # fmt: skip
    answer({"rules": found}, json_, lambda: table([*found], columns, "no rule is kept"))


@texts.command("end")
@click.argument("name")
@as_json
@fails_cleanly
def end(name: str, json_: bool) -> None:
    """Look no longer at new traffic; what was found stays."""
    from labeling.texts import end_rule

    with opened() as store, store.write() as session:
        found = end_rule(session, name, now())
    answer(found, json_, f"{name}: ended")
