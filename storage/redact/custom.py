"""Patterns of a team's own, run by RE2 (in pyarrow): time linear in the text, whatever the pattern.

Python's own engine can take years for a pattern of ten characters, and cannot be stopped.
"""

import re
from collections.abc import Iterator, Mapping

from storage.errors import BadRow
from storage.redact.spans import KINDS, NAMED_KINDS, Span

MAX_PATTERNS = 20
MAX_PATTERN = 500
"""Most characters of one pattern."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,29}")
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"  # code points that no text has


class Patterns:
    """Finds what the patterns of a source match; the name of a pattern is the kind."""

    def __init__(self, patterns: Mapping[str, str]) -> None:
        self._patterns = dict(patterns)

    def find(self, text: str) -> Iterator[Span]:
        """Every match of every pattern."""
        import pyarrow.compute as compute

        clean = text.replace(_OPEN, "\ufffd").replace(_CLOSE, "\ufffd")
        clean = clean.encode("utf-8", "replace").decode()
        for name, pattern in self._patterns.items():
            marked = compute.replace_substring_regex(clean, pattern, f"{_OPEN}\\0{_CLOSE}").as_py()
            place = 0
            for part in marked.split(_OPEN):
                inside, closed, rest = part.partition(_CLOSE)
                if closed and inside:
                    yield Span(place, place + len(inside), name, inside)
                place += len(inside) + len(rest)


def check_patterns(patterns: Mapping[str, str]) -> dict[str, str]:
    """The patterns, when every one has a usable name and RE2 takes it.

    Raises
    ------
    BadRow
        Naming the pattern, what is wrong with it, and the fix.
    """
    if len(patterns) > MAX_PATTERNS:
        raise BadRow("patterns", f"{len(patterns)} of them", f"at most {MAX_PATTERNS}")
    return {name: _checked(name, pattern) for name, pattern in patterns.items()}


def _checked(name: str, pattern: object) -> str:
    import pyarrow as pa
    import pyarrow.compute as compute

    field = f"patterns.{name:.40}"
    if _NAME.fullmatch(name) is None or name in (*KINDS, *NAMED_KINDS):
        raise BadRow(field, "cannot name a pattern", "small letters, digits, _; no kind's own name")
    if not isinstance(pattern, str) or not 0 < len(pattern) <= MAX_PATTERN:
        raise BadRow(field, "is no pattern", f"a text of 1 to {MAX_PATTERN} characters")
    try:
        empty = compute.match_substring_regex("", pattern).as_py()
    except (pa.ArrowInvalid, UnicodeEncodeError) as error:
        hint = "RE2's syntax: no backreferences, no lookaround"
        raise BadRow(field, f"{error!s:.120}", hint) from None
    if empty:
        raise BadRow(field, "matches nothing at all", "let it want at least one character")
    return pattern
