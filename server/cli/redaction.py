"""`goldloop redaction`: what is taken out of texts before they are stored."""

import sys
from typing import Any

import click

from server.cli.context import answer, as_json, fails_cleanly, now, opened, pairs, settings, table


@click.group()
def redaction() -> None:
    """What is taken out of texts before they are stored."""


@redaction.command("show")
@as_json
@fails_cleanly
def show(json_: bool) -> None:
    """Tell every source's policy, what came in under it, and how much was found."""
    from labeling.redaction import redaction_told

    with opened() as store, store.read() as session:
        told = redaction_told(session, store.redaction.default)
    rows: list[Any] = [
        {
            "source": name,
            "policy": one["policy"],
            "interactions": one["interactions"],
            "before": one["before"] + one["stored"].get("off", 0),
            "found": ", ".join(f"{kind} {count}" for kind, count in one["found"].items()),
        }
        for name, one in told["sources"].items()
    ]
    headings = {
        "source": "SOURCE", "policy": "POLICY", "interactions": "INTERACTIONS",
        "before": "AS THEY CAME", "found": "FOUND",
    }  # fmt: skip
    lead = f"sources without a policy of their own: {told['default']}\n"
    answer(told, json_, lambda: lead + table(rows, headings))


@redaction.command("set")
@click.argument("source")
@click.option("--policy", required=True, help="off, mask, hash or drop.")
@click.option("--kinds", help="Only these, with commas: email,phone,...")
@click.option("--regions", help="Whose phone numbers and national ids, with commas: US,DE,...")
@click.option("--pattern", "patterns", multiple=True, metavar="NAME=REGEX",
              help="A pattern of your own in RE2's syntax; repeatable.")  # fmt: skip
@as_json
@fails_cleanly
def set_(
    source: str, policy: str, kinds: str | None, regions: str | None, patterns: tuple[str, ...],
    json_: bool,
) -> None:  # fmt: skip
    """Decide for a source from now on; what is stored stays as it is."""
    from labeling.redaction import decide
    from storage.redact.policy import policy_of

    own = pairs(patterns, "--pattern")
    decided = policy_of(policy, _split(kinds), _split(regions), own)
    with opened(create=True) as store:
        decide(store, source, decided, by=None, now=now())
    result = {"source": source, **decided.to_json()}
    answer(result, json_, f"{source}: {policy} {', '.join(decided.kinds)}")


def _split(text: str | None) -> list[str] | None:
    return None if text is None else [one.strip() for one in text.split(",") if one.strip()]


@redaction.command("try")
@click.argument("text")
@click.option("--source", help="By the policy of this source; else every kind is looked for.")
@as_json
@fails_cleanly
def try_(text: str, source: str | None, json_: bool) -> None:
    """Show what would stay of a TEXT; - reads it from standard input. Nothing is stored."""
    from storage.queries.redaction import policies
    from storage.redact.policy import Policy
    from storage.redact.redactor import Redactor
    from storage.redaction import finder_of

    given = sys.stdin.read() if text == "-" else text
    policy = Policy()
    if source is not None:
        with opened() as store, store.read() as session:
            policy = policies(session).get(source) or Policy(store.redaction.default)
    chosen = settings().redaction_model
    key = settings().redaction_key
    redactor = Redactor(policy, finder_of(policy, chosen), lambda: (key or "try").encode())
    told = given if policy.policy == "off" else redactor.value(given, "")
    answer({"text": told, "found": dict(redactor.found)}, json_, told.rstrip("\n"))


@redaction.command("scan")
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@as_json
@fails_cleanly
def scan(sources: tuple[str, ...], json_: bool) -> None:
    """Count what is still found in stored texts, such as those from before redaction."""
    from storage.redaction import scan as look

    with opened() as store:
        found = look(store, sources)
    rows: list[Any] = [
        {"source": name, "kind": kind, "finds": count}
        for name, kinds in found.items()
        for kind, count in kinds.items()
    ]
    headings = {"source": "SOURCE", "kind": "KIND", "finds": "FINDS"}
    answer(found, json_, lambda: table(rows, headings, "nothing found"))


@redaction.command("key")
@click.option("--renew", is_flag=True, help="Go on with the present key although it is another.")
@as_json
@fails_cleanly
def key_(renew: bool, json_: bool) -> None:
    """Tell whether the key is the one that placeholders were computed with; never the key."""
    from storage.queries import redaction as kept
    from storage.redact.key import fingerprint

    with opened(create=True) as store:
        key = store.redaction.key if renew else store.redaction.known
        mine = None if key is None else fingerprint(key)
        with store.write() as session:
            if renew and kept.renew_key(session, str(mine), now()):
                _audit_renewal(session)
            theirs = kept.key_in_force(session)
        where = store.redaction.where
    fits = theirs is None or theirs == mine
    words = "was not used yet" if theirs is None else "fits" if fits else "is gone or another one"
    answer({"fits": fits, "where": where}, json_, f"the key of {where} {words}")
    if not fits:
        raise click.exceptions.Exit(1)


def _audit_renewal(session: Any) -> None:
    """Write down that placeholders change from here."""
    from storage.queries.accounts import record_audit

    record_audit(session, None, "redaction_key_renewed", "key", None, now())
