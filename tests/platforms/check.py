"""A real Phoenix and a real MLflow on this machine: filled by their own clients, pulled from, and
told what people said.

    make platforms

Their environments are .venv-phoenix and .venv-mlflow. One line per check; ends with 1 when any
failed. Nothing leaves the machine.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from send_back import check_send
from sqlalchemy import select

from storage import open_store
from storage.tables import feedback, interaction, score

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PROJECT = "support-bot"
QUIET = {
    "PHOENIX_TELEMETRY_ENABLED": "false", "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"
}  # fmt: skip
Told = Callable[[str, Any, Any], None]
BROKE_OFF = (
    RuntimeError, AssertionError, LookupError, ValueError, OSError, subprocess.SubprocessError
)  # fmt: skip
failed: list[str] = []


def told(what: str, found: Any, wanted: Any) -> None:
    fine = found == wanted
    if not fine:
        failed.append(what)
    sys.stdout.write(f"{'ok  ' if fine else 'FAIL'} {what}: {found}")
    sys.stdout.write("\n" if fine else f", wanted {wanted}\n")
    sys.stdout.flush()


def python_of(name: str) -> Path:
    """The Python of a platform's environment; a variable may name another folder."""
    folder = os.environ.get(f"VENV_{name.upper()}", str(ROOT / f".venv-{name}"))
    return Path(folder) / "bin" / "python"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, **QUIET, "PYTHONPATH": "", **more}


@contextmanager
def server(words: list[str], url: str, folder: Path, **more: str) -> Iterator[str]:
    """A server that answers, ended afterwards with everything that it started."""
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(
            words, cwd=folder, env=environment(**more), stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
        try:
            until = time.monotonic() + 180
            while not answers(f"{url}/health") and not answers(f"{url}/healthz"):
                if running.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"the server did not start:\n{(folder / 'log').read_text()}")
                time.sleep(0.3)
            yield url
        finally:
            os.killpg(running.pid, signal.SIGTERM)
            try:
                running.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(running.pid, signal.SIGKILL)
                running.wait()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def phoenix(folder: Path) -> Iterator[str]:
    port = free_port()
    own = {"PHOENIX_WORKING_DIR": str(folder), "PHOENIX_HOST": "127.0.0.1",
           "PHOENIX_PORT": str(port), "PHOENIX_GRPC_PORT": str(free_port())}  # fmt: skip
    words = [str(python_of("phoenix").with_name("phoenix")), "serve"]
    with server(words, f"http://127.0.0.1:{port}", folder, **own) as url:
        yield url


@contextmanager
def mlflow(folder: Path) -> Iterator[str]:
    port = free_port()
    words = [str(python_of("mlflow").with_name("mlflow")), "server", "--host", "127.0.0.1",
             "--port", str(port), "--workers", "1", "--backend-store-uri",
             f"sqlite:///{folder / 'mlflow.db'}", "--artifacts-destination",
             str(folder / "artifacts")]  # fmt: skip
    with server(words, f"http://127.0.0.1:{port}", folder) as url:
        yield url


PLATFORMS = {"phoenix": phoenix, "mlflow": mlflow}


class House:
    """A store of its own, worked by the command line."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'goldloop.db'}"

    def goldloop(self, *words: str) -> Any:
        code = "from server.cli import main; main()"
        own = {**os.environ, "GOLDLOOP_DATABASE_URL": self.url, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", code, *words, "--json"], env=own, capture_output=True, text=True
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"goldloop {' '.join(words)}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def said(self, source: str, table: Any, name: str) -> list[Any]:
        """What is known under a name of one source: the interaction's id and the row."""
        store = open_store(self.url)
        with store.read() as session:
            rows = session.execute(
                select(interaction.c.external_id, table)
                .join(table, table.c.interaction_id == interaction.c.id)
                .where(interaction.c.source == source)
            ).all()
        store.close()
        named = [row for row in rows if getattr(row, "name", None) == name]
        return named or [row for row in rows if getattr(row, "raw", {}).get("name") == name]


def check_pull(name: str, house: House, url: str) -> None:
    """Fill, pull, look, pull again."""
    seed = HERE / f"seed_{name}.py"
    filled = subprocess.run(
        [python_of(name), seed, url], env=environment(), capture_output=True, text=True
    )
    if filled.returncode:
        raise RuntimeError(f"{seed.name}: {filled.stderr}")
    add = ["connection", "add", name, "--kind", name, "--url", url, "--project", PROJECT]
    house.goldloop(*add, "--option", "page_size=10", "--option", "scale.rating=1..5")
    told(
        f"{name}: the connection answers",
        "told" in house.goldloop("connection", "test", name),
        True,
    )
    look = house.goldloop("pull", name, "--dry-run")
    told(f"{name}: a dry run stores nothing", (look["new"] > 0, look["more"]), (True, True))
    part = house.goldloop("pull", name, "--limit", "10")
    rest = house.goldloop("pull", name)
    whole = {"phoenix": 26, "mlflow": 25}[name]
    got = [one["interactions"]["accepted"] for one in (part, rest)]
    told(
        f"{name}: interactions, broken off and resumed", (sum(got), rest["finished"]), (whole, True)
    )
    again = house.goldloop("pull", name)
    told(f"{name}: pulled again", again["interactions"]["accepted"], 0)
    told(
        f"{name}: nothing rejected",
        [one["interactions"]["rejected"] for one in (part, rest)],
        [[], []],
    )
    liked = house.said(name, feedback, "user_feedback")
    told(f"{name}: a thumb", [(row.value, row.comment) for row in liked], [(1.0, "Quick.")])
    rated = house.said(name, feedback, "rating")
    told(f"{name}: four of five", [row.value for row in rated], [0.75])
    judged = house.said(name, score, "correctness")
    told(f"{name}: a judge's score", [(row.value, row.kind) for row in judged], [(0.25, "judge")])
    if name == "phoenix":
        told(
            f"{name}: a rating of the root is on its answer",
            rated[0].external_id,
            f"{21 + 16:016x}",
        )
    else:
        expected = [row.raw["expected"] for row in house.said(name, feedback, "answer")]
        told(f"{name}: an expected answer", expected, ["Tomorrow."])


def check(name: str) -> None:
    """Everything with one platform, on stores and servers of its own."""
    with (
        tempfile.TemporaryDirectory() as one,
        tempfile.TemporaryDirectory() as other,
        PLATFORMS[name](Path(one)) as url,
    ):
        house = House(Path(other))
        check_pull(name, house, url)
        check_send(name, house, url, told)


def main() -> None:
    for name in PLATFORMS:
        try:
            check(name)
        except BROKE_OFF:
            failed.append(name)
            sys.stdout.write(f"FAIL {name} broke off: {traceback.format_exc(limit=-1)}")
    sys.stdout.write(f"{len(failed)} failed\n")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
