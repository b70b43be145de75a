"""`goldloop demo`, `serve`, `migrate`, `doctor`, `backup`, `restore`: the installation itself."""

from pathlib import Path

import click

from server.cli.context import answer, as_json, fails_cleanly, now, opened, settings


def _serve(settings_: object) -> None:
    import uvicorn

    from server.app import create_app
    from server.settings import Settings

    assert isinstance(settings_, Settings)  # noqa: S101 - for the type checker
    uvicorn.run(
        create_app(settings_),
        host=settings_.host,
        port=settings_.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )


@click.command()
@click.option("--host", help="Address to listen on; default: this machine only.")
@click.option("--port", type=int, help="Port to listen on.")
@fails_cleanly
def serve(host: str | None, port: int | None) -> None:
    """Run everything: REST, pages, schedules."""
    chosen = settings()
    given = {"host": host, "port": port}
    chosen = chosen.model_copy(update={key: value for key, value in given.items() if value})
    with opened(create=True):
        pass
    click.echo(f"Goldloop at {chosen.address()}  (stop with Ctrl+C)", err=True)
    _serve(chosen)


@click.command()
@click.option("--port", type=int, help="Port to listen on.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@fails_cleanly
def demo(port: int | None, no_browser: bool) -> None:
    """Load the example data, make example people, and run; repeating it is harmless."""
    from server.demo.load import load_demo

    chosen = settings()
    if port:
        chosen = chosen.model_copy(update={"port": port})
    with opened(create=True) as store:
        loaded = load_demo(store, chosen, now)
    click.echo(loaded.told(chosen))
    if not no_browser:
        click.launch(chosen.address())
    _serve(chosen)


@click.command()
@as_json
@fails_cleanly
def migrate(json_: bool) -> None:
    """Create or upgrade the tables."""
    from storage import open_store, upgrade
    from storage.migrate import head

    store = open_store(settings().database_url)
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
    lines = [f"{'ok  ' if one.ok else 'BAD '} {one.what}: {one.found}" for one in found]
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
