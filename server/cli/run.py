"""`goldloop demo`, `serve`, `migrate`, `doctor`, `backup`, `restore`: the installation itself."""

import errno
import socket
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import click

from server.cli.context import answer, as_json, fails_cleanly, now, opened, settings

if TYPE_CHECKING:
    from server.settings import Settings

BACKLOG = 2048


@contextmanager
def _listening(settings_: "Settings") -> Iterator[socket.socket]:
    """The port, taken before anything else is done; who connects waits until we are ready."""
    host, port = settings_.host, settings_.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            other = f"--port {port + 1} (make: PORT={port + 1})"
            message = f"port {port} is in use; choose another: {other}"
        else:
            message = f"cannot listen on {host} port {port}: {error.strerror or error}"
        raise click.ClickException(message) from error
    with listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # answers in two parts
        yield listener


def _run(settings_: "Settings", listener: socket.socket, ready: Callable[[], object]) -> None:
    """Serve until told to stop; `ready` is called when the app stands."""
    import uvicorn

    from server.app import create_app

    config = uvicorn.Config(
        create_app(settings_),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    server = uvicorn.Server(config)
    ready()
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        return
    if not server.started:
        raise click.ClickException("the app did not start; the lines above say why")


@click.command()
@click.option("--host", help="Address to listen on; default: this machine only.")
@click.option("--port", type=int, help="Port to listen on.")
@fails_cleanly
def serve(host: str | None, port: int | None) -> None:
    """Run everything: REST, pages, schedules."""
    chosen = settings(host=host, port=port)
    with _listening(chosen) as listener:
        with opened(create=True):
            pass
        told = f"Goldloop is at {chosen.address()}  (stop with Ctrl+C)"
        _run(chosen, listener, lambda: click.echo(told, err=True))


@click.command()
@click.option("--port", type=int, help="Port to listen on.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@fails_cleanly
def demo(port: int | None, no_browser: bool) -> None:
    """Load the example data into a store of its own, make example people, and run."""
    from server.demo.load import load_demo

    chosen = settings(port=port).apart()
    with _listening(chosen) as listener:
        with opened(chosen.database_url, create=True) as store:
            told = load_demo(store, chosen, now).told(chosen)

        def ready() -> None:
            click.echo(told)
            if not no_browser:
                Thread(target=_show, args=(chosen.address(),), daemon=True).start()

        _run(chosen, listener, ready)


def _show(address: str) -> None:
    """Open a browser that has a window of its own; without a word where there is none."""
    with suppress(webbrowser.Error):
        browser = webbrowser.get()
        if type(browser) is not webbrowser.GenericBrowser:  # such a one would take this terminal
            browser.open(address)


@click.command()
@as_json
@fails_cleanly
def migrate(json_: bool) -> None:
    """Create or upgrade the tables."""
    from storage import open_store, upgrade
    from storage.migrate import head

    store = open_store(settings().database_url, settings().redacting())
    try:
        changed = upgrade(store)
    finally:
        store.close()
    told = f"schema {head()}: {'upgraded' if changed else 'nothing to do'}"
    answer({"revision": head(), "changed": changed}, json_, told)


@click.command()
@as_json
@fails_cleanly
def doctor(json_: bool) -> None:
    """Check that this installation is whole and its store in order."""
    from server.doctor import examine

    found = examine(settings())
    marks = ["BAD " if not one.ok else "warn" if one.warns else "ok  " for one in found]
    lines = [f"{mark} {one.what}: {one.found}" for mark, one in zip(marks, found, strict=True)]
    well = all(one.ok for one in found)
    report = {"ok": well, "checks": [one._asdict() for one in found]}
    answer(report, json_, "\n".join(lines))
    if not well:
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace what is there.")
@as_json
@fails_cleanly
def backup(path: Path, force: bool, json_: bool) -> None:
    """Write the whole store to one file, while it is in use."""
    from storage.backup import backup as write_backup

    with opened() as store:
        report = write_backup(store, path, force=force)
    answer(report.to_json(), json_, f"{report.rows} rows written to {path}")


@click.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
@fails_cleanly
def restore(path: Path, json_: bool) -> None:
    """Fill an empty store from a backup; it may be of the other kind of database."""
    from storage.backup import restore as read_backup

    with opened(create=True) as store:
        report = read_backup(store, path)
    answer(report.to_json(), json_, f"{report.rows} rows restored from {path}")
