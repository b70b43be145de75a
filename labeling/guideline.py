"""A guideline: the rubric for people and the form, read from its folder and identified by hash."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from labeling.errors import GuidelineError, InvalidLabel
from labeling.fields import Field, parse_toml, read_fields
from labeling.gold import Gold, read_gold

RUBRIC, FORM = "guideline.md", "fields.toml"
SLUG = r"[a-z0-9][a-z0-9-]{0,63}"
MAX_RUBRIC_CHARS = 200_000


@dataclass(frozen=True)
class Guideline:
    """One version of a rubric and its form."""

    slug: str
    version: str
    title: str
    markdown: str
    fields: tuple[Field, ...]
    hash: str
    """SHA-256 over what was written: rubric, title, version, fields; layout does not count, and
    neither do agreed answers: labels made before and after one was added are compared."""
    gold: tuple[Gold, ...] = ()


def load_guideline(folder: Path) -> Guideline:
    """The guideline of one folder.

    Raises
    ------
    GuidelineError
        Naming file, line, key and fix.
    """
    slug = folder.name
    if not re.fullmatch(SLUG, slug):
        raise GuidelineError(
            str(folder), None, None, f"{slug!r} cannot be a slug", "small letters, digits and -"
        )
    form_file = folder / FORM
    markdown = _read(folder / RUBRIC).strip() + "\n"
    if len(markdown) > MAX_RUBRIC_CHARS:
        raise GuidelineError(
            str(folder / RUBRIC), None, None, f"{len(markdown)} characters",
            f"at most {MAX_RUBRIC_CHARS}: people have to read it",
        )  # fmt: skip
    form = parse_toml(_read(form_file), str(form_file))
    version = form.text("version", longest=40)
    title = form.text("title", longest=200)
    fields = read_fields(form)
    form.finish()
    written = msgspec.json.encode(
        [markdown, title, version, form.raw["fields"]],
        order="deterministic",
    )
    found = hashlib.sha256(written).hexdigest()
    return Guideline(slug, version, title, markdown, fields, found, read_gold(folder, fields))


def load_guidelines(*folders: Path) -> dict[str, Guideline]:
    """Every guideline in these folders, by slug; a later folder wins over an earlier one.

    A folder may also be a guideline itself.
    """
    found = {}
    for parent in folders:
        if not parent.is_dir():
            raise GuidelineError(
                str(parent), None, None, "no such folder", "a folder that holds guideline folders"
            )
        for folder in (parent.absolute(), *sorted(parent.iterdir())):
            if (folder / FORM).exists() or (folder / RUBRIC).exists():
                found[folder.name] = load_guideline(folder)
    return found


def named(guidelines: Mapping[str, Guideline], slug: str) -> Guideline:
    """The guideline of that slug; InvalidLabel names the ones there are."""
    found = guidelines.get(slug)
    if found is None:
        hint = "there are: " + (", ".join(sorted(guidelines)) or "none")
        raise InvalidLabel("guideline", f"no guideline {slug!r:.120}", hint)
    return found


def shipped_folder() -> Path:
    """Where the guidelines of this program are: in the wheel, or at the root of its source."""
    here = Path(__file__).parent
    packed = here / "shipped_guidelines"
    return packed if packed.is_dir() else here.parent / "guidelines"


def _read(file: Path) -> str:
    try:
        text = file.read_bytes().decode()
    except FileNotFoundError as error:
        raise GuidelineError(
            str(file), None, None, "is missing", f"a guideline is {RUBRIC} and {FORM}"
        ) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise GuidelineError(str(file), line, None, "is not UTF-8", "save it as UTF-8") from error
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\x00", "\ufffd")
