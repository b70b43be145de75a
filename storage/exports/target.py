"""Where an export goes: it appears whole under its name, or not at all."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from storage.errors import Conflict

_FORCE = "choose another path, or replace it with --force"


@contextmanager
def new_file(path: Path, *, force: bool = False, private: bool = False) -> Iterator[IO[bytes]]:
    """A file that takes its name when the block ends well; a private one for its owner alone.

    Raises
    ------
    Conflict
        `exists` when something is there and `force` is not given, or when it is a folder.
    """
    if path.is_dir():
        raise Conflict("exists", f"{path} is a folder", "name a file")
    if path.exists() and not force:
        raise Conflict("exists", f"{path} exists", _FORCE)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = _beside(path)
    try:
        part.touch(mode=0o600 if private else 0o666, exist_ok=False)
        with part.open("r+b") as out:
            yield out
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def new_folder(path: Path, *, force: bool = False) -> Iterator[Path]:
    """A folder to fill that takes its name when the block ends well.

    With `force` an older export is replaced, but never a folder that holds anything else.

    Raises
    ------
    Conflict
        `exists` when something is there and `force` is not given; `not_an_export` when what is
        there holds files that the new folder would not have.
    """
    if path.exists() and not force:
        raise Conflict("exists", f"{path} exists", _FORCE)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = _beside(path)
    part.mkdir()
    try:
        yield part
        if path.exists():
            _swap(part, path)
        else:
            part.rename(path)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _swap(part: Path, path: Path) -> None:
    """Put a new export in the place of an older one."""
    others = [] if not path.is_dir() else sorted(_files(path) - _files(part))
    if others or not path.is_dir():
        found = f"{path} holds {others[0]!r}" if others else f"{path} is a file"
        raise Conflict("not_an_export", f"{found}: it is not replaced", "choose another path")
    old = _beside(path)
    path.rename(old)
    part.rename(path)
    shutil.rmtree(old)


def _files(folder: Path) -> set[str]:
    """The files of a folder by their path in it, but for those an export may have or not."""
    found = (one.relative_to(folder) for one in folder.rglob("*") if not one.is_dir())
    return {
        one.as_posix()
        for one in found
        if one.as_posix() not in SOMETIMES and "__pycache__" not in one.parts
    }


SOMETIMES = frozenset(
    {"unscored.jsonl", "human.jsonl", "hs.py", "conversations.jsonl", "items.jsonl"}
    | {f"data/{name}.jsonl" for name in ("train", "dev", "validation", "test", "unscored")}
    | {f"{kind}.{suffix}" for kind in ("sft", "dpo", "kto") for suffix in ("jsonl", "yaml")}
)
"""What an older export may hold beside the files of the new one."""


def _beside(path: Path) -> Path:
    """A hidden name in the same folder, so that renaming it is one step."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
