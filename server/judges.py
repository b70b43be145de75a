"""Judges as the settings have them: which models there are, and what a run is executed with."""

import os
import secrets
import socket
import threading
from collections.abc import Mapping

from labeling.errors import InvalidLabel
from labeling.judge import Interrupted, Model, Wire, execute, read_models
from server.settings import Settings, SettingsError
from storage import Store
from storage.clock import Clock
from storage.queries.judging import change_run


def models_of(settings: Settings) -> Mapping[str, Model]:
    """The models that may judge.

    Raises
    ------
    SettingsError
        If the file cannot be read; InvalidLabel names what of it cannot be.
    """
    if settings.judges is None:
        return {}
    file = settings.judges.expanduser()
    try:
        return read_models(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"GOLDLOOP_JUDGES names {file}: {error}") from error


def model_named(settings: Settings, name: str) -> Model:
    """The model of that name; InvalidLabel names those there are."""
    known = models_of(settings)
    if name not in known:
        told = f"there are: {', '.join(known)}" if known else "GOLDLOOP_JUDGES names no file yet"
        raise InvalidLabel("model", f"there is no model {name!r:.80}", told)
    return known[name]


def holder() -> str:
    """A name for this process that no other one has."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def judge_now(
    store: Store,
    run_id: int,
    settings: Settings,
    clock: Clock,
    *,
    holder: str,
    stopping: threading.Event | None = None,
) -> str:
    """Execute a run with the keys of the settings until it ends, or this process does; its state.

    A run that cannot even begin, for want of its key, is stopped with the reason.
    """
    import httpx

    leaving = stopping or threading.Event()

    def wait(seconds: float) -> None:
        if leaving.wait(seconds):
            raise Interrupted("halted", None)

    try:
        with httpx.Client() as client:
            return execute(
                store,
                run_id,
                secret=settings.secret,
                wire=Wire(client, wait),
                clock=clock,
                holder=holder,
                halted=leaving.is_set,
            )
    except SettingsError as problem:
        with store.write() as session:
            change_run(session, run_id, {"state": "stopped", "reason": str(problem)})
        raise
