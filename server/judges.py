"""Judges as the settings have them: which models there are, and what a run is executed with."""

import os
import secrets
import socket
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from labeling.errors import InvalidLabel
from labeling.judge import Model, Wire, execute, read_models
from server.settings import Settings, SettingsError
from storage import Store
from storage.clock import Clock

if TYPE_CHECKING:
    import httpx


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
    halted: Callable[[], bool] = bool,
    client: "httpx.Client | None" = None,
) -> str:
    """Execute a run with the keys of the settings until it ends; its state."""
    import httpx

    with client or httpx.Client() as one:
        return execute(
            store,
            run_id,
            secret=settings.secret,
            wire=Wire(one),
            clock=clock,
            holder=holder(),
            halted=halted,
        )
