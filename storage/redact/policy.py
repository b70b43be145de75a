"""What happens to what is found in the texts of one source."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from storage.errors import BadRow
from storage.redact.custom import check_patterns
from storage.redact.spans import KINDS, NAMED_KINDS

POLICIES = ("off", "mask", "hash", "drop")


@dataclass(frozen=True)
class Policy:
    """How the texts of a source are redacted."""

    policy: str = "mask"
    """`off`; `mask`: a placeholder that is the same within a conversation; `hash`: the same in the
    whole source; `drop`: the bare kind."""
    kinds: tuple[str, ...] = KINDS
    regions: tuple[str, ...] = ()
    """Whose telephone numbers and national ids are looked for; empty: see `phones.REGIONS`."""
    patterns: Mapping[str, str] = field(default_factory=dict)
    """Patterns of the team's own: the name is the kind, the syntax RE2's."""

    def to_json(self) -> dict[str, Any]:
        """As the database and the interface have it."""
        told = asdict(self)
        return told | {"kinds": list(self.kinds), "regions": list(self.regions)}


def policy_of(
    policy: str,
    kinds: Sequence[str] | None = None,
    regions: Sequence[str] | None = None,
    patterns: Mapping[str, str] | None = None,
) -> Policy:
    """A policy from what a person said; what was left out is everything.

    Raises
    ------
    BadRow
        Naming the field, its value and the fix.
    """
    if policy not in POLICIES:
        raise BadRow("policy", f"{policy!r:.80} is no policy", f"one of: {', '.join(POLICIES)}")
    known = (*KINDS, *NAMED_KINDS)
    chosen = tuple(dict.fromkeys(kinds if kinds is not None else KINDS))
    for kind in chosen:
        if kind not in known:
            raise BadRow("kinds", f"{kind!r:.80} is no kind", f"possible: {', '.join(known)}")
    if set(chosen) & set(NAMED_KINDS):
        from storage.redact.presidio import check_installed

        check_installed()
    return Policy(policy, chosen, _regions(regions or ()), check_patterns(patterns or {}))


def _regions(asked: Sequence[str]) -> tuple[str, ...]:
    from storage.redact.phones import known_regions

    found = tuple(dict.fromkeys(one.upper() for one in asked))
    for one in found:
        if one not in known_regions():
            hint = "two letters as in ISO 3166, such as US, GB, DE"
            raise BadRow("regions", f"{one!r:.80} is no region", hint)
    return found
