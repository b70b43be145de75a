"""Automated checks of everything that comes in: pure functions of texts that set flags."""

from storage.checks.exchange import Exchange, exchanges, plain_text
from storage.checks.language import language_of
from storage.checks.rules import DEFAULT, Check, Rules, read_rules
from storage.checks.shipped import VERSIONS

__all__ = [
    "DEFAULT",
    "VERSIONS",
    "Check",
    "Exchange",
    "Rules",
    "exchanges",
    "language_of",
    "plain_text",
    "read_rules",
]
