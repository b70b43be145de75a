"""Taking labels away: one link per format, answered as a file."""

from urllib.parse import quote, urlencode

from server.pages.elements import empty, muted, section, table
from server.pages.markup import Attributes, Markup, h, join

FORMATS = (
    ("jsonl", "JSONL", "One line a label or answer; everything kept."),
    ("csv", "CSV", "For spreadsheets; cells that look like formulas are made harmless."),
    ("parquet", "Parquet", "For data frames; typed columns."),
    ("goldloop", "Goldloop dataset", "Samples, statistics and a manifest with hashes, as a zip."),
    ("inspect", "Inspect AI", "A folder that inspect eval runs, as a zip."),
)
BOTH_WAYS = ("jsonl", "csv", "parquet")


def address(queue: str, form: str, labels: str) -> str:
    """Where an export is."""
    asked = urlencode({"format": form, "labels": labels})
    return f"/v1/queues/{quote(queue, safe='')}/export?{asked}"


def exports(queue: str, *, labelled: bool) -> Markup:
    """The list of formats."""
    rows = [
        (
            title,
            words,
            _get(queue, form, title, "settled"),
            _get(queue, form, title, "raw") if form in BOTH_WAYS else "–",
        )
        for form, title, words in FORMATS
    ]
    columns = ("Format", "What it is", "One answer a task", "Every label")
    return join(
        None if labelled else empty("No labels yet: files would hold headings and nothing else."),
        section("Exports", table("Exports", columns, rows)),
        muted(
            "One answer a task is the settled one: the verdict, or what most said. Every label "
            "keeps who gave it, when, and under which version of the guideline. "
            "No redaction: texts are exported as they were received."
        ),
    )


def _get(queue: str, form: str, title: str, labels: str) -> Markup:
    words = "settled answers" if labels == "settled" else "every label"
    link: Attributes = {
        "class": "gl-button", "href": address(queue, form, labels), "download": True,
        "aria-label": f"Download {title}, {words}",
    }  # fmt: skip
    return h("a", link, "Download")
