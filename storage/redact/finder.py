"""All recognisers over one text: quick where there is nothing, and without overlaps."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from storage.redact.accounts import Cards, Ibans
from storage.redact.custom import Patterns
from storage.redact.digits import has_digit, rich_parts
from storage.redact.emails import Emails, may_be_spelt
from storage.redact.keys import Keys, by_prefix, has_secret_word
from storage.redact.national import NationalIds
from storage.redact.networks import Networks
from storage.redact.phones import REGIONS, Phones
from storage.redact.spans import KINDS, Recogniser, Span

VERSION = "2"
"""Goes up whenever the same text may be read otherwise; manifests name it."""
FIRST = ("secret", "email", "iban", "card", "ip", "national_id", "phone")
"""Of two that overlap, the one whose kind is earlier here counts; others come before all."""
OF_IDS = frozenset(("email", "phone", "secret"))
"""What is looked for in ids: only what shows by itself what it is."""
_GONE = "•"
_SHORTEST = 6
SHORTEST_KEY = 18
"""Characters from which an id may be a secret that shows what it is."""


class Finder:
    """Finds what is to go from a text; one for each policy, for any number of threads."""

    def __init__(
        self,
        kinds: Iterable[str] = KINDS,
        regions: Sequence[str] = (),
        patterns: Mapping[str, str] | None = None,
        extra: Sequence[Recogniser] = (),
    ) -> None:
        wanted = frozenset(kinds)
        of_digits: dict[str, Callable[[], Recogniser]] = {
            "iban": Ibans,
            "card": Cards,
            "national_id": lambda: NationalIds(regions),
            "phone": lambda: Phones(regions or REGIONS),
        }
        self._of_digits = [make() for kind, make in of_digits.items() if kind in wanted]
        self._emails = Emails() if "email" in wanted else None
        self._networks = Networks() if "ip" in wanted else None
        self._keys = Keys() if "secret" in wanted else None
        self._kinds = wanted
        self._always: list[Recogniser] = [*extra, *([Patterns(patterns)] if patterns else [])]

    def find(self, text: str) -> list[Span]:
        """What is to go, in order, none overlapping another."""
        if len(text) < _SHORTEST and not self._always:
            return []
        digits = has_digit(text)
        if not self._always and not digits and not self._may_without_digits(text):
            return []
        found = list(self._all(text, digits))
        return _apart(found) if found else found

    def find_in_id(self, text: str) -> list[Span]:
        """The same for the id of a person, a session or an interaction."""
        kinds, found = self._kinds & OF_IDS, list[Span]()
        if "email" in kinds and "@" in text:
            found += Emails().find(text)
        if "secret" in kinds and len(text) >= SHORTEST_KEY:
            found += by_prefix(text)
        if "phone" in kinds and "+" in text:
            found += [one for one in Phones(()).find(text) if "+" in text[one.start : one.end]]
        return _apart(found) if found else found

    def _may_without_digits(self, text: str) -> bool:
        """Whether one of those that need no digits may find something."""
        if "@" in text or ":" in text or "=" in text or "-" in text or "_" in text:
            return True
        if self._keys is not None and has_secret_word(text.lower()):
            return True
        bracket = "(" in text or "[" in text or "{" in text or "<" in text
        return bracket and self._emails is not None and may_be_spelt(text)

    def _all(self, text: str, digits: bool) -> Iterator[Span]:
        if self._emails is not None:
            yield from self._emails.find(text)
        if self._networks is not None and digits:
            yield from self._networks.find(text)
        if self._keys is not None:
            yield from self._keys.find(text)
        if digits:
            yield from self._of_rich_parts(text)
        for recogniser in self._always:
            yield from recogniser.find(text)

    def _of_rich_parts(self, text: str) -> Iterator[Span]:
        for start, part in rich_parts(text):
            rest = part
            for recogniser in self._of_digits:  # numbers are looked up last: that takes longest
                for one in list(recogniser.find(rest)):
                    yield one._replace(start=start + one.start, end=start + one.end)
                    gone = _GONE * (one.end - one.start)
                    rest = rest[: one.start] + gone + rest[one.end :]


def _apart(found: list[Span]) -> list[Span]:
    """Without overlaps: the more telling kind first, then the longer."""
    if len(found) == 1:
        return found
    rank = {kind: place for place, kind in enumerate(FIRST)}
    taken: list[Span] = []
    found.sort(key=lambda one: (rank.get(one.kind, -1), one.start - one.end, one.start))
    last: list[tuple[int, int]] = []
    for one in found:
        place = _place(last, one.start)
        before = place > 0 and last[place - 1][1] > one.start
        after = place < len(last) and last[place][0] < one.end
        if not before and not after:
            last.insert(place, (one.start, one.end))
            taken.append(one)
    return sorted(taken)


def _place(taken: list[tuple[int, int]], start: int) -> int:
    from bisect import bisect_left

    return bisect_left(taken, (start, start))
