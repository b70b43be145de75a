"""The example data into a store, by the same doors as anybody's: ingest, draw, claim, label."""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from labeling.assignment import Nothing, claim, give_back
from labeling.draws import DrawRequest, draw_into
from labeling.guideline import Guideline, load_guidelines, named
from labeling.queues import QueueSpec, create_queue, sync_guidelines
from labeling.submit import Submission, submit
from server import auth
from server.demo import example_rows
from server.settings import Settings
from storage import Conflict, Session, Store
from storage.exports import new_file
from storage.ingest import ingest_rows
from storage.queries import accounts, draws, queues
from storage.queries.lead import any_interactions

GUIDELINE = "response-quality"
QUEUE = "help-answers"
PEOPLE = {"anna": "annotator", "noor": "annotator", "lead": "lead", "admin": "admin"}
SIZE, OVERLAP, SEED = 60, 3, 20261101
SOURCE = "millrace-help"
FORMS = {
    "support-chats": ("support-conversation", "millrace-chats"),
    "unsupported-claims": ("factuality", "millrace-claims"),
    "which-is-better": ("pairwise-preference", "millrace-pairs"),
}
"""Small queues that show the other forms: guideline and source by name."""

OWN_STORE = "give the demo a store of its own: GOLDLOOP_DATABASE_URL=sqlite:///FILE, or none"

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Loaded:
    """What the demo made, or found made before."""

    logins: Mapping[str, str]
    store: Store

    def told(self, settings: Settings) -> str:
        """What to open, who to be, where the data lies."""
        people = "\n".join(
            f"    {name:6} {password}   {PEOPLE[name]}" for name, password in self.logins.items()
        )
        url = self.store.engine.url.render_as_string().replace(str(Path.home()), "~", 1)
        return (
            f"\nGoldloop is at {settings.address()}\n\n"
            f"Log in as\n{people}\n\n"
            "The conversations and the labels of ada, ben and chloe are examples, all invented.\n\n"
            "The data is the demo's own. Commands see it in a shell where you say\n"
            f"    export GOLDLOOP_DATABASE_URL={url}\n\n"
            "Stop with Ctrl+C; the data stays, and so do the passwords.\n"
        )


def load_demo(store: Store, settings: Settings, clock: Clock) -> Loaded:
    """Load the example data unless it is there; make the people and their passwords."""
    logins = _people(store, settings.demo_logins_path(), clock())
    for name in ("interactions.jsonl", "forms.jsonl"):
        ingest_rows(store, example_rows(name), clock=clock)
    guidelines = load_guidelines(*settings.guideline_folders())
    with store.write() as session:
        sync_guidelines(session, guidelines, clock())
    request = DrawRequest(size=SIZE, seed=SEED, where={"source": SOURCE})
    if _begin_queue(store, QueueSpec(QUEUE, GUIDELINE, OVERLAP), guidelines, request, clock):
        _label(store, clock)
    for queue, (slug, source) in FORMS.items():
        every = DrawRequest(strategy="random", size=SIZE, seed=SEED, where={"source": source})
        _begin_queue(store, QueueSpec(queue, slug), guidelines, every, clock)
    return Loaded(logins, store)


def _people(store: Store, path: Path, now: datetime) -> dict[str, str]:
    """Accounts with generated passwords, kept in a file that only its owner may read."""
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    with store.write() as session:
        known = {name for name in PEOPLE if accounts.account_named(session, name) is not None}
        if strangers := sorted(known - set(kept)):
            message = f"this store has an account {strangers[0]!r} that the demo did not make"
            raise Conflict("exists", message, OWN_STORE)
        if not known and any_interactions(session):
            message = "this store holds interactions of its own"
            raise Conflict("not_empty", message, OWN_STORE)
        missing = {name: secrets.token_urlsafe(9) for name in PEOPLE if name not in known}
        kept |= missing
        with new_file(path, force=True, private=True) as out:  # before the accounts are there
            out.write(json.dumps(kept).encode())
        for name, password in missing.items():
            auth.create_account(session, name, PEOPLE[name], now, password=password)
        for name in example_annotators():
            if accounts.account_named(session, name) is None:
                auth.create_account(session, name, "annotator", now)
        return {name: _if_it_fits(session, name, kept[name]) for name in PEOPLE}


def _if_it_fits(session: Session, name: str, password: str) -> str:
    """The password that was made for the demo, unless somebody changed it since."""
    account = auth.existing(session, name)
    fits = auth.password_fits(accounts.password_hash(session, account.id), password)
    return password if fits else "(changed)"


def _begin_queue(
    store: Store,
    spec: QueueSpec,
    guidelines: Mapping[str, Guideline],
    request: DrawRequest,
    clock: Clock,
) -> bool:
    """Make a queue and draw into it; whether that was still to be done."""
    with store.write() as session:
        if queues.queue_named_or_none(session, spec.name) is None:
            create_queue(session, spec, named(guidelines, spec.guideline), None, clock())
        queue = queues.queue_named(session, spec.name)
        begun = draws.count_draws(session, queue.id) > 0
    if not begun:
        draw_into(store, spec.name, request, clock=clock)
    return not begun


def example_annotators() -> list[str]:
    """Who gave the example labels."""
    return sorted({row["annotator"] for _, row in example_rows("labels.jsonl")})


def _label(store: Store, clock: Clock) -> None:
    """Let the example annotators claim and label what they have labels for."""
    said: dict[tuple[str, str], dict[str, Any]] = {
        (row["annotator"], row["interaction_id"]): row for _, row in example_rows("labels.jsonl")
    }
    for name in example_annotators():
        with store.write() as session:
            account = accounts.account_named(session, name)
            if account is None:
                raise LookupError(name)
            held = claim(session, QUEUE, account, now=clock(), count=SIZE)
            for row in [] if isinstance(held, Nothing) else held:
                answer = said.get((name, row.external_id))
                if answer is None:
                    give_back(session, row.id, account, clock())
                    continue
                sent = Submission(answer["values"], seconds=answer["seconds"])
                submit(session, row.id, account, sent, clock())
