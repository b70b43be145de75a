"""Taking labels away: one link per format, answered as a file."""

from typing import NamedTuple
from urllib.parse import quote, urlencode

from server.pages.elements import Column, empty, muted, section, table
from server.pages.markup import Attributes, Markup, h, join
from storage.exports import EXPORTS, FileFormat

FORMATS = (
    ("jsonl", "JSONL", "One line a label or answer; everything kept."),
    ("csv", "CSV", "For spreadsheets; cells that look like formulas are made harmless."),
    ("parquet", "Parquet", "For data frames; typed columns."),
    ("goldloop", "Goldloop dataset", "Samples, statistics and a manifest with hashes, as a zip."),
    ("inspect", "Inspect AI", "For inspect eval, with the ratings of people."),
    ("promptfoo", "promptfoo", "For promptfoo eval."),
    ("lm-eval", "lm-evaluation-harness", "A task for lm_eval run."),
    ("openai-evals", "OpenAI evals", "A registry for oaieval."),
    ("deepeval", "DeepEval", "Goldens, and a script that scores responses against them."),
    ("ragas", "Ragas", "Samples, and a script that scores responses against them."),
    ("huggingface", "Hugging Face datasets", "For load_dataset; typed columns, a card."),
    ("trl", "TRL training data", "For SFT, DPO and KTO: corrections, preferences, ratings."),
    ("langfuse", "Langfuse dataset", "Items, and a script that sends them."),
    ("phoenix", "Phoenix dataset", "Examples, and a script that uploads them."),
)
BOTH_WAYS = tuple(name for name, one in EXPORTS.items() if isinstance(one, FileFormat) or one.raw)
BUILT = tuple(name for name, one in EXPORTS.items() if not isinstance(one, FileFormat))
"""Folders: put together before the first byte is sent, refused when nothing is in them."""


def address(queue: str, form: str, labels: str, expected: str | None = None) -> str:
    """Where an export is."""
    asked = urlencode(
        {"format": form, "labels": labels} | ({"expected": expected} if expected else {})
    )
    return f"/v1/queues/{quote(queue, safe='')}/export?{asked}"


class Good(NamedTuple):
    """Which responses may stand as expected answers, if nobody wrote a better one."""

    rule: str
    point: int


def exports(queue: str, good: Good | None = None, *, labelled: bool) -> Markup:
    """The list of formats."""
    rows = [
        (
            title,
            words,
            _get(queue, form, title, "settled"),
            *([] if good is None else [_good(queue, form, title, good)]),
            _get(queue, form, title, "raw") if form in BOTH_WAYS else "–",
        )
        for form, title, words in FORMATS
    ]
    with_good = () if good is None else ("Good responses too",)
    columns = (
        "Format",
        Column("What it is", wide=True),
        "One answer a task",
        *with_good,
        "Every label",
    )
    rated = (
        ""
        if good is None
        else f" Good responses too: those rated {good.point} or more are expected answers as well."
    )
    return join(
        None if labelled else empty("No labels yet: files would hold headings and nothing else."),
        section("Exports", table("Exports", columns, rows, stacked=True)),
        muted(
            "One answer a task is the settled one: what all or most said. Every label "
            "keeps who gave it, when, and under which version of the guideline. Folders come "
            "as a zip; those that score need expected answers, which corrections give. "
            "Texts are exported as they are stored, and so redacted as their source was when they "
            f"came in; the manifest of a Goldloop dataset says how.{rated}"
        ),
    )


def _good(queue: str, form: str, title: str, good: Good) -> Markup | str:
    """A folder in which good responses are expected ones; files tell them apart by themselves."""
    if form not in BUILT:
        return "–"
    return _get(queue, form, f"{title} with good responses", "settled", good.rule)


def _get(queue: str, form: str, title: str, labels: str, expected: str | None = None) -> Markup:
    words = "settled answers" if labels == "settled" else "every label"
    link: Attributes = {
        "class": "gl-button", "href": address(queue, form, labels, expected), "download": True,
        "data-built": form in BUILT,
        "aria-label": f"Download {title}, {words}",
    }  # fmt: skip
    return h("a", link, "Download")
