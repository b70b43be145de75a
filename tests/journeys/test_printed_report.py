"""A report on paper, in a real Chromium."""

import re
import zlib
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from server.report import FORMATS
from tests.server.report.test_report import found

pytestmark = pytest.mark.browser

ACCENT = b".0471 .4196 .4 rg"
"""The colour of the dots in a light page, as PDF says it."""


def test_charts_are_printed_though_browsers_leave_backgrounds_out(
    chromium: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "report.html"
    file.write_text(FORMATS["html"].write(found()), encoding="utf-8")
    page = chromium.new_page(color_scheme="dark")
    page.goto(file.as_uri())
    paper = page.pdf(format="A4", print_background=False)
    page.close()
    drawn = [
        zlib.decompress(stream)
        for stream in re.findall(
            rb"/Filter /FlateDecode.*?stream\r?\n(.*?)\r?\nendstream", paper, re.S
        )
    ]
    assert any(ACCENT in one for one in drawn)
