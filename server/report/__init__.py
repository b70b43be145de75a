"""A report of a queue that can be passed on: what it says, as Markdown and as one HTML file."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from server.report.content import report
from server.report.html import html
from server.report.markdown import markdown


class Format(NamedTuple):
    """A way to write a report down."""

    write: Callable[[Mapping[str, Any]], str]
    """From an overview."""
    media_type: str
    suffix: str


FORMATS = {
    "markdown": Format(lambda found: markdown(report(found)), "text/markdown", ".md"),
    "html": Format(lambda found: html(report(found)), "text/html", ".html"),
}
