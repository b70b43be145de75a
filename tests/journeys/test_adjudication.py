"""From a disagreement to a verdict to an export, in a real Chromium."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Site
from tests.journeys.looks import in_the_other_theme, violations
from tests.journeys.test_lead_page import HOSTILE, opened, pressed, work

pytestmark = pytest.mark.browser

LIST = "/lead/?queue={}&section=disagreements"


def disputed(site: Site, name: str) -> str:
    """A queue of four tasks: two people are at one on the first, and differ on the others."""
    lead, one, two = f"lea-{name}", f"amy-{name}", f"bob-{name}"
    site.person(lead, "lead")
    for person in (one, two):
        site.person(person)
    exchanges = [
        {
            "external_id": f"{name}-{n}",
            "messages": [{"role": "user", "content": f"Question {n}? {HOSTILE[1]}"}],
        }
        for n in range(4)
    ]
    site.queue(name, exchanges, overlap=2, people=(one, two))
    work(site, name, one, lambda n: {"quality": (4, 5, 4, 2)[n], "issues": ["incomplete"]})
    work(site, name, two, lambda n: {
        "quality": (4, 4, 4, 4)[n], "issues": ["incomplete"] if n < 2 else [],
        "notes": HOSTILE[0],
    })  # fmt: skip
    return lead


def test_from_a_disagreement_to_an_export(site: Site) -> None:
    lead = disputed(site, "split")
    page = site.log_in(lead, "/lead")
    opened(page, LIST.format("split"))
    expect(page.locator(".ld-lead").first).to_contain_text("3 tasks to settle")
    rows = page.locator(".ld-table tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("split-3")  # a failure hangs on it
    assert "amy-" not in page.locator("#ld-page").inner_text()

    rows.first.get_by_role("link").click()
    expect(page.locator("#ld-task")).to_contain_text("Question 3?")
    expect(page.locator("#ld-task")).to_contain_text("<script>window.__ran=2</script>")
    page.get_by_text("Guideline", exact=True).click()
    expect(page.locator("#ld-rubric")).to_contain_text("Unacceptable")
    assert "amy-" not in page.locator("#ld-page").inner_text()

    form = page.locator("form[data-act=settle]")
    form.get_by_label(re.compile(r"^3 ")).check()
    pressed(page, "Settle, and next")
    expect(page.locator("[data-wrong=reason]")).to_contain_text("Nobody answered quality like this")
    expect(page.locator("#in-note")).to_be_hidden()
    form.get_by_label("Settle as ticked").first.check()
    page.fill("#in-reason", f"Half of it is right. {HOSTILE[0]}")
    page.get_by_label("This is a hole in the guideline").check()
    page.fill("#in-note", "Does half an answer fail?")
    pressed(page, "Settle, and next")
    expect(page.locator("#ld-said")).to_have_text("Settled.")
    expect(page.locator("#ld-task")).not_to_contain_text("Question 3?")

    pressed(page, "Next, without settling")
    pressed(page, "Next, without settling")
    expect(page.locator("#ld-said")).to_have_text("")
    opened(page, LIST.format("split"))
    expect(page.locator(".ld-lead").first).to_contain_text("2 tasks to settle, 1 settled")
    notes = page.locator(".ld-precedents")
    expect(notes).to_contain_text("Does half an answer fail?")
    notes.get_by_role("link", name="the task that showed it").click()
    expect(page.locator(".ld-precedents").first).to_contain_text("Half of it is right. <img")
    page.get_by_text("Who said what", exact=True).click()
    expect(page.locator(".ld-list").last).to_contain_text("amy-split")

    opened(page, LIST.format("split"))
    pressed(page, "Close the note: Does half an answer fail?")
    expect(page.locator("#ld-said")).to_have_text("Closed.")
    expect(page.locator("#ld-page")).to_contain_text("Every note is closed.")

    address = f"{site.url}/v1/queues/split/export?format=jsonl&labels=settled"
    kept = [json.loads(line) for line in page.request.get(address).text().splitlines()]
    by_id = {one["interaction_id"]: one for one in kept}
    assert by_id["split-3"]["values"]["quality"] == 3
    assert by_id["split-3"]["origin"]["quality"] == "adjudicated"
    assert page.evaluate("window.__ran") is None
    assert site.foreign == []
    assert site.broken == []


def test_a_verdict_can_be_withdrawn(site: Site) -> None:
    page = site.log_in(disputed(site, "second"), "/lead")
    opened(page, LIST.format("second"))
    page.locator(".ld-table tbody a").first.click()
    form = page.locator("form[data-act=settle]")
    form.get_by_label(re.compile(r"^2 ")).check()
    form.get_by_label("Settle as ticked").first.check()
    form.get_by_label("Incomplete – ").check()
    pressed(page, "Settle")
    expect(page.locator(".ld-chip", has_text="adjudicated")).to_have_count(2)
    pressed(page, "Withdraw the verdict on How good is the response?")
    expect(page.locator("#ld-said")).to_contain_text("the labels speak again")
    expect(page.locator(".ld-chip", has_text="adjudicated")).to_have_count(1)


def test_everybody_can_settle(site: Site) -> None:
    page = site.log_in(disputed(site, "axe"), "/lead")
    opened(page, LIST.format("axe"))
    page.locator(".ld-table tbody a").first.click()
    page.get_by_label("This is a hole in the guideline").check()
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert violations(page) == []
    assert in_the_other_theme(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wider) <= 0
