"""Take the pictures of README and docs from a running demo: `python docs/take_pictures.py`."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
from playwright.sync_api import Page, sync_playwright

PICTURES = Path(__file__).with_name("pictures")
CHROMIUM = os.environ.get("GOLDLOOP_CHROMIUM", "/usr/bin/chromium")  # noqa: TID251 - a tool of docs
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
PORT = 8799
SPAN = ["u", "ArrowDown", "Shift+ArrowDown", "Enter"]
SHOWN = {
    "label": ("help-answers", ["2", "h"]),
    "turns": ("support-chats", ["3", "4"]),
    "spans": ("unsupported-claims", ["f", "Enter", *SPAN, "n"]),
    "pairwise": ("which-is-better", ["b", "1", "d", "c"]),
}
"""Pictures by name: the queue, and what is pressed on its open task."""


def log_in(page: Page, name: str, password: str, path: str) -> None:
    """Open a page as somebody."""
    page.goto(f"http://127.0.0.1:{PORT}/login?next={path}")
    page.fill("[name=username]", name)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_load_state("networkidle")


def take(page: Page, name: str, queue: str, keys: Sequence[str]) -> None:
    """Look at the open task of a queue after some keys."""
    page.goto(f"http://127.0.0.1:{PORT}/label?queue={queue}")
    page.wait_for_selector("#goldloop-label[data-task-id]")
    page.wait_for_timeout(1200)
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(250)
    page.wait_for_timeout(1200)
    page.screenshot(path=PICTURES / f"{name}.png")


def main() -> None:
    """Start a demo in a folder of its own, look at it, stop it."""
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "GOLDLOOP_DATABASE_URL": f"sqlite:///{folder}/goldloop.db"}  # noqa: TID251
        command = [str(Path(sys.executable).with_name("goldloop")), "demo", "--no-browser"]
        demo = subprocess.Popen([*command, "--port", str(PORT)], env=env)
        try:
            for _ in range(600):
                try:
                    httpx.get(f"http://127.0.0.1:{PORT}/readyz").raise_for_status()
                    break
                except httpx.HTTPError:
                    time.sleep(0.1)
            logins = json.loads((Path(folder) / "goldloop-logins.json").read_text())
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
                page = browser.new_page(viewport={"width": 1280, "height": 800})
                log_in(page, "anna", logins["anna"], "/label?queue=help-answers")
                for name, (queue, keys) in SHOWN.items():
                    take(page, name, queue, keys)
                size = {"width": 390, "height": 844}
                page = browser.new_page(viewport=size, has_touch=True, is_mobile=True)
                log_in(page, "noor", logins["noor"], "/label?queue=support-chats")
                page.locator(".gl-rubric").get_by_role("button", name="Close").click()
                take(page, "phone", "support-chats", [])
                browser.close()
        finally:
            demo.terminate()
            demo.wait()


if __name__ == "__main__":
    main()
