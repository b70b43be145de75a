"""`goldloop dataset` and `goldloop verify`: from labels to a benchmark, and whether it still is."""

import re
from pathlib import Path
from typing import Any

import click

from server.cli.context import (
    answer,
    as_json,
    fails_cleanly,
    moment,
    now,
    opened,
    pairs,
    settings,
    table,
)

_name = click.argument("name")
_note = click.option("--note", default="", help="For the changelog of the card.")
_SPANS = {"h": 3_600, "d": 86_400, "w": 604_800}


@click.group()
def dataset() -> None:
    """Benchmarks out of labels: immutable versions, splits that do not leak, exports."""


@dataset.command()
@_name
@click.option("--licence", required=True, help="Under which it may be used, such as CC-BY-4.0.")
@click.option("--description", default="")
@click.option("--splits", help="Shares of clusters; default: dev=40,validation=20,test=40.")
@as_json
@fails_cleanly
def create(name: str, licence: str, description: str, splits: str | None, json_: bool) -> None:
    """Begin a dataset; `add` gives it its first version."""
    from labeling.datasets.versions import DatasetSpec, create_dataset

    spec = DatasetSpec(name, licence, description, _shares(splits))
    with opened() as store:
        found = create_dataset(store, spec, now())
    answer(found, json_, f"dataset {found['name']} begun; canary {found['canary']}")


def _shares(splits: str | None) -> dict[str, float] | None:
    if splits is None:
        return None
    try:
        told = pairs(tuple(splits.split(",")), "--splits")
        return {name: float(share) for name, share in told.items()}
    except ValueError as error:
        raise click.BadParameter("such as dev=40,validation=20,test=40", param_hint="--splits") \
            from error  # fmt: skip


@dataset.command()
@_name
@click.option("--from", "queues", multiple=True, metavar="QUEUE", help="Repeatable.")
@click.option("--where", multiple=True, metavar="NAME=VALUE", help="A pattern of tasks.")
@click.option("--purpose", "purposes", multiple=True, type=click.Choice(["sample", "import"]),
              help="Default: both.")  # fmt: skip
@click.option("--tag", "tags", multiple=True, help="A tag of the interaction; all of them.")
@click.option("--failures", "outcome", flag_value="failures", help="Only what failed.")
@click.option("--passes", "outcome", flag_value="passes", help="Only what passed.")
@click.option("--value", "values", multiple=True, metavar="CONDITION",
              help="On answers: 'quality>=4', issues=hallucination; all of them.")  # fmt: skip
@click.option("--min-agreement", type=click.FloatRange(0, 1), help="Least share of agreeing pairs.")
@click.option("--agreement-on", metavar="FIELD", help="Default: the first rating.")
@click.option("--verdicts", "verdicts_only", is_flag=True, help="Only tasks with a verdict.")
@click.option("--with-expected", "needs_expected", is_flag=True, help="Only with one.")
@click.option("--expected", default="corrected", show_default=True, help="As `goldloop export`.")
@click.option("--size", type=click.IntRange(1), help="Draw so many of those that match.")
@click.option("--strategy", default="random", show_default=True)
@click.option("--param", "params", multiple=True, metavar="KEY=VALUE", help="Of the strategy.")
@click.option("--seed", type=click.IntRange(0))
@click.option("--file", "file", type=click.Path(exists=True, dir_okay=False),
              help="Expert-written items: JSONL, CSV or Parquet.")  # fmt: skip
@click.option("--template", type=click.Path(exists=True, dir_okay=False),
              help="Synthetic items: a TOML file with slots.")  # fmt: skip
@click.option("--count", type=click.IntRange(1), default=100, show_default=True,
              help="How many of a template.")  # fmt: skip
