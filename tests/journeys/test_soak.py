"""A short soak: many people at once over REST, and a server that is killed in the middle.

`make soak` is the long one: more people, more labels, twenty kills.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from bench.soak import claims, kills
from bench.stage import stage
from storage import Store


def url_of(store: Store) -> str:
    return store.engine.url.set(
        drivername="sqlite" if store.is_sqlite else "postgresql"
    ).render_as_string(hide_password=False)


@pytest.fixture
def crowd(store: Store):
    with stage(url_of(store), people=12) as ready:
        yield ready


def alone(soak: Callable[..., list[str]], *told: Any, **how: Any) -> list[str]:
    """Run a soak in a thread of its own: beside a browser this one has an event loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(soak, *told, **how).result()


def test_many_at_once_make_no_label_too_many_and_none_too_few(crowd, tmp_path: Path):
    processes = 1 if crowd.store.is_sqlite else 2
    done = alone(claims, crowd, tmp_path, seconds=1, tasks=48, processes=processes)
    assert done == []


def test_a_killed_server_loses_no_acknowledged_label(crowd, tmp_path: Path):
    assert alone(kills, crowd, tmp_path, times=1, tasks=80) == []
