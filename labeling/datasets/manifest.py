"""What an exported folder holds, hashed so that any change in it shows; checked without a store.

manifest.json      every file with its SHA-256, the root over them, the hash of the version
items.jsonl        id, split and hash of every item: their root is the hash of the version
manifest.sha256    SHA-256 of manifest.json, as `sha256sum -c` reads it: the root of everything
manifest.hmac      with a key: HMAC-SHA-256 of manifest.json
"""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from labeling.datasets.tree import leaf, root
from labeling.errors import InvalidLabel

FORMAT = "goldloop-dataset/1"
MANIFEST, ITEMS, DETACHED, SIGNATURE = (
    "manifest.json", "items.jsonl", "manifest.sha256", "manifest.hmac",
)  # fmt: skip
APART = (MANIFEST, DETACHED, SIGNATURE)
"""Files that the manifest cannot list."""


@dataclass(frozen=True)
class Verified:
    """What checking a folder found."""

    root: str
    """SHA-256 of the manifest as it is."""
    faults: tuple[str, ...] = ()
    files: int = 0
    items: int = 0
    signed: bool = False
    """Whether there is a signature."""
    trusted: str | None = None
    """What vouches for the root: signature or root; None: only the folder itself does."""
    about: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """For the command line."""
        names = ("root", "files", "items", "signed", "trusted")
        told = {name: getattr(self, name) for name in names}
        return {"ok": not self.faults, "faults": list(self.faults)} | told | self.about


def item_lines(
    rows: Sequence[tuple[str, str, str]], shown: Sequence[str]
) -> Iterator[dict[str, str]]:
    """An entry for each item of a version; of splits that are not shown only the leaf is told."""
    for key, split, hashed in sorted(rows):
        told = {"leaf": leaf(key, split, hashed), "split": split}
        yield told | ({"id": key, "sha256": hashed} if split in shown else {})


def seal(folder: Path, about: Mapping[str, Any], key: bytes | None) -> str:
    """Write the manifest of a folder that is complete but for it; its hash, the root of all."""
    files = {name: _file(folder / name) for name in _names(folder)}
    told = {
        "format": FORMAT,
        **about,
        "files": files,
        "root_of_files": _root_of(files),
        "items_file": ITEMS,
    }
    text = msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"
    (folder / MANIFEST).write_bytes(text)
    found = sha256(text).hexdigest()
    (folder / DETACHED).write_bytes(f"{found}  {MANIFEST}\n".encode())
    if key is not None:
        (folder / SIGNATURE).write_bytes(f"{_signature(key, text)}\n".encode())
    return found


def _signature(key: bytes, text: bytes) -> str:
    return hmac.new(key, text, sha256).hexdigest()


def _root_of(files: Mapping[str, Mapping[str, Any]]) -> str:
    return root([leaf(name, str(files[name]["sha256"])) for name in sorted(files)])


def _names(folder: Path) -> list[str]:
    """Every file of a folder but those that the manifest cannot list, by its path in there."""
    found = (one for one in folder.rglob("*") if one.is_symlink() or not one.is_dir())
    names = (one.relative_to(folder).as_posix() for one in found)
    return sorted(name for name in names if name not in APART)


def _file(path: Path) -> dict[str, Any]:
    digest, size = sha256(), 0
    with path.open("rb") as data:
        while part := data.read(1 << 20):
            digest.update(part)
            size += len(part)
    return {"sha256": digest.hexdigest(), "bytes": size}


