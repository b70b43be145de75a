"""The shipped checks: each a pure function of texts, each with a version that grows with it."""

from storage.checks.exchange import Exchange
from storage.checks.language import language_of
from storage.checks.matching import matches

VERSIONS = {
    "empty": 1,
    "too_short": 1,
    "too_long": 1,
    "refusal": 1,
    "repetition": 1,
    "language_mismatch": 2,
}
"""Grows when a check begins to say something else of the same text."""
OPENING = 300
"""A refusal says so in its first characters."""
END = 40
"""A model that goes in circles does so to the end: its last characters stood there before."""
ENOUGH = 3
"""How many times they must stand there for a closer look."""
FEWEST_WORDS = 20
"""Fewer words are not called repetitive."""
REPEATED = 0.5
"""Share of runs of four words that stood there before, from which a text goes in circles."""

_CANNOT = (
    r"(?:I (?:can(?:['’]?t|not| not)|could(?:n['’]t| not)|won['’]t|will not)"
    r"|I(?: am|['’]m) (?:not able|unable))"
)
_DOING = (
    r"(?:to )?(?:be able to )?(?:help|assist|provide|comply|answer|fulfil+|support|discuss|create"
    r"|generate|write|share|engage|do that|give|offer|continue|respond|participate)"
)
_REFUSAL = (
    r"(?i)\b(?:"
    rf"{_CANNOT} {_DOING}\b"
    rf"|I(?: am|['’]m) (?:really |very |so )?(?:sorry|afraid)\b[^.!?\n]{{0,40}}\b{_CANNOT}"
    r"|as an? (?:AI|artificial intelligence|language model)\b[^.!?\n]{0,40}\bI\b"
    r"|das kann ich nicht"
    r"|ich kann (?:dir|Ihnen|dabei|das|diese\w*)[^.!?\n]{0,40} nicht (?:helfen|beantworten)"
    r"|je ne (?:peux|suis) pas (?:vous aider|en mesure|répondre|fournir)"
    r"|no (?:puedo|me es posible) (?:ayudar|responder|proporcionar|cumplir)"
    r")"
)


def empty(said: Exchange) -> bool:
    """Whether there is neither a text nor a call of a tool."""
    return not said.acts and not said.answer.strip()


def refusal(said: Exchange) -> bool:
    """Whether the answer opens with the words of a refusal, right or wrong (en, de, fr, es)."""
    return matches("refusal", _REFUSAL)(said.answer[:OPENING])


def repetition(said: Exchange) -> bool:
    """Whether the answer goes in circles to its end: most runs of four words stood there before."""
    text = said.answer.rstrip()
    if text.count(text[-END:]) < ENOUGH:
        return False
    words = text.split()
    runs = list(zip(words, words[1:], words[2:], words[3:], strict=False))
    return len(words) >= FEWEST_WORDS and len(set(runs)) <= (1 - REPEATED) * len(runs)


def language_mismatch(said: Exchange) -> bool:
    """Whether question and answer are in two languages; never where either cannot be told."""
    asked = language_of(said.question)
    answered = language_of(said.answer) if asked else None
    return answered is not None and answered != asked


def shorter_than(said: Exchange, chars: int) -> bool:
    """Whether there is an answer, of fewer characters."""
    return 0 < len(said.answer.strip()) < chars


def longer_than(said: Exchange, chars: int) -> bool:
    """Whether the answer has more characters."""
    return len(said.answer) > chars
