"""Take the pictures of README and docs from a running demo: `python docs/take_pictures.py`."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from playwright.sync_api import Page, sync_playwright

PICTURES = Path(__file__).with_name("pictures")
CHROMIUM = os.environ.get("GOLDLOOP_CHROMIUM", "/usr/bin/chromium")  # noqa: TID251 - a tool of docs
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
PORT = 8799


def log_in(page: Page, name: str, password: str, path: str) -> None:
    """Open a page as somebody."""
    page.goto(f"http://127.0.0.1:{PORT}/login?next={path}")
    page.fill("[name=username]", name)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_load_state("networkidle")


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
                page.keyboard.press("2")
                page.keyboard.press("h")
                page.wait_for_timeout(1200)
                page.screenshot(path=PICTURES / "label.png")
                browser.close()
        finally:
            demo.terminate()
            demo.wait()


if __name__ == "__main__":
    main()
