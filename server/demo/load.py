"""The example data into a store, as a newcomer would do it with the commands."""

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from labeling.draws import DrawRequest, draw_into
from labeling.guideline import load_guidelines, named
from labeling.imports import import_labels
from labeling.queues import QueueSpec, create_queue, sync_guidelines
from server import auth
from server.settings import Settings
from storage import Store
from storage.ingest import ingest_rows
from storage.queries import accounts, draws, queues

GUIDELINE = "response-quality"
QUEUE, EXAMPLE_QUEUE = "support-quality", "example-labels"
PEOPLE = {"anna": "annotator", "noor": "annotator", "lead": "lead", "admin": "admin"}
SIZE = 40


@dataclass(frozen=True)
class Loaded:
    """What the demo made, or found made before."""

    logins: dict[str, str]
    data: str

    def told(self, settings: Settings) -> str:
        """What to open, who to be, where the data lies."""
        people = "\n".join(
            f"  {name:8} {password:18} {PEOPLE[name]}" for name, password in self.logins.items()
        )
        return (
            f"Goldloop is at {settings.address()}\n\nLog in as\n{people}\n\n"
            f"Example data of our own writing, example annotators ada, ben and chloe.\n"
            f"Data: {self.data}\nStop with Ctrl+C; the data stays."
        )


def load_demo(store: Store, logins_path: Path, clock: Callable[[], datetime]) -> Loaded:
    """Ingest the example interactions, draw a queue from them, import the example labels."""
    from server.demo import example_rows

    ingest_rows(store, example_rows("interactions.jsonl"), source="default", clock=clock)
    logins = _people(store, logins_path, clock())
    guidelines = load_guidelines(*Settings().guideline_folders())
    guideline = named(guidelines, GUIDELINE)
    with store.write() as session:
        sync_guidelines(session, guidelines, clock())
        for name, overlap in ((QUEUE, 2), (EXAMPLE_QUEUE, 1)):
            if queues.queue_named_or_none(session, name) is None:
                create_queue(session, QueueSpec(name, GUIDELINE, overlap), guideline, None, clock())
    with store.read() as session:
        queue = queues.queue_named(session, QUEUE)
        drawn = draws.count_draws(session, queue.id)
    if not drawn:
        draw_into(store, QUEUE, DrawRequest(size=SIZE), clock=clock)
    import_labels(store, EXAMPLE_QUEUE, example_rows("labels.jsonl"), now=clock())
    return Loaded(logins, str(store.path or store.engine.url.render_as_string()))
