"""Whether an installation is whole: rooms from one place, a store in order, usable guidelines."""

import importlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from server.settings import Settings, misspelt

if TYPE_CHECKING:
    from storage import Session

ROOMS = ("analysis", "labeling", "sampling", "server", "storage")
CLOCKS_APART = 1.0
"""Seconds between the clocks of two machines that a draw can bear."""


class Check(NamedTuple):
    """One thing that was looked at."""

    what: str
    ok: bool
    found: str
    warns: bool = False
    """Whether somebody should look at it although everything works."""


def rooms() -> Check:
    """Whether all rooms load from one folder: a stray `storage/` elsewhere would shadow ours."""
    parents = {
        room: Path(str(importlib.import_module(room).__file__)).resolve().parent.parent
        for room in ROOMS
    }
    home = parents["server"]
    strays = {room: parent for room, parent in parents.items() if parent != home}
    if strays:
        listed = ", ".join(f"{room} from {parent}" for room, parent in strays.items())
        return Check("rooms", False, f"server loads from {home}, but {listed}")
    return Check("rooms", True, f"all from {home}")


def examine(settings: Settings) -> list[Check]:
    """Look at everything; a failed look is a finding, not an end."""
    return [
        rooms(),
        _tried("settings", _settings),
        _tried("guidelines", lambda: _guidelines(settings)),
        _tried("store", lambda: _store(settings)),
        *_left_alone(settings),
        *_redaction(settings),
    ]


def _tried(what: str, look: Callable[[], str]) -> Check:
    try:
        return Check(what, True, look())
    except Exception as error:  # noqa: BLE001 - whatever is wrong is what we are asked for
        return Check(what, False, f"{type(error).__name__}: {error}")


def _settings() -> str:
    if wrong := misspelt():
        raise ValueError(
            ", ".join(f"{one} is no setting: {meant}?" for one, meant in wrong.items())
        )
    return "no GOLDLOOP_ variable looks misspelt"


def _guidelines(settings: Settings) -> str:
    from labeling.guideline import load_guidelines

    found = load_guidelines(*settings.guideline_folders())
    return ", ".join(f"{slug} ({len(one.gold)} gold)" for slug, one in sorted(found.items()))


def _left_alone(settings: Settings) -> list[Check]:
    """A warning when queues ask by guidelines whose folder is gone."""
    from labeling.guideline import load_guidelines
    from storage import open_store
    from storage.queries.queues import queue_rows

    store = open_store(settings.database_url, settings.redacting())
    try:
        if store.path is not None and not store.path.exists():
            return []
        there = load_guidelines(*settings.guideline_folders())
        with store.read() as session:
            gone = [row for row in queue_rows(session) if row.guideline_slug not in there]
    except Exception:  # noqa: BLE001 - whatever is wrong was told above
        return []
    finally:
        store.close()
    listed = ", ".join(f"{row.name} ({row.guideline_slug})" for row in gone)
    found = (
        f"the folder of their guideline is not there: {listed}; "
        "people go on with the version kept in the store, GOLDLOOP_GUIDELINES names the folders"
    )
    return [Check("queues", True, found, warns=True)] if gone else []


def _store(settings: Settings) -> str:
    from storage import open_store
    from storage.migrate import head, revision

    store = open_store(settings.database_url, settings.redacting())
    try:
        if store.path is not None and not store.path.exists():
            return f"none yet at {store.path}"
        with store.read() as session:
            found, apart = revision(session), _clocks_apart(session)
        if found != head():
            raise ValueError(f"schema {found}, this program needs {head()}: goldloop migrate")
        if abs(apart) > CLOCKS_APART:
            raise ValueError(
                f"the database's clock is {apart:+.1f} s from this machine's: keep both by NTP, "
                "or draws may miss what came in meanwhile"
            )
        return f"schema {found} at {store.path or store.engine.url.render_as_string()}"
    finally:
        store.close()


def _redaction(settings: Settings) -> list[Check]:
    """What happens to texts, and whether the key of the placeholders is in order."""
    from labeling.redaction import in_words, redaction_told, untouched
    from storage import open_store
    from storage.queries.redaction import key_in_force
    from storage.redact.key import fingerprint

    default = settings.redaction
    store = open_store(settings.database_url, settings.redacting())
    try:
        if store.path is not None and not store.path.exists():
            return [Check("redaction", True, default, warns=default == "off")]
        with store.read() as session:
            told, kept = redaction_told(session, default), key_in_force(session)
        key = store.redaction.known
        if kept is not None and (key is None or fingerprint(key) != kept):
            found = f"the key in {store.redaction.where} is not the one that placeholders were "
            return [Check("redaction", False, found + "computed with: goldloop redaction key")]
        off = sorted(name for name, one in told["sources"].items() if one["policy"] == "off")
        words = f"{default}: {in_words(told)}" + (f"; off for {', '.join(off)}" if off else "")
        checks = [Check("redaction", True, words, warns=bool(off) or untouched(told) > 0)]
        if not store.is_sqlite and settings.redaction_key is None:
            found = "several servers of one database need GOLDLOOP_REDACTION_KEY; without it this "
            found += f"one has its own in {store.redaction.where}"
            checks.append(Check("redaction key", True, found, warns=True))
        return checks
    except Exception as error:  # noqa: BLE001 - whatever is wrong is what we are asked for
        return [Check("redaction", False, f"{type(error).__name__}: {error}")]
    finally:
        store.close()


def _clocks_apart(session: "Session") -> float:
    """By how many seconds a database on another machine is ahead of this one."""
    if session.dialect.name != "postgresql":
        return 0.0
    theirs: datetime = session.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
    return (theirs - datetime.now(UTC)).total_seconds()