@click.option("--remove", multiple=True, metavar="ID", help="Leave this item out from now on.")
@click.option("--only", is_flag=True, help="These items and none of those before.")
@_note
@as_json
@fails_cleanly
def add(name: str, json_: bool, **told: Any) -> None:
    """Make the next version: from queues, a file or a template; or without some items."""
    kinds = [kind for kind in ("queues", "file", "template", "remove") if told[kind]]
    if len(kinds) != 1:
        raise click.UsageError("name one of --from, --file, --template, --remove")
    with opened() as store:
        if kinds == ["queues"]:
            found = _from_queues(store, name, told)
        else:
            found = _given(store, name, kinds[0], told)
    answer(found, json_, lambda: _version(found))


def _from_queues(store: Any, name: str, told: dict[str, Any]) -> dict[str, Any]:
    from labeling.attributes import parse_pattern
    from labeling.datasets.recipe import PURPOSES, Recipe
    from labeling.datasets.versions import add_from_queues
    from server.cli.context import many

    recipe = Recipe(
        queues=told["queues"],
        where=parse_pattern(told["where"]),
        purposes=told["purposes"] or PURPOSES,
        outcome=told["outcome"] or "all",
        params=many(told["params"], "--param"),
        **{
            key: told[key]
            for key in (
                *("tags", "values", "min_agreement", "agreement_on", "verdicts_only"),
                *("needs_expected", "expected", "size", "strategy", "seed"),
            )
        },
    )
    return add_from_queues(store, name, recipe, now(), note=told["note"], only=told["only"])


def _given(store: Any, name: str, kind: str, told: dict[str, Any]) -> dict[str, Any]:
    from labeling.datasets.versions import Change, add_version
    from labeling.datasets.written import Written, from_file, from_template
    from storage.sources import FileOptions

    written = Written()
    if kind == "file":
        path = Path(told["file"])
        written = from_file(store, path, FileOptions(source=f"expert-{name}"), now())
    elif kind == "template":
        written = from_template(
            store, Path(told["template"]), told["count"], told["seed"] or 0, now()
        )
    if written.rejected and not written.items:
        _complain(written.rejected)
        raise click.exceptions.Exit(1)
    change = Change(written.items, told["remove"], told["only"], told["note"], written.made_from)
    found = add_version(store, name, change, now()) | {"rejected": written.rejected}
    _complain(written.rejected)
    return found


def _complain(rejected: list[dict[str, Any]]) -> None:
    for row in rejected[:20]:
        error = row["error"]
        told = ": ".join(error[key] for key in ("field", "message") if key in error)
        click.echo(f"row {row['index'] + 1}: {told} ({error.get('hint', '')})", err=True)


def _version(found: dict[str, Any]) -> str:
    splits = ", ".join(f"{split} {count}" for split, count in sorted(found["splits"].items()))
    kind = "version" if found["new"] else "nothing is different: still version"
    lines = [f"{kind} {found['version']}: {found['items']} items ({splits})"]
    lines.append(
        f"{found['clusters']} clusters, {found['leaking_clusters']} in more than one split; "
        f"hash {found['hash']}"
    )
    lines += [f"left out: {key}: {why}" for key, why in list(found["left_out"].items())[:20]]
    return "\n".join(lines)


@dataset.command("list")
@as_json
@fails_cleanly
def list_(json_: bool) -> None:
    """Every dataset with its newest version."""
    from labeling.datasets.versions import list_datasets

    with opened() as store, store.read() as session:
        found = list_datasets(session)
    rows = [one | {"number": (one["version"] or {}).get("version"),
                   "items": (one["version"] or {}).get("items")} for one in found]  # fmt: skip
    heads = {"name": "DATASET", "number": "VERSION", "items": "ITEMS", "licence": "LICENCE"}
    answer(found, json_, lambda: table(rows, heads, "no datasets yet"))


@dataset.command()
@_name
@as_json
@fails_cleanly
def show(name: str, json_: bool) -> None:
    """A dataset with its versions, and what left the house with which root."""
    from labeling.datasets.versions import show as told

    with opened() as store, store.read() as session:
        found = told(session, name)
    answer(found, json_, lambda: _shown(found))


