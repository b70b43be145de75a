"""What axe finds on a page; what two themes have in common is asked once.

A theme changes colours alone (`light-dark()` follows the system at once), so the second theme of a
page that is open needs the rules on colours only, and another size of it all the others.
"""

from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page

WCAG: dict[str, Any] = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
OF_COLOURS = ("color-contrast", "link-in-text-block")
"""The rules that depend on colours: all that a second theme of the same page can break."""
COLOURS: dict[str, Any] = {"runOnly": {"type": "rule", "values": OF_COLOURS}}
ALL_BUT_COLOURS: dict[str, Any] = {"rules": {one: {"enabled": False} for one in OF_COLOURS}}
ASKED = """(asked) => axe.run({resultTypes: ["violations"], ...asked}).then(
  (found) => found.violations.map((one) => [one.id, one.nodes.map(
    (node) => [node.html.slice(0, 200), (node.failureSummary || "").slice(0, 300)])]))"""


@cache
def _axe() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()


def violations(page: Page, **asked: Any) -> Any:
    """The rules that a page breaks, each with its elements and why: of all, or as axe is asked.

    Nothing is judged while it fades in. What axe has to say of rules that hold stays in the page.
    """
    page.emulate_media(reduced_motion="reduce")
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(_axe())
    return page.evaluate(ASKED, asked)


def in_the_other_theme(page: Page) -> Any:
    """The same for the rules on colours, in the theme that the page is not in at the moment."""
    now = "dark" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light"
    other: Any = "light" if now == "dark" else "dark"
    page.emulate_media(color_scheme=other)
    try:
        return violations(page, **COLOURS)
    finally:
        page.emulate_media(color_scheme=now)
