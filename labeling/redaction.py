"""What is said of redaction: for people, for manifests, and when somebody decides."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from storage import Session, Store
from storage.interactions import GUIDELINE_SOURCE
from storage.queries import redaction as kept
from storage.queries.accounts import record_audit
from storage.redact.finder import VERSION
from storage.redact.policy import Policy
from storage.values import MAX_NAME, name_of


def redaction_told(session: Session, default: str, queue_id: int | None = None) -> dict[str, Any]:
    """What is and was done to the texts of all sources, or of those of one queue.

    Returns
    -------
    dict
        `default`, the policy of a source without one of its own; `recognisers`, their version;
        `sources`, by name: `interactions` there are, how many were `stored` under which
        policy and version, how many `before` redaction existed, what was `found` by kind
        (repeats count again), and the `policy` in force.
    """
    there = kept.stored_by_source(session, queue_id)
    counted, own = kept.found_by_source(session), kept.policies(session)
    names = sorted(there if queue_id is not None else {*there, *counted, *own})
    sources = {}
    for name in names:
        one = counted.get(name, {"stored": {}, "found": {}})
        before = max(0, there[name] - sum(one["stored"].values()))
        policy = own[name].policy if name in own else default
        sources[name] = {"policy": policy, "interactions": there[name], **one, "before": before}
    return {"default": default, "recognisers": VERSION, "sources": sources}


def untouched(told: Mapping[str, Any]) -> int:
    """How many interactions were stored as they came: under `off`, or before redaction.

    Agreed answers of guidelines are nobody's traffic and are never counted.
    """
    return sum(int(one["before"]) + int(one["stored"].get("off", 0)) for one in _traffic(told))


def _traffic(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    sources = told["sources"].items()
    return [one for name, one in sources if not name.startswith(GUIDELINE_SOURCE)]


def in_words(told: Mapping[str, Any]) -> str:
    """The same in a sentence."""
    every = sum(one["interactions"] for one in _traffic(told))
    as_they_came = untouched(told)
    if not every:
        return f"{told['default']} (the default); nothing is stored yet"
    found = sum(sum(one["found"].values()) for one in _traffic(told))
    words = f"{found} {'find' if found == 1 else 'finds'} replaced before anything was stored"
    if as_they_came:
        words += f"; {as_they_came} of {every} interactions are stored as they came"
    return words


def decide(store: Store, source: str, policy: Policy, *, by: int | None, now: datetime) -> None:
    """Set the policy of a source from now on; what is stored stays as it is.

    Raises
    ------
    BadRow
        When no source can be called so.
    """
    named = name_of("source", source, MAX_NAME) or "default"
    with store.write() as session:
        kept.add_policy(session, named, policy, by, now)
        record_audit(session, by, "redaction_set", named, policy.to_json(), now)
