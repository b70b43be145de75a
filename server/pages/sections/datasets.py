"""Datasets: what there is, and a pattern of tasks as the next version of one."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from labeling.datasets.versions import LICENCE_CHARS, NOTE_CHARS
from server.pages.controls import Control, buttons, entry, form, submit
from server.pages.elements import DASH, Column, code, count, moment, muted, section, table
from server.pages.markup import Attributes, Markup, h, name
from server.pages.sections.failure_patterns import where_words
from storage.types import encode_json

LISTED = 100
DOCS = (
    "A version never changes. The test split stays here: goldloop dataset export opens it, with "
    "a reason that is kept. A download is a zip with card and manifest, which goldloop verify "
    "checks."
)


def datasets(found: Sequence[Mapping[str, Any]]) -> Markup:
    """Every dataset with its newest version, to be taken away."""
    if not found:
        command = code("goldloop dataset create")
        return section(
            "Datasets", muted("None yet. Take a pattern of failures as one, or use ", command, ".")
        )
    columns = (
        "Name", Column("Version", numbers=True), Column("Items", numbers=True), "Made", "Licence",
        "Download",
    )  # fmt: skip
    rows = [_row(one) for one in found[:LISTED]]
    more = len(found) - len(rows)
    return section(
        "Datasets",
        table("Datasets", columns, rows, stacked=True),
        muted(f"{count(more)} more: ", code("goldloop dataset list")) if more else None,
        muted(DOCS),
    )


def _row(one: Mapping[str, Any]) -> tuple[Markup | str, ...]:
    newest = one["version"]
    if newest is None:
        return name(one["name"]), DASH, DASH, DASH, name(one["licence"]), "no version yet"
    link: Attributes = {
        "class": "gl-button", "href": address(one["name"], newest["version"]), "download": True,
        "data-built": True,
        "aria-label": f"Download {one['name']}, version {newest['version']}, as JSON lines",
    }  # fmt: skip
    return (
        name(one["name"]), count(newest["version"]), count(newest["items"]),
        moment(newest["created_at"]), name(one["licence"]), h("a", link, "Download"),
    )  # fmt: skip


def address(dataset: str, version: int) -> str:
    """Where a version is taken away."""
    return f"/v1/datasets/{quote(dataset, safe='')}/export?format=jsonl&version={version}"


def taking(queue: str, where: Mapping[str, str]) -> Markup:
    """The form that takes a pattern as the next version of a dataset, or as the first of one."""
    return section(
        "Take as a dataset",
        h("p", None, where_words(where)),
        form(
            "take_dataset",
            # not named `dataset`: that would stand in the way of the form's own attribute
            entry(Control("into", "Dataset", "One that is there gets its next version.")),
            entry(Control("licence", "Licence",
                          f"Of a new one, such as internal; at most {LICENCE_CHARS} characters.")),
            entry(Control("note", "Note", f"For its changelog; up to {NOTE_CHARS:,} characters.")),
            buttons(submit("Make the version", main=True)),
            label="Take as a dataset",
            keep=[("queue", queue), ("pattern", encode_json({"where": dict(where)}))],
        ),
    )  # fmt: skip
