"""What redaction was done to the items of a dataset, written down when a version is made."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from labeling.redaction import in_words, redaction_told, untouched
from storage import Session
from storage.queries import queues
from storage.redact.finder import VERSION
from storage.redaction import Redactors


def of_queues(session: Session, default: str, names: Iterable[str]) -> dict[str, Any]:
    """What was done to the texts of some queues, in the form of `labeling.redaction`.

    Raises
    ------
    NotFound
        If there is no such queue.
    """
    told: dict[str, Any] = {"default": default, "recognisers": VERSION, "sources": {}}
    for name in names:
        queue = queues.queue_named(session, name)
        told["sources"] |= redaction_told(session, default, queue.id)["sources"]
    return told


def of_written(
    redactors: Redactors, items: Mapping[str, int], found: Mapping[str, Mapping[str, int]]
) -> dict[str, Any]:
    """The same of items that somebody wrote: how many there are by source, what was found."""
    sources = {}
    for name, count in sorted(items.items()):
        policy = redactors.of(name).policy.policy
        stored = policy if policy == "off" else f"{policy}/{VERSION}"
        sources[name] = {
            "policy": policy,
            "interactions": count,
            "stored": {stored: count},
            "found": dict(sorted(found.get(name, {}).items())),
            "before": 0,
        }
    return {"recognisers": VERSION, "sources": sources}


def of_versions(steps: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What is known of all versions together, the first one first.

    Returns
    -------
    dict
        `sources` as `labeling.redaction` tells them, as they were when a version last took from
        them (what was written adds up); `unknown`, the numbers of versions that were made before
        this was written down.
    """
    sources: dict[str, Any] = {}
    unknown = []
    for step in steps:
        made = step["made_from"]
        if "redaction" not in made:
            unknown += [step["version"]] if made else []
            continue
        for name, one in made["redaction"]["sources"].items():
            adds = "recipe" not in made and name in sources
            sources[name] = _added(sources[name], one) if adds else one
    return {"sources": dict(sorted(sources.items())), "unknown": unknown}


def _added(before: Mapping[str, Any], one: Mapping[str, Any]) -> dict[str, Any]:
    sums = {key: dict(Counter(before[key]) + Counter(one[key])) for key in ("stored", "found")} | {
        key: before[key] + one[key] for key in ("interactions", "before")
    }
    return {**one, **sums}


def as_said(told: Mapping[str, Any]) -> str:
    """The same in a sentence."""
    if not told["sources"]:
        return "unknown: the versions are older than what would tell it" if told["unknown"] else (
            "nothing came in yet"
        )  # fmt: skip
    policies = sorted({one["policy"] for one in told["sources"].values()})
    words = f"{', '.join(policies)}; {in_words(told)}"
    if not untouched(told):
        words += "; names and addresses are out of its scope unless asked for"
    return words + (f"; unknown of the versions {told['unknown']}" if told["unknown"] else "")
