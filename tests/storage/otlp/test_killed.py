"""A process that takes traces in is killed: what it acknowledged is there, once."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from storage import Store
from storage.assembly import assemble
from storage.sources.otlp import Taken
from storage.traces import Sender, take_in
from tests.conftest import opened
from tests.storage.otlp.test_assembly import NOON, PATIENCE, call
from tests.storage.otlp.test_payloads import kept

ROOT = Path(__file__).parents[3]


def send_without_end(store: Store) -> None:
    """Send one call after the other, say which were acknowledged, assemble in between."""
    for number in range(1, 100_000):
        moment = NOON + timedelta(seconds=20 * number)
        span = call(number)
        span.trace_id = f"{number:032x}"
        take_in(store, Taken([span], []), Sender(), PATIENCE, lambda now=moment: now)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
        assemble(store, PATIENCE, lambda now=moment: now)


@pytest.mark.parametrize("acknowledged", [1, 30])
def test_what_was_acknowledged_is_there_once_after_a_kill(sqlite_store, acknowledged) -> None:
    url = sqlite_store.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.storage.otlp.test_killed", url]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        lines = iter(process.stdout)
        told = [int(next(lines)) for _ in range(acknowledged)]
        process.kill()
        told += [int(line) for line in lines if line.endswith("\n")]
    late = NOON + timedelta(days=300)
    assemble(sqlite_store, PATIENCE, lambda: late, at_once=True)
    found = [one["trace_id"] for one in kept(sqlite_store).values()]
    assert len(found) == len(set(found))
    assert (
        {f"{number:032x}" for number in told}
        <= set(found)
        <= {f"{number:032x}" for number in range(1, told[-1] + 2)}
    )


if __name__ == "__main__":
    with opened(sys.argv[1]) as mine:
        send_without_end(mine)
