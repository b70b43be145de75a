"""Write the reference pages from the program itself: `python docs/generate.py`."""

from collections.abc import Iterator
from pathlib import Path

import click

from server.cli import goldloop
from server.settings import Settings

REFERENCE = Path(__file__).with_name("reference")


def _help(command: click.Command, path: str, parent: click.Context | None) -> Iterator[str]:
    context = click.Context(
        command,
        info_name=path.split()[-1],
        parent=parent,
        terminal_width=100,
        **command.context_settings,
    )
    if isinstance(command, click.Group):
        for name, inner in sorted(command.commands.items()):
            yield from _help(inner, f"{path} {name}", context)
        return
    yield f"## {path}\n\n    " + command.get_help(context).replace("\n", "\n    ") + "\n"


def commands() -> str:
    """Every command with its help."""
    lead = (
        "# Commands\n\nExit code 0: done, 1: failed, 2: wrong usage. "
        "With `--json` the answer is one line.\n"
    )
    text = "\n".join([lead, *_help(goldloop, "goldloop", None)])
    return "\n".join(line.rstrip() for line in text.split("\n"))


def settings() -> str:
    """Every setting with its default and its sentence."""
    lines = [
        "# Settings",
        "",
        "From the environment, or from the TOML file that `GOLDLOOP_CONFIG` names (keys in small "
        "letters without the prefix).",
        "",
        "| variable | default | what it does |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = "" if field.default_factory else f"`{field.default}`"
        told = " ".join((field.description or "").split())
        lines.append(f"| `GOLDLOOP_{name.upper()}` | {default} | {told} |")
    return "\n".join(lines) + "\n"


def pages() -> dict[str, str]:
    """Text by file name."""
    return {"commands.md": commands(), "settings.md": settings()}


if __name__ == "__main__":
    REFERENCE.mkdir(exist_ok=True)
    for name, text in pages().items():
        (REFERENCE / name).write_text(text)
