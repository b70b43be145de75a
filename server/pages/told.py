"""What a page tells: texts by name, read into the values that the rules below want."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from labeling.errors import InvalidLabel

VALUE_CHARS = 4_000


class Told(msgspec.Struct, frozen=True):
    """The values of a form, each a list of texts, and where the page is."""

    values: dict[str, list[str]] = {}

    def many(self, name: str, longest: int = VALUE_CHARS) -> list[str]:
        """All values of a name, empty ones left out."""
        found = [value.strip() for value in self.values.get(name, ())]
        if any(len(value) > longest for value in found):
            raise InvalidLabel(name, f"is longer than {longest} characters", "say it shorter")
        return [value for value in found if value]

    def text(self, name: str) -> str | None:
        """The value of a name; None when nothing was given."""
        found = self.many(name)
        return found[0] if found else None

    def needed(self, name: str) -> str:
        """The value of a name that has to be given."""
        found = self.text(name)
        if found is None:
            raise InvalidLabel(name, "a value is needed", "type or choose one")
        return found

    def listed(self, name: str) -> list[str]:
        """Values that were typed with commas between them."""
        return [one.strip() for one in (self.text(name) or "").split(",") if one.strip()]

    def pairs(self, name: str) -> dict[str, float] | None:
        """Numbers by name, typed as `billing=1.2, shipping=0.4`."""
        found = {}
        for pair in self.listed(name):
            key, equals, value = pair.rpartition("=")
            number = Told({name: [value]}).number(name)
            if not equals or number is None:
                raise InvalidLabel(name, f"{pair!r:.80} is no pair", "such as billing=1.2")
            found[key.strip()] = number
        return found or None

    def number(self, name: str) -> float | None:
        """A number, typed with a point or a comma."""
        found = self.text(name)
        if found is None:
            return None
        try:
            number = float(found.replace(",", "."))
        except ValueError:
            raise InvalidLabel(name, f"{found!r:.80} is no number", "such as 0.5") from None
        if number != number or abs(number) == float("inf"):
            raise InvalidLabel(name, f"{found!r:.80} is no number", "such as 0.5")
        return number

    def whole(self, name: str) -> int | None:
        """A whole number."""
        found = self.text(name)
        if found is None:
            return None
        digits = found.replace(",", "").removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 19):
            raise InvalidLabel(name, f"{found!r:.80} is no whole number", "such as 100")
        return int(found.replace(",", ""))

    def share(self, name: str) -> float | None:
        """A percentage, as a share of 0 to 1."""
        number = self.number(name)
        if number is None:
            return None
        if not 0 <= number <= 100:
            raise InvalidLabel(name, f"{number:g} % is out of range", "from 0 to 100")
        return number / 100


HOUR, DAY = 3_600, 86_400
UNITS = {"minutes": 60, "hours": HOUR, "days": DAY, "weeks": 7 * DAY}


def seconds(told: Told, name: str) -> int | None:
    """A length of time: a number and, under `NAME.unit`, its unit."""
    number = told.number(name)
    if number is None:
        return None
    unit = told.text(f"{name}.unit") or "minutes"
    if unit not in UNITS:
        raise InvalidLabel(name, f"{unit!r:.80} is no unit", f"one of {', '.join(UNITS)}")
    return round(number * UNITS[unit])


def length(of_seconds: int) -> tuple[str, str]:
    """A length of time as a number and its largest unit that divides it."""
    for unit in ("weeks", "days", "hours"):
        if of_seconds % UNITS[unit] == 0 and of_seconds >= UNITS[unit]:
            return f"{of_seconds // UNITS[unit]:g}", unit
    return f"{of_seconds / 60:g}", "minutes"


def day_after(day: str, name: str) -> str:
    """The end of a day that was named: where the next one begins."""
    try:
        begin = datetime.fromisoformat(day).replace(tzinfo=UTC)
    except ValueError:
        raise InvalidLabel(name, f"{day!r:.80} is no day", "such as 2026-11-01") from None
    return (begin + timedelta(days=1)).isoformat()


def where(told: Told) -> dict[str, Any]:
    """The filter of a draw, in the shape of the public contract."""
    found: dict[str, Any] = {
        key: told.listed(f"where.{key}")
        for key in ("source", "category", "model", "variant", "flags")
    }
    found["since"] = told.text("where.since")
    if until := told.text("where.until"):
        found["until"] = day_after(until, "where.until")
    found["feedback_below"] = told.number("where.feedback_below")
    if has_feedback := told.text("where.has_feedback"):
        found["has_feedback"] = has_feedback == "true"
    if score := told.text("where.score.name"):
        below = told.number("where.score.below")
        if below is None:
            raise InvalidLabel(
                "where.score.below", "a bound is needed with the name of a score", "such as 3"
            )
        found["score"] = {"name": score, "below": below}
    if told.text("where.dedupe"):
        found["dedupe"] = True
    return {key: value for key, value in found.items() if value not in (None, [])}
