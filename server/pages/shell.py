"""The frame of a page: header, ways to the other pages, sections, and the files it needs."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from labeling.ui import widgets
from labeling.ui.files import joined_url
from server.auth import PAGES
from server.pages.controls import Control, chooser, select
from server.pages.elements import link
from server.pages.markup import Attributes, Markup, h, join, name
from storage.queries.accounts import Account

STATIC = Path(__file__).with_name("static")
STYLE, SCRIPT = "lead.css", "lead.js"
TITLES = {"/label": "Label", "/lead": "Lead", "/admin": "Admin"}


def static_url(file: str) -> str:
    """Where a file of these pages is served; the address changes with its content."""
    digest = hashlib.sha256((STATIC / file).read_bytes()).hexdigest()[:10]
    return f"/static/{file}?v={digest}"


def mount_options() -> dict[str, Any]:
    """Arguments for `gr.mount_gradio_app` that these pages need beside those of every page."""
    style = f'<link rel="stylesheet" href="{static_url(STYLE)}">'
    return {"head": widgets.head("task.js") + style}


def frame() -> gr.HTML:
    """An empty page with places for what is said; `lead.js` fills it with what handlers answer."""
    scripts = [joined_url("task.js"), static_url(SCRIPT)]
    return gr.HTML(
        html_template=(
            "<div class='gl ld' id='goldloop-page'>"
            "<div id='ld-page'><p class='ld-waiting'>One moment…</p></div>"
            "<div id='ld-said' class='ld-message' role='status'></div>"
            "<div id='ld-wrong' class='ld-message ld-alarm' role='alert'></div></div>"
        ),
        js_on_load="window.goldloop.mountOffice(element)",
        head="".join(f'<script src="{script}"></script>' for script in scripts),
        apply_default_css=False,
    )


def header(account: Account, here: str) -> Markup:
    """The bar on top: where one is, where else one may go, who one is."""
    ways = [
        h("a", {"href": f"{page}/", "aria-current": "page" if page == here else None}, TITLES[page])
        for page, may in PAGES.items()
        if may(account)
    ]
    out: Attributes = {"type": "button", "class": "gl-button gl-plain", "data-logout": True}
    return h(
        "header",
        {"class": "gl-header ld-header"},
        h("a", {"class": "ld-brand", "href": f"{here}/"}, "Goldloop"),
        h("nav", {"class": "ld-pages", "aria-label": "Pages"}, ways),
        h(
            "div",
            {"class": "gl-tools"},
            h("span", {"class": "gl-who"}, name(account.name)),
            h("button", out, "Log out"),
        ),
    )


def tabs(sections: Mapping[str, str], here: str, **where: str) -> Markup:
    """The sections of a page, as links."""
    listed = [
        h("li", {"class": "ld-here" if key == here else None},
          link(title, **where, section=key, current=key == here))
        for key, title in sections.items()
    ]  # fmt: skip
    return h("nav", {"class": "ld-tabs", "aria-label": "Sections"}, h("ul", None, listed))


def picker(queues: Sequence[str], chosen: str | None) -> Markup:
    """The list of queues to choose from."""
    options = [("", "All queues"), *((one, one) for one in queues)]
    return chooser("Queue", select(Control("queue", "Queue"), options, chosen or ""))


def page(top: Markup, *inside: Markup | None) -> Markup:
    """A whole page."""
    return join(top, h("div", {"class": "ld-body"}, *inside))
