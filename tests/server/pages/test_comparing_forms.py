"""The lead's sections on a form that has no rating."""

from typing import Any

from labeling.queues import queue_info
from server.pages.told import Told
from server.pages.views import SECTIONS
from server.pages.visits import Visit
from storage import Store
from tests.labeling.test_wins import NOW, built


def test_every_section_can_be_opened_where_a_form_only_compares(sqlite_store: Store) -> None:
    built(sqlite_store, size=40)
    for name in ("overview", "agreement", "consensus", "disagreements", "failures", "quality"):
        made: list[Any] = []
        with sqlite_store.snapshot() as session:
            visit = Visit(
                session, queue_info(session, "duel"), Told({"queue": ["duel"]}), NOW, made
            )
            shown = str(SECTIONS[name].show(visit).body)
        assert shown, name
        if name in ("overview", "quality"):
            assert "<bdi>new</bdi>" in shown
