"""Reading a table of a guideline key by key, with errors that name file, line, key and fix."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from labeling.errors import GuidelineError
from labeling.keys import AUTO

MAX_TEXT = 2_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True)
class Source:
    """Where a form was written: the file and its text, or neither when it came as JSON."""

    file: str | None = None
    text: str | None = None


@dataclass
class Table:
    """One table of the form. Every key must be asked for; `finish` refuses what nobody asked."""

    source: Source
    path: tuple[str | int, ...]
    raw: Mapping[str, Any]
    known: list[str] = field(default_factory=list)

    def wrong(self, key: str | None, message: str, hint: str) -> GuidelineError:
        """The error at one key of this table."""
        path = self.path if key is None else (*self.path, key)
        dotted = ""
        for part in path:
            dotted += f"[{part}]" if isinstance(part, int) else f".{part}"
        line = _line_of(self.source.text, path) if self.source.text else None
        return GuidelineError(self.source.file, line, dotted.lstrip("."), message, hint)

    def wrong_key(self, control: int, message: str, hint: str) -> GuidelineError:
        """The error at the key of one control: of an option, in a list of keys, or of the field."""
        options = self.raw.get("options")
        if isinstance(options, Sequence):
            return self.inside("options", control).wrong("key", message, hint)
        return self.wrong("keys" if "keys" in self.raw else "key", message, hint)

    def inside(self, key: str, place: int) -> "Table":
        """One table of a list of them."""
        return Table(self.source, (*self.path, key, place), self.raw[key][place])

    def get(self, key: str) -> Any:
        """The raw value, None when absent."""
        self.known.append(key)
        return self.raw.get(key)

    def text(self, key: str, default: str | None = None, longest: int = MAX_TEXT) -> str:
        """One line of text; required without a default."""
        value = self.get(key)
        if value is None and default is not None:
            return default
        if value is None:
            self._refuse_misspelt(key)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, f"{value!r} is not a text", f'write {key} = "..."')
        if len(value) > longest or _CONTROL.search(value):
            raise self.wrong(
                key,
                "the text is too long, or holds a line break or control character",
                f"at most {longest} characters on one line",
            )
        return value

    def _refuse_misspelt(self, key: str) -> None:
        """A key that is missing may be there under a name much like it."""
        others = [one for one in self.raw if one not in self.known]
        for written in get_close_matches(key, others, 1, cutoff=0.75):
            raise self.wrong(written, "unknown key", f"{key}?")

    def optional_text(self, key: str) -> str | None:
        """One line of text, or None."""
        return self.text(key, "") or None

    def name(self, key: str, pattern: str, shape: str) -> str:
        """A text of a fixed shape."""
        value = self.text(key)
        if not re.fullmatch(pattern, value):
            raise self.wrong(key, f"{value!r} cannot be a {key}", shape)
        return value

    def number(self, key: str, default: int | None, lowest: int, highest: int) -> int:
        """A whole number in a range; required without a default."""
        value = self.get(key)
        if value is None:
            value = default
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise self.wrong(
                key, f"{value!r} is not possible", f"a whole number from {lowest} to {highest}"
            )
        return value

    def flag(self, key: str) -> bool:
        """True or false; false when absent."""
        value = self.get(key)
        if value is not None and not isinstance(value, bool):
            raise self.wrong(key, f"{value!r} is neither true nor false", f"write {key} = true")
        return bool(value)

    def texts(self, key: str, count: int, longest: int = 200) -> tuple[str, ...] | None:
        """A list of exactly so many texts, or None."""
        value = self.get(key)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self.wrong(key, f"{value!r} is not a list of texts", f'{key} = ["...", "..."]')
        if len(value) != count or any(_CONTROL.search(one) or len(one) > longest for one in value):
            hint = f"exactly {count}, each on one line, at most {longest} long"
            raise self.wrong(key, f"{len(value)} texts", hint)
        return tuple(value)

    def choices(
        self, key: str, allowed: Sequence[str], default: tuple[str, ...]
    ) -> tuple[str, ...]:
        """Some of the allowed texts, at least one."""
        value = self.get(key)
        if value is None:
            return default
        if not isinstance(value, list) or not value or any(one not in allowed for one in value):
            raise self.wrong(key, f"{value!r} does not fit", "a list of: " + ", ".join(allowed))
        return tuple(one for one in allowed if one in value)

    def key(self) -> str | None:
        """The key of a control as written, None for "" (none at all), AUTO when it is left open."""
        value = self.get("key")
        if "key" not in self.raw:
            return AUTO
        if value is not None and not isinstance(value, str):
            raise self.wrong("key", f"{value!r} is not a text", 'one character, or "" for none')
        return value or None

    def keys(self, count: int) -> tuple[str | None, ...]:
        """The keys of several controls, or AUTO for all."""
        value = self.get("keys")
        if value is None:
            return (AUTO,) * count
        if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != count:
            raise self.wrong("keys", f"{value!r} does not fit", f"a list of {count} keys")
        if not all(one is None or isinstance(one, str) for one in value):
            raise self.wrong("keys", f"{value!r} holds more than texts", 'one character, or ""')
        return tuple(one or None for one in value)

    def table(self, key: str) -> "Table | None":
        """A table inside this one, or None."""
        value = self.get(key)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise self.wrong(key, f"{value!r} is not a table", f"{key} = {{...}}")
        return Table(self.source, (*self.path, key), value)

    def tables(self, key: str, fewest: int, most: int) -> list["Table"]:
        """A list of tables."""
        value = self.get(key)
        if (
            not isinstance(value, Sequence)
            or isinstance(value, str)
            or not all(isinstance(one, Mapping) for one in value)
        ):
            raise self.wrong(key, "is not a list of tables", f"{key} = [{{...}}, {{...}}]")
        if not fewest <= len(value) <= most:
            raise self.wrong(key, f"{len(value)} of them", f"from {fewest} to {most}")
        return [self.inside(key, place) for place in range(len(value))]

    def finish(self) -> None:
        """Refuse keys that nobody asked for: most are misspelt."""
        for key in self.raw:
            if key not in self.known:
                near = get_close_matches(key, self.known, 1)
                meant = f"{near[0]}? " if near else ""
                known = ", ".join(dict.fromkeys(self.known))
                raise self.wrong(key, "unknown key", f"{meant}known here: {known}")


def _line_of(text: str, path: Sequence[str | int]) -> int:
    """The line of a path such as ("fields", 1, "options", 2, "key"), as near as it can be told."""
    lines = text.split("\n")
    at = 0
    for step in path:
        at = _skip_to(lines, at, step) if isinstance(step, int) else _find(lines, at, step)
    return at + 1


def _find(lines: Sequence[str], start: int, key: str) -> int:
    """The line of a key in the table that begins at start; that line itself when it is missing."""
    name = rf"\"?{re.escape(key)}\"?\s*="
    if "{" in lines[start]:
        return start
    for number in range(start, len(lines)):
        line = lines[number]
        if re.match(rf"\s*{name}", line) or line.startswith(f"[[{key}]]"):
            return number
        if number > start and line.startswith("[["):
            break
    return start


def _skip_to(lines: Sequence[str], start: int, count: int) -> int:
    """The line where the count-th element begins: `[[fields]]` headers, or `{` of inline tables."""
    headed = lines[start].startswith("[[")
    seen = -1
    for number in range(start, len(lines)):
        line = lines[number].split("#")[0]
        seen += line.startswith("[[") if headed else line.count("{")
        if seen >= count:
            return number
    return start