def verify(folder: Path, *, expected: str | None = None, key: bytes | None = None) -> Verified:
    """Check an exported folder; reads nothing but the folder.

    Parameters
    ----------
    folder : Path
        What was exported.
    expected : str, optional
        The root as it was told when it was exported.
    key : bytes, optional
        The key that it was signed with.

    Returns
    -------
    Verified
        With every fault in words; none: nothing was changed. Without `expected` and `key`,
        somebody who changed the folder and made its manifest anew is not found out.

    Raises
    ------
    InvalidLabel
        If there is no manifest at all.
    """
    path = folder / MANIFEST
    if not path.is_file():
        hint = "name a folder that `goldloop dataset export` wrote"
        raise InvalidLabel("path", f"there is no {MANIFEST} in it", hint)
    text = path.read_bytes()
    found = sha256(text).hexdigest()
    faults = list(_outer_faults(folder, text, found, expected, key))
    try:
        told = msgspec.json.decode(text, type=_Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Verified(found, (*faults, f"{MANIFEST} cannot be read: {error!s:.200}"))
    faults += _file_faults(folder, told)
    leaves, item_faults = _items(folder, told)
    faults += item_faults
    trusted = "signature" if key is not None else "root" if expected is not None else None
    about = {"dataset": told.dataset, "version": told.version, "hash": told.hash}
    signed = (folder / SIGNATURE).is_file()
    return Verified(found, tuple(faults), len(told.files), leaves, signed, trusted, about)


class _Entry(msgspec.Struct):
    sha256: str
    bytes: int


class _Manifest(msgspec.Struct):
    format: str
    dataset: str
    version: int
    hash: str
    files: dict[str, _Entry]
    root_of_files: str


class _Line(msgspec.Struct):
    leaf: str
    split: str
    id: str | None = None
    sha256: str | None = None


_line = msgspec.json.Decoder(_Line)


def _outer_faults(
    folder: Path, text: bytes, found: str, expected: str | None, key: bytes | None
) -> Iterator[str]:
    """What is wrong with the manifest as a whole."""
    detached = folder / DETACHED
    if not detached.is_file():
        yield f"{DETACHED} is missing"
    elif detached.read_bytes() != f"{found}  {MANIFEST}\n".encode():
        yield f"{MANIFEST} is not what {DETACHED} says, or {DETACHED} was changed"
    if expected is not None and expected != found:
        yield f"{MANIFEST} has the root {found}, not {expected[:80]}"
    signature = folder / SIGNATURE
    if key is not None:
        said = signature.read_bytes() if signature.is_file() else b""
        if not hmac.compare_digest(said, f"{_signature(key, text)}\n".encode()):
            yield f"{SIGNATURE} is not the signature of {MANIFEST} with this key"


def _file_faults(folder: Path, told: _Manifest) -> Iterator[str]:
    if told.format != FORMAT:
        yield f"{MANIFEST}: format {told.format!r:.80}, this program reads {FORMAT}"
    if ITEMS not in told.files:
        yield f"{MANIFEST} does not name {ITEMS}: nothing vouches for the hash of the version"
    there = set(_names(folder))
    for name in sorted(there - set(told.files)):
        yield f"{name!r:.200} is not in the manifest"
    for name, entry in sorted(told.files.items()):
        fault = _file_fault(folder / name, entry) if name in there else "is missing"
        if fault is not None:
            yield f"{name!r:.200} {fault}"
    entries = {name: {"sha256": entry.sha256} for name, entry in told.files.items()}
    if _root_of(entries) != told.root_of_files:
        yield f"{MANIFEST}: the root of its files is not that of its entries"


def _file_fault(path: Path, entry: _Entry) -> str | None:
    """What is wrong with a file that is there."""
    if path.is_symlink() or not path.is_file():  # a pipe would be waited for
        return "is no file of its own"
    one = _file(path)
    is_same = one["sha256"] == entry.sha256 and one["bytes"] == entry.bytes
    return None if is_same else "was changed"


def _items(folder: Path, told: _Manifest) -> tuple[int, list[str]]:
    """How many items are listed, and what is wrong with the list."""
    path = folder / ITEMS
    if path.is_symlink() or not path.is_file():
        return 0, []  # told as missing already
    try:
        rows = [_line.decode(line) for line in path.read_bytes().splitlines() if line]
        made = [
            leaf(row.id, row.split, row.sha256 or "") == row.leaf
            for row in rows
            if row.id is not None
        ]
        whole = root([row.leaf for row in rows])
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        return 0, [f"{ITEMS} cannot be read: {error!s:.200}"]
    faults = [] if all(made) else [f"{ITEMS} has an item whose hash is another one"]
    if whole != told.hash:
        faults.append(f"{ITEMS} does not give the hash of the version")
    return len(rows), faults
