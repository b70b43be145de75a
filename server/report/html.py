"""A report as one HTML file: no script, no address, prints on paper, light and dark."""

from collections.abc import Sequence

from server.pages.charts import chart
from server.pages.elements import table
from server.pages.markup import Markup, h, join, name
from server.pages.timeline import timeline
from server.report.blocks import Block, Chart, Report
from server.report.style import style

LONG = 1_000


def html(report: Report) -> str:
    """The whole file."""
    made = f"{report.made:%Y-%m-%d %H:%M} UTC"
    head = h(
        "head",
        None,
        h("meta", {"charset": "utf-8"}),
        h("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        h("meta", {"http-equiv": "Content-Security-Policy",
                   "content": "default-src 'none'; style-src 'unsafe-inline'"}),
        h("title", None, report.title),
        h("style", None, Markup(style())),
    )  # fmt: skip
    body = h(
        "body",
        None,
        h(
            "main",
            {"class": "gl ld rp"},
            h("h1", None, name(report.title, LONG)),
            h("p", {"class": "gl-muted"}, made),
            h("ul", {"class": "rp-short"}, [h("li", None, _together(one)) for one in report.short]),
            [_part(part.title, part.blocks) for part in report.parts],
        ),
    )
    return "<!doctype html>" + h("html", {"lang": "en"}, head, body)


def _together(words: str) -> str:
    """Words in which no line ends between a number and its percent sign."""
    return words.replace(" %", "\u00a0%")


def _part(title: str, blocks: Sequence[Block]) -> Markup:
    return h("section", {"class": "ld-part"}, h("h2", None, title), [_block(one) for one in blocks])


def _block(block: Block) -> Markup:
    if isinstance(block, str):
        return h("p", None, _together(block))
    if isinstance(block, Chart):
        if block.over_time:
            drawn = timeline(block.label, block.bars, block.scale, block.form)
            return join(h("h3", None, name(block.label)), drawn)
        drawn = chart(f"{block.label} with 95 % intervals", block.bars, block.scale, block.form)
        return join(h("h3", None, name(block.label)), drawn)
    rows = [[name(_together(cell), LONG) for cell in row] for row in block.rows]
    return join(h("h3", None, block.caption), table(block.caption, list(block.columns), rows))
