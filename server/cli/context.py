"""What every command needs: the store of the settings, one way to answer, one way to fail."""

import functools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ParamSpec

import click

if TYPE_CHECKING:
    from labeling.guideline import Guideline
    from server.settings import Settings
    from storage import Store

P = ParamSpec("P")
as_json = click.option("--json", "json_", is_flag=True, help="Answer with one line of JSON.")


def now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


def settings(**given: Any) -> "Settings":
    """The settings of this run; what was given on the command line wins."""
    from server.settings import Settings

    return Settings(**{key: value for key, value in given.items() if value is not None})


@contextmanager
def opened(url: str | None = None, *, create: bool = False) -> Iterator["Store"]:
    """The store of the settings, up to date; `create` for commands that may begin a new one.

    Raises
    ------
    click.ClickException
        When there is no store yet and the command cannot begin one.
    """
    from storage import ensure_current, open_store

    chosen = settings()
    store = open_store(url or chosen.database_url, chosen.redacting())
    try:
        if not create and store.path is not None and not store.path.exists():
            raise click.ClickException(
                f"there is no store at {store.path} yet; "
                "`goldloop ingest FILE`, `goldloop user add` or `goldloop serve` begins one"
            )
        ensure_current(store)
        yield store
    finally:
        store.close()


def guidelines() -> "dict[str, Guideline]":
    """The guidelines of this installation and of the folder in the settings."""
    from labeling.guideline import load_guidelines

    return load_guidelines(*settings().guideline_folders())


def answer(result: Any, json_: bool, text: Callable[[], str] | str) -> None:
    """Print a result: one line of JSON, or text for a person."""
    if json_:
        from storage.types import encode_json

        click.echo(encode_json(result))
        return
    click.echo(text if isinstance(text, str) else text())


_LISTS = {
    "account": "user list",
    "connection": "connection list",
    "dataset": "dataset list",
    "judge run": "judging runs",
    "queue": "queue list",
    "webhook": "webhook list",
}
"""The command that lists what there is, by the kind of what was not found."""


def fails_cleanly(command: Callable[P, None]) -> Callable[P, None]:
    """Turn what can go wrong on purpose into a message, a hint and exit code 1."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except click.ClickException:
            raise
        except Exception as error:
            found = _explained(error)
            if found is None:
                raise
            if kwargs.get("json_"):
                answer({"error": found}, True, "")
            else:
                click.echo(f"error: {_named(found)}", err=True)
                if found.get("hint"):
                    click.echo(f"  {found['hint']}", err=True)
            sys.exit(1)

    return run


def _named(found: Mapping[str, str]) -> str:
    """The message, with the field it is about in front unless it names it itself."""
    field, message = found.get("field"), found["message"]
    if field is None or field.rpartition(".")[2].lower() in message.lower():
        return message
    return f"{field}: {message}"


def _explained(error: Exception) -> dict[str, str] | None:
    """The public error object of what we raise on purpose; None for a fault of ours."""
    from server.api.errors import error_body, known

    if known(error):
        lists = _LISTS.get(getattr(error, "kind", ""))
        return ({"hint": f"goldloop {lists}"} if lists else {}) | dict(error_body(error))
    if isinstance(error, OSError):
        return {"code": "os_error", "message": str(error)}
    return None


def pairs(items: tuple[str, ...], option: str) -> dict[str, str]:
    """`key=value` options as a mapping."""
    found = {}
    for item in items:
        key, equals, value = item.partition("=")
        if not equals or not key:
            raise click.BadParameter(f"{item!r} is not KEY=VALUE", param_hint=option)
        found[key] = value
    return found


def many(items: tuple[str, ...], option: str) -> dict[str, Any]:
    """`key=value` options where a repeated key makes a list."""
    found: dict[str, Any] = {}
    for item in items:
        for key, value in pairs((item,), option).items():
            found[key] = [*found.get(key, []), value]
    return {key: value[0] if len(value) == 1 else value for key, value in found.items()}


def table(
    rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], nothing: str = "none"
) -> str:
    """Rows as aligned text under the given headings, or a word for none."""
    if not rows:
        return nothing
    cells = [[*columns.values()]]
    cells += [[_cell(row.get(key)) for key in columns] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
             for line in cells]  # fmt: skip
    return "\n".join(line.rstrip() for line in lines)


def moment(value: datetime) -> str:
    """A time for a person, in UTC to the second."""
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S UTC}"


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}"
    shown = str(value)
    return "".join(char if char.isprintable() else "�" for char in shown)


def figure(found: Mapping[str, Any]) -> str:
    """A figure with its interval and n, or why there is none."""
    if found.get("value") is None:
        return f"undefined: {found.get('reason')} (n {found.get('n', 0)})"
    shown = f"{found['value']:.3f}"
    if found.get("ci"):
        low, high = found["ci"]
        shown += f"  [{low:.3f}, {high:.3f}]"
    elif found.get("reason"):
        shown += f"  (no interval: {found['reason']})"
    return f"{shown}  n {found['n']}"
