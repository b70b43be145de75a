"""Making connections to other platforms: what may be asked for, and what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from storage.engine import AnyRow, Session
from storage.errors import BadRow
from storage.interactions import GUIDELINE_SOURCE
from storage.queries import connections
from storage.sources.platforms import parse_scales
from storage.tables.connections import KINDS
from storage.values import MAX_NAME, OWN_NAME, is_own_name, name_of, shown

OPTIONS = {
    "page_size": (1, 1_000),
    "overlap_minutes": (0, 60 * 24 * 30),
    "reread_days": (0, 365),
    "reread_hours": (1, 24 * 365),
}
"""Options that are whole numbers, from and to; the others are `scale.NAME` and those of a kind."""
OF_KIND: dict[str, dict[str, tuple[str, ...]]] = {
    "langfuse": {"api": ("v1", "v2"), "dataset": ()},
    "langsmith": {"runs": ("llm", "root"), "tenant": ()},
}
"""Options of one kind, and what each may be; nothing listed: any short text."""
EVERY_MINUTES = (1, 60 * 24 * 31)
MAX_URL = 2_000


@dataclass(frozen=True)
class ConnectionSpec:
    """What a connection shall be."""

    name: str
    kind: str
    url: str
    project: str | None = None
    secret: str | None = None
    """The name of a secret in the settings."""
    source: str | None = None
    """Which source its interactions get; default: the name of the connection."""
    options: Mapping[str, str] = field(default_factory=dict)
    every_minutes: int | None = None


def make_connection(session: Session, spec: ConnectionSpec, now: datetime) -> AnyRow:
    """Keep a connection; its row.

    Raises
    ------
    BadRow
        Naming what cannot be, and what can.
    Conflict
        `exists` when one of that name is there.
    """
    _check_names(spec)
    values = {
        "name": spec.name,
        "kind": spec.kind,
        "url": _address(spec.url),
        "project": _project(spec),
        "secret": name_of("secret", spec.secret, MAX_NAME),
        "source": spec.source or spec.name,
        "options": _options(spec),
        "every_minutes": _every(spec.every_minutes),
        "progress": {},
        "created_at": now,
    }
    connections.add_connection(session, values)
    return connections.connection_named(session, spec.name)


def told(row: AnyRow) -> dict[str, Any]:
    """A connection as it is shown: the name of its secret, never the secret."""
    progress = row.progress
    return {
        "name": row.name,
        "kind": row.kind,
        "url": row.url,
        "project": row.project,
        "secret": row.secret,
        "source": row.source,
        "options": row.options,
        "every_minutes": row.every_minutes,
        "pulled_at": row.pulled_at,
        "pulled_until": progress.get("until"),
        "unfinished": "window" in progress,
        "fault": row.fault,
        "created_at": row.created_at,
    }


def _check_names(spec: ConnectionSpec) -> None:
    if not is_own_name(spec.name):
        raise BadRow("name", f"{shown(spec.name)} cannot be a name", OWN_NAME)
    if spec.kind not in KINDS:
        raise BadRow("kind", f"{shown(spec.kind)} is no kind", f"one of {', '.join(KINDS)}")
    source = name_of("source", spec.source, MAX_NAME)
    if source is not None and source.startswith(GUIDELINE_SOURCE):
        raise BadRow("source", f"{shown(source)} is reserved", "name another source")


def _address(url: str) -> str:
    hint = "such as http://127.0.0.1:6006, without user, query or fragment"
    try:
        parts = urlsplit(url)
        sound = parts.port != 0 and bool(parts.hostname)
    except ValueError:
        raise BadRow("url", "it is no address", hint) from None
    if "@" in parts.netloc:
        hint = "keep the key as a secret and give its name"
        raise BadRow("url", "it holds a user or a password", hint)
    if parts.scheme not in ("http", "https") or not sound or parts.query or parts.fragment:
        raise BadRow("url", f"{shown(url)} is no address of http or https", hint)
    if len(url) > MAX_URL or not url.isprintable() or " " in url:
        raise BadRow("url", "it is too long or holds spaces", hint)
    return url.rstrip("/")


def _project(spec: ConnectionSpec) -> str | None:
    project = name_of("project", spec.project, MAX_NAME)
    if project is None and spec.kind in ("mlflow", "langsmith"):
        what = "an experiment, by name or id" if spec.kind == "mlflow" else "a project, by name"
        raise BadRow("project", "missing", f"{spec.kind} needs {what}")
    if project is None and spec.kind == "phoenix":
        return "default"
    if project is not None and spec.kind == "phoenix" and set(project) & set("/?#"):
        raise BadRow("project", f"{shown(project)} holds / ? or #", "give the id of the project")
    return project


def _options(spec: ConnectionSpec) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in spec.options.items():
        if name in OPTIONS:
            found[name] = _whole(name, value)
        elif name.startswith("scale.") and len(name) > len("scale."):
            parse_scales({name.removeprefix("scale."): str(value)})
            found[name] = str(value)
        elif name in OF_KIND.get(spec.kind, {}):
            found[name] = _one_of(name, value, OF_KIND[spec.kind][name])
        else:
            known = [*OPTIONS, "scale.NAME", *OF_KIND.get(spec.kind, {})]
            hint = f"possible: {', '.join(known)}"
            raise BadRow("options", f"there is no option {shown(name)}", hint)
    return found


def _whole(name: str, value: object) -> int:
    low, high = OPTIONS[name]
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) < 10 and low <= int(text) <= high):
        raise BadRow(f"options.{name}", f"{shown(value)} cannot be", f"from {low} to {high}")
    return int(text)


def _one_of(name: str, value: object, possible: tuple[str, ...]) -> str | None:
    if possible and value not in possible:
        raise BadRow(f"options.{name}", f"{shown(value)} cannot be", " or ".join(possible))
    return name_of(f"options.{name}", value, MAX_NAME)


def _every(minutes: int | None) -> int | None:
    low, high = EVERY_MINUTES
    if minutes is not None and not low <= minutes <= high:
        raise BadRow("every_minutes", f"{minutes} cannot be", f"from {low} to {high}")
    return minutes
