"""Which text an exported sample is scored against."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labeling.errors import InvalidLabel
from labeling.fields import Answer, Field, Rating

_RULE = re.compile(r"response-if-([a-z][a-z0-9_]{0,63})>=(-?\d{1,3})")
_HINT = "corrected, 'response-if-quality>=4' (a rating of the form and a point of it), or none"


@dataclass(frozen=True)
class Expected:
    """Where expected answers come from: corrections, and perhaps responses that were rated well."""

    answer: str | None
    """The field with the corrected answer."""
    rating: str | None = None
    at_least: int = 0

    @classmethod
    def parse(cls, text: str, fields: Sequence[Field]) -> "Expected":
        """From `corrected`, `response-if-quality>=4` or `none`.

        Raises
        ------
        InvalidLabel
            Naming what can be said.
        """
        answer = next((one.name for one in fields if isinstance(one, Answer)), None)
        if text == "none":
            return cls(None)
        if text == "corrected":
            return cls(answer)
        found = _RULE.fullmatch(text)
        if found is None:
            raise InvalidLabel("expected", f"{text!r} is not a rule", _HINT)
        name, point = found[1], int(found[2])
        ratings = {one.name: one for one in fields if isinstance(one, Rating)}
        if name not in ratings:
            hint = f"ratings: {', '.join(ratings) or 'none'}"
            raise InvalidLabel("expected", f"{name!r} is not a rating of this form", hint)
        low, high = ratings[name].min, ratings[name].max
        if not low <= point <= high:
            raise InvalidLabel("expected", f"{point} is not on the scale", f"{low} to {high}")
        return cls(answer, name, point)

    def of(self, values: Mapping[str, Any], response: str | None) -> tuple[str | None, str | None]:
        """The expected answer of a task and where it is from: corrected, response, or neither."""
        written = values.get(self.answer) if self.answer else None
        if written:
            return written, "corrected"
        rated = values.get(self.rating) if self.rating else None
        if rated is not None and rated >= self.at_least and response and response.strip():
            return response, "response"
        return None, None
