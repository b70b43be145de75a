"""The labeling page in Chromium: key press to next task drawn, drafts on; weight of the page.

    python bench/page.py [--tasks 300]

Beside it, in the same browser: one bare request to the same server, one frame drawn, and tasks
that are long: conversations of 200 turns, responses of 1 MB; from the key press, and from the
answer's arrival. Last, tasks of 100 kB over a line of 60 ms and 10 Mbit/s, with the next task
fetched ahead and without.
"""

import argparse
import os
import random
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from bench.stage import fill_queue, now, servers, stage
from server import auth

PASSWORD = "correct horse battery"
QUEUE = "bench"
LONG_TASKS = 20
LINE = {"offline": False, "latency": 60, "downloadThroughput": 1.25e6, "uploadThroughput": 1.25e6}
READING = 2_000
"""Milliseconds on a task before it is answered over the line."""
NOTHING_AHEAD = "() => { window.goldloop.Ahead.prototype.fetch = () => {}; }"
ROOT = "#goldloop-label"
CHANGED = "old => document.querySelector('#goldloop-label').dataset.taskId !== old"
WATCH = """() => {
  window.times = [];
  window.drawing = [];
  let pressed = 0;
  const drawn = () => { const from = pressed; requestAnimationFrame(() => setTimeout(() => {
    const calls = performance.getEntriesByType("resource").filter((one) =>
      one.name.endsWith("/run/predict"));
    window.times.push(performance.now() - from);
    window.drawing.push(performance.now() - calls.at(-1).responseEnd);
    performance.clearResourceTimings();
  })); };
  document.addEventListener("keydown", (e) => {
    if (e.key === "Enter") pressed = performance.now(); }, true);
  new MutationObserver(drawn).observe(document.querySelector("#goldloop-label"),
    { attributes: true, attributeFilter: ["data-task-id"] });
}"""
BARE = """async () => {
  const times = [];
  for (let i = 0; i < 100; i++) {
    const from = performance.now();
    await (await fetch("/healthz")).text();
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    times.push(performance.now() - from);
  }
  return times;
}"""


def said(name: str, times: Sequence[float]) -> str:
    """A line of percentiles."""
    ordered = sorted(times)
    at = [ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.95, 0.99)]
    return (
        f"{name:<34} p50 {at[0]:6.1f}   p95 {at[1]:6.1f}   p99 {at[2]:6.1f} ms   n {len(ordered)}"
    )


def label(page: Page, tasks: int) -> list[float]:
    """Label by keys alone; every third time slowly enough that a draft is saved first."""
    page.evaluate(WATCH)
    for number in range(tasks):
        shown = page.get_attribute(ROOT, "data-task-id")
        for key in (str(number % 5 + 1), "h", "k"):
            page.keyboard.press(key)
        if number % 3 == 0:
            page.wait_for_timeout(450)
        page.keyboard.press("Enter")
        page.wait_for_function(CHANGED, arg=shown)
    return list(page.evaluate("window.times"))


def long_rows(kind: str) -> Iterator[dict[str, Any]]:
    """Interactions that are long in one way: `turns` or `response`."""
    line = "The **order** was sent `twice`, and the invoice shows another address than agreed.\n"
    for number in range(LONG_TASKS + 1):
        turns = 200 if kind == "turns" else 1
        yield {
            "id": f"{kind}-{number}",
            "source": kind,
            "messages": [
                {"role": ("user", "assistant")[turn % 2], "content": f"Turn {turn}.\n\n{line * 8}"}
                for turn in range(turns)
            ],
            "response": f"# Answer {number}\n\n" + f"- {line}" * (12_000 if turns == 1 else 3),
        }


def far_rows(kind: str) -> Iterator[dict[str, Any]]:
    """Interactions of 100 kB that do not compress well."""
    drawn = random.Random(4)
    for number in range(LONG_TASKS + 6):
        words = " ".join(f"{drawn.getrandbits(40):x}" for _ in range(9_000))
        yield {"id": f"{kind}-{number}", "source": kind, "messages": [], "response": words}


def label_from_afar(page: Page) -> list[float]:
    """Read each task for a while, then label it by keys, over a line that is not local."""
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send("Network.emulateNetworkConditions", LINE)
    page.evaluate(WATCH)
    for _ in range(LONG_TASKS):
        shown = page.get_attribute(ROOT, "data-task-id")
        page.wait_for_timeout(READING)
        page.keyboard.press("4")
        page.keyboard.press("Enter")
        page.wait_for_function(CHANGED, arg=shown)
    wire.detach()
    return list(page.evaluate("window.times"))


def opened(page: Page, url: str) -> tuple[float, int]:
    """Milliseconds until a task stands there, and bytes over the wire."""
    weight = 0

    def weigh(told: dict[str, float]) -> None:
        nonlocal weight
        weight += int(told["encodedDataLength"])

    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.on("Network.loadingFinished", weigh)
    page.goto(url)
    page.wait_for_selector(f"{ROOT}[data-task-id]")
    ready = float(page.evaluate("performance.now()"))
    page.wait_for_load_state("networkidle")
    wire.detach()
    return ready, weight


def main() -> None:
    """Run it and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=int, default=300)
    tasks = parser.parse_args().tasks
    chromium = os.environ.get("GOLDLOOP_CHROMIUM") or shutil.which("chromium")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        url = f"sqlite:///{folder / 'goldloop.db'}"
        with stage(url, people=1) as made, servers(url, 1, folder) as (server,):
            with made.store.write() as session:
                auth.change_password(session, auth.existing(session, "p0"), PASSWORD, now())
            fill_queue(made.store, QUEUE, tasks=tasks + 1, overlap=1, lease_seconds=1800)
            browser = playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--headless", "--disable-gpu"]
            )
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(f"{server.base}/login")
            page.fill("#username", "p0")
            page.fill("#password", PASSWORD)
            page.press("#password", "Enter")
            page.wait_for_selector(f"{ROOT}[data-state]")
            page.context.new_cdp_session(page).send("Network.clearBrowserCache")
            for kind in ("cold", "warm"):
                ready, weight = opened(page, f"{server.base}/label/?queue={QUEUE}")
                print(f"page {kind}: ready in {ready:.0f} ms, {weight / 1000:.0f} kB")
            print(said("bare request and one frame", page.evaluate(BARE)))
            print(said("key press to next task drawn", label(page, tasks)))
            for kind in ("turns", "response"):
                fill_queue(
                    made.store, kind, tasks=LONG_TASKS + 1, overlap=1, lease_seconds=1800,
                    rows=long_rows(kind),
                )  # fmt: skip
                opened(page, f"{server.base}/label/?queue={kind}")
                print(said(f"the same, long {kind}", label(page, LONG_TASKS)))
                print(said("  from the answer's arrival", page.evaluate("window.drawing")))
            for kind in ("fetched ahead", "not ahead"):
                fill_queue(
                    made.store, kind, tasks=LONG_TASKS + 6, overlap=1, lease_seconds=1800,
                    rows=far_rows(kind),
                )  # fmt: skip
                opened(page, f"{server.base}/label/?queue={kind}")
                if kind == "not ahead":
                    page.evaluate(NOTHING_AHEAD)
                print(said(f"over a line, next task {kind}", label_from_afar(page)))
            browser.close()


if __name__ == "__main__":
    main()