def _shown(found: dict[str, Any]) -> str:
    versions = {"version": "VERSION", "items": "ITEMS", "created_at": "MADE", "note": "NOTE"}
    exports = {"version": "EXPORTED", "at": "AT", "format": "FORMAT", "reason": "TEST OPENED FOR",
               "root": "ROOT"}  # fmt: skip
    lines = [f"{found['name']}: {found['licence']}; canary {found['canary']}"]
    if found["rotation"]:
        lines.append(f"next rotation {moment(found['rotation']['next_at'])}")
    lines.append(table(found["versions"], versions, "no version yet"))
    return "\n".join([*lines, table(found["exports"], exports, "never exported")])


@dataset.command()
@_name
@click.argument("old", type=click.IntRange(1))
@click.argument("new", type=click.IntRange(1))
@as_json
@fails_cleanly
def diff(name: str, old: int, new: int, json_: bool) -> None:
    """What is different between two versions, by item and field."""
    from labeling.datasets.versions import diff as told

    with opened() as store, store.read() as session:
        found = told(session, name, old, new)
    answer(found, json_, lambda: _differences(found))


def _differences(found: dict[str, Any]) -> str:
    lines = [f"+ {key}" for key in found["added"]] + [f"- {key}" for key in found["removed"]]
    for one in found["changed"]:
        lines.append(f"~ {one['id']}: {', '.join(field['field'] for field in one['fields'])}")
    return "\n".join([*lines, f"{found['unchanged']} items are the same"])


@dataset.command()
@click.argument("version", metavar="NAME[@VERSION]")
@as_json
@fails_cleanly
def splits(version: str, json_: bool) -> None:
    """How many items each split has, and that no cluster is in two."""
    from labeling.datasets.versions import find, told_version

    with opened() as store, store.read() as session:
        found = told_version(session, *find(session, version)) | {"new": True}
    answer(found, json_, lambda: _version(found))


@dataset.command()
@click.argument("version", metavar="NAME[@VERSION]")
@click.option("--file", "file", type=click.Path(exists=True, dir_okay=False),
              help="JSONL or text, such as training data.")  # fmt: skip
@click.option("--against", metavar="NAME[@VERSION]", help="Another version or dataset.")
@as_json
@fails_cleanly
def check(version: str, file: str | None, against: str | None, json_: bool) -> None:
    """Whether items stand in training data or in another version: same, nearly, 13 words."""
    from labeling.datasets.contamination import check_file, check_version

    if (file is None) == (against is None):
        raise click.UsageError("name --file or --against")
    with opened() as store, store.snapshot() as session:
        if file is not None:
            found = check_file(session, version, Path(file))
        else:
            found = check_version(session, version, str(against))
    answer(found, json_, lambda: _checked(found))


def _checked(found: dict[str, Any]) -> str:
    heads = {"exact": "word for word", "near": "nearly", "words": "13 words in a row"}
    lines = [f"{found['items']} items against {found['texts']} texts of {found['against']}"]
    lines += [f"  {told}: {found[key]['count']}" for key, told in heads.items()]
    lines.append(f"  too short for 13 words: {found['too_short']}")
    for key in heads:
        lines += [f"{heads[key]}: {one['id']} ({one['split']}) at {', '.join(one['places'])}"
                  for one in found[key]["items"][:20]]  # fmt: skip
    return "\n".join(lines)


@dataset.command()
@_name
@click.option("--every", metavar="SPAN", help="Such as 4w, 30d or 12h; `never` stops it.")
@click.option("--keep", type=click.IntRange(1), default=3, show_default=True,
              help="Rotations that an item stays.")  # fmt: skip
