"""The card of an exported version: what it is, how it came to be, what it does not tell."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from labeling.datasets.canary import sentence
from labeling.datasets.redacted import as_said

_ACTIVE = re.compile(r"([\\`*_{}\[\]()#+!|<>&~:@])")


def card(told: Mapping[str, Any]) -> str:
    """The README.md of an exported version.

    `told` has dataset (as `versions.told_dataset`), version (as `told_version`), made_from,
    redaction (as `redacted.of_versions`), agreement (by queue and field), exports (what left the
    house before), format, splits, expected.
    """
    parts = (
        _head, _use, _method, _splits, _agreement, _guidelines, _locked, _limits, _changes
    )  # fmt: skip
    return "\n".join(line for part in parts for line in part(told)) + "\n"


def plain(text: object) -> str:
    """A text as Markdown shows it: on one line, with nothing that means anything."""
    return _ACTIVE.sub(r"\\\1", " ".join(str(text).split()))


def _head(told: Mapping[str, Any]) -> Iterator[str]:
    version, dataset = told["version"], told["dataset"]
    yield f"# {plain(dataset['name'])}, version {version['version']}"
    if dataset["description"]:
        yield f"\n{plain(dataset['description'])}"
    yield f"\n{sentence(dataset['canary'])}\n"
    yield f"- items: {version['items']}; in this folder: {told['written']}"
    yield f"- content hash: `{version['hash']}`"
    yield f"- made: {version['created_at']:%Y-%m-%d %H:%M} UTC"
    yield f"- licence: {plain(dataset['licence'])}"
    yield f"- redaction: {plain(as_said(told['redaction']))}"


def _use(told: Mapping[str, Any]) -> Iterator[str]:
    yield "\n## Files\n"
    for name, count in told["folders"].items():
        yield f"- `{name}`: {count} items"
    for split, why in told["skipped"].items():
        yield f"- {split} is left out: {plain(why)}"
    yield f"\nFormat: {told['format']}. `goldloop verify .` checks that nothing was changed."


def _method(told: Mapping[str, Any]) -> Iterator[str]:
    yield "\n## How items came in\n"
    for kind, count in sorted(told["origins"].items()):
        yield f"- {kind}: {count}"
    yield f"- with an expected answer: {told['expected']}"
    known = told["with_pi"]
    yield (
        f"- with a known probability of coming in (`pi`): {known}. It is null for items written or "
        "made, imported, or labelled outside the served prefix."
    )
    for step in told["made_from"]:
        yield from _step(step)


def _step(step: Mapping[str, Any]) -> Iterator[str]:
    made = step["made_from"]
    if "recipe" in made:
        names = ", ".join(plain(one) for one in made["recipe"]["queues"])
        asked = {
            key: value
            for key, value in made["recipe"].items()
            if value not in (None, False, [], {}, "all") and key not in ("queues", "params")
        }
        shown = "; ".join(f"{key}: {plain(value)}" for key, value in sorted(asked.items()))
        yield f"- version {step['version']}: from the queues {names} ({shown})"
        for queue in made["queues"]:
            for draw in queue["draws"]:
                yield (
                    f"  - drawn into {plain(queue['queue'])}: {draw['drawn']} of "
                    f"{draw['population']} by {plain(draw['strategy'])}, seed {draw['seed']}"
                )
        if draw := made.get("draw"):
            yield (
                f"  - of {draw['population']} that matched {draw['drawn']} were drawn by "
                f"{plain(draw['strategy'])}, seed {draw['seed']}"
            )
    elif "template" in made:
        yield (
            f"- version {step['version']}: {made['items']} from the template "
            f"{plain(made['template'])}, seed {made['seed']}"
        )
    elif "file" in made:
        yield f"- version {step['version']}: {made['items']} from {plain(made['file'])}"


def _splits(told: Mapping[str, Any]) -> Iterator[str]:
    version = told["version"]
    yield "\n## Splits\n"
    for split, count in sorted(version["splits"].items()):
        share = told["dataset"]["splits"].get(split, 0)
        yield f"- {split}: {count} items ({share:.0%} of clusters wanted)"
    how = (
        "every pair was compared"
        if version["exact"]
        else "pairs were found by MinHash, which misses about one in a hundred"
    )
    yield (
        f"\nItems that share at least 0.7 of their five-character pieces, or are of one "
        f"conversation or user, are one cluster, and a cluster is in one split: {how}. Clusters "
        f"in more than one split: {version['leaking_clusters']}. Left out because they would "
        f"have tied splits together: {len(version['left_out'])}. An item never changes its split."
    )


def _agreement(told: Mapping[str, Any]) -> Iterator[str]:
    yield "\n## Agreement of annotators\n"
    lines = [
        f"- {plain(queue)}, {plain(name)}, {coefficient}: {_figure(figure)}"
        for queue, fields in told["agreement"].items()
        for name, found in fields.items()
        for coefficient, figure in found["coefficients"].items()
        if coefficient in SHOWN and figure["n"]
    ]
    yield from lines or ["No labels of people stand behind these items."]
    if lines:
        yield "\nOn the items in this folder, with 95 % intervals."


SHOWN = (
    "percent_agreement", "krippendorff_alpha", "krippendorff_alpha_ordinal", "gwet_ac1",
    "masi_alpha", "overlap", "kendall_tau",
)  # fmt: skip


def _figure(figure: Mapping[str, Any]) -> str:
    if figure["value"] is None:
        return f"undefined: {plain(figure['reason'])} (n {figure['n']})"
    low_high = figure["ci"]
    shown = f" [{low_high[0]:.3f}, {low_high[1]:.3f}]" if low_high else ""
    return f"{figure['value']:.3f}{shown} (n {figure['n']})"


def _guidelines(told: Mapping[str, Any]) -> Iterator[str]:
    yield "\n## Guidelines\n"
    for one in told["guidelines"]:
        name = f"{plain(one['title'])} {plain(one['version'])}"
        yield f"- {name}, hash `{one['hash']}`: `{one['file']}`"
    if not told["guidelines"]:
        yield "None: no item was labelled by people."


def _locked(told: Mapping[str, Any]) -> Iterator[str]:
    opened = [one for one in told["exports"] if one["reason"] is not None]
    yield "\n## The held-out test split\n"
    yield f"Openings so far, over all versions: {len(opened)}."
    for one in opened:
        who = plain(one["by"] or "the command line")
        yield f"- {one['at']:%Y-%m-%d}, version {one['version']}, {who}: {plain(one['reason'])}"
    if "test" not in told["splits"]:
        yield "\nIt is not in this folder; `items.jsonl` has the hashes of its items."


def _limits(told: Mapping[str, Any]) -> Iterator[str]:
    yield "\n## Known limits\n"
    yield (
        "- Near-duplicates are told by their letters: the same said in other words, or in another "
        "language, is not found."
    )
    yield "- Items may be targeted: a plain mean over them is not the quality of the traffic."
    if told["expected"] < told["written"]:
        yield f"- {told['written'] - told['expected']} items here have no expected answer."
    if told["unfit"]:
        yield f"- {told['unfit']} answers that came with items do not fit the form: left out."
    yield "- The licence is what was declared. Redaction finds what has a shape, and misses some."


def _changes(told: Mapping[str, Any]) -> Iterator[str]:
    yield "\n## Versions\n"
    for one in told["versions"]:
        note = f": {plain(one['note'])}" if one["note"] else ""
        yield f"- {one['version']} ({one['created_at']:%Y-%m-%d}), {one['items']} items{note}"
