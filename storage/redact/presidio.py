"""Names and addresses by presidio, an optional extra, with a spaCy model that the user installs.

`other_id` needs no model: the patterns of presidio for what this package has no rule for.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

from storage.errors import BadRow
from storage.redact.spans import Span

ENTITIES = {
    "name": ("PERSON",),
    "address": ("LOCATION",),
    "other_id": (
        *("US_BANK_NUMBER", "US_DRIVER_LICENSE", "MEDICAL_LICENSE", "UK_NHS", "CRYPTO"),
        *("AU_MEDICARE", "IN_PAN", "IN_VOTER", "SG_NRIC_FIN"),
    ),
}
_SURE = 0.4
"""Presidio's score from which a find counts; its phone numbers, for one, never reach 0.5."""


def check_installed() -> None:
    """Refuse kinds that need the extra where it is not installed.

    Raises
    ------
    BadRow
        Telling what to install.
    """
    if find_spec("presidio_analyzer") is None:
        hint = "pip install 'goldloop[presidio]'"
        raise BadRow("kinds", f"{', '.join(ENTITIES)} need the extra presidio", hint)


class Presidio:
    """Finds what the named kinds stand for; `name` and `address` need a model."""

    def __init__(self, kinds: Sequence[str], model: str | None) -> None:
        check_installed()
        if model is None and set(kinds) & {"name", "address"}:
            hint = "set GOLDLOOP_REDACTION_MODEL to an installed spaCy model, as en_core_web_sm"
            raise BadRow("kinds", "name and address need a language model", hint)
        self._kind_of = {entity: kind for kind in kinds for entity in ENTITIES[kind]}
        self._model = model

    def find(self, text: str) -> Iterator[Span]:
        """Every find that presidio is sure enough of."""
        found = _analyzer(self._model).analyze(
            text=text, language="en", entities=list(self._kind_of), score_threshold=_SURE
        )
        for one in found:
            value = " ".join(text[one.start : one.end].casefold().split())
            yield Span(one.start, one.end, self._kind_of[one.entity_type], value)


@lru_cache(2)
def _analyzer(model: str | None) -> Any:
    import spacy
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    class Loaded(SpacyNlpEngine):  # type: ignore[misc]
        """An engine around what is installed: presidio's own would download a model."""

        def __init__(self) -> None:
            super().__init__()
            self.nlp = {"en": spacy.load(model) if model else spacy.blank("en")}

    return AnalyzerEngine(nlp_engine=Loaded(), supported_languages=["en"])