@click.option("--now", "early", is_flag=True, help="Rotate at once.")
@as_json
@fails_cleanly
def rotate(name: str, every: str | None, keep: int, early: bool, json_: bool) -> None:
    """Renew a dataset by the clock: the same recipe again, without what was in it too long."""
    from labeling.datasets import rotation

    if (every is None) != early:
        raise click.UsageError("say --every SPAN, or --now")
    with opened() as store:
        if early:
            found = rotation.rotate(store, name, now(), early=True)
            answer(found, json_, f"{name} is at version {found['version']}")
            return
        with store.write() as session:
            found = rotation.set_rotation(session, name, _seconds(str(every)), keep, now())
    turn = found["rotation"]
    answer(found, json_, f"next rotation {moment(turn['next_at'])}" if turn else "no rotation")


def _seconds(span: str) -> int | None:
    if span == "never":
        return None
    found = re.fullmatch(r"([1-9]\d{0,4})([hdw])", span)
    if found is None:
        raise click.BadParameter("such as 4w, 30d or 12h, or never", param_hint="--every")
    return int(found[1]) * _SPANS[found[2]]


@dataset.command()
@click.argument("version", metavar="NAME[@VERSION]")
@click.option("--format", "format_", required=True, help="As `goldloop export`.")
@click.option("--out", required=True, type=click.Path(), help="A new folder.")
@click.option("--split", "chosen", multiple=True, type=click.Choice(["dev", "validation", "test"]),
              help="Default: all but test.")  # fmt: skip
@click.option("--unlock", metavar="REASON", help="Open the test split; told on every card.")
@click.option("--key", metavar="NAME", help="Sign with this secret.")
@click.option("--force", is_flag=True, help="Replace what is there.")
@as_json
@fails_cleanly
def export(  # noqa: PLR0913 - one parameter per option
    version: str,
    format_: str,
    out: str,
    chosen: tuple[str, ...],
    unlock: str | None,
    key: str | None,
    force: bool,
    json_: bool,
) -> None:
    """Take a version away, split by split, with card and manifest."""
    from labeling.datasets.export import Wanted, export_version

    wanted = Wanted(format_, chosen, unlock, force, _key(key))
    with opened() as store:
        found = export_version(store, version, Path(out), wanted, now())
    told = (f"{found['items']} items of {', '.join(found['splits'])} written to {out}\n"
            f"root {found['root']}; keep it apart: `goldloop verify {out} --root` asks for it\n"
            "texts are as they are stored: the card says how they were redacted")  # fmt: skip
    answer(found, json_, told)


def _key(name: str | None) -> bytes | None:
    return None if name is None else settings().secret(name).encode()


@dataset.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False))
@as_json
@fails_cleanly
def canary(files: tuple[str, ...], json_: bool) -> None:
    """Search files for canaries; exit code 1 when one is there."""
    from labeling.datasets.canary import search
    from storage.queries.datasets import canaries

    with opened() as store, store.read() as session:
        known = canaries(session)
    found = [{"file": name} | one for name in files for one in search(Path(name), known)]
    heads = {"file": "FILE", "dataset": "DATASET", "canary": "CANARY", "times": "TIMES"}
    answer(found, json_, lambda: table(found, heads, "no canary found"))
    if found:
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("path", type=click.Path(exists=True, file_okay=False))
@click.option("--root", help="The root that the export told.")
@click.option("--key", metavar="NAME", help="The secret that it was signed with.")
@as_json
@fails_cleanly
def verify(path: str, root: str | None, key: str | None, json_: bool) -> None:
    """Whether an exported dataset is what was exported; needs no store."""
    from labeling.datasets.manifest import verify as checked

    found = checked(Path(path), expected=root, key=_key(key))
    answer(found.to_json(), json_, lambda: _verified(found))
    if found.faults:
        raise click.exceptions.Exit(1)


def _verified(found: Any) -> str:
    if found.faults:
        return "\n".join(["NOT as exported:", *(f"  {one}" for one in found.faults)])
    lines = [f"as exported: {found.files} files, {found.items} items; root {found.root}"]
    if found.trusted is None:
        lines.append(
            "only the folder itself says so: compare the root with the one that the export told "
            "(`goldloop dataset show`), or give --root or --key"
        )
    return "\n".join(lines)
