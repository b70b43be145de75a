"""A lead finds out who differs from the others, and the tasks to talk over, in a real Chromium."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Site
from tests.journeys.looks import in_the_other_theme, violations
from tests.journeys.test_lead_page import NARROW, opened, work

pytestmark = pytest.mark.browser
PERSON = "/lead/?queue=answers&section=people&person=dora&field=quality"


@pytest.fixture(scope="module")
def labelled(site: Site) -> Site:
    """A queue in which dora rates a point lower than ann and bo."""
    for name, role in (("lena", "lead"), ("ann", "annotator"), ("bo", "annotator"),
                       ("dora", "annotator")):  # fmt: skip
        site.person(name, role)
    exchanges = [{"external_id": f"ticket-{n}"} for n in range(24)]
    site.queue("answers", exchanges, overlap=3)
    for name, less in (("ann", 0), ("bo", 0), ("dora", 1)):
        work(site, "answers", name, lambda n, less=less: {"quality": 3 + n % 3 - less})
    return site


def test_from_who_stands_out_to_a_task_to_talk_over(labelled: Site) -> None:
    page = labelled.log_in("lena", "/lead")
    opened(page, "/lead/?queue=answers&section=people")
    expect(page.get_by_text("1 person stands out, of 3:")).to_be_visible()
    remark = page.locator(".ld-list li").first
    expect(remark).to_contain_text("rates 1.00 points lower than the others on the same tasks")
    remark.get_by_role("link", name="dora").click()
    expect(page.get_by_role("heading", name="dora")).to_be_visible()
    expect(page.get_by_role("heading", name="What to do")).to_be_visible()
    page.locator(".ld-table a").first.click()
    expect(page.get_by_role("heading", name="Answers", exact=True)).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="Everybody").click()
    expect(page.get_by_role("heading", name="Beside the others")).to_be_visible()


def test_everybody_can_read_it_on_any_screen(labelled: Site) -> None:
    page = labelled.log_in("lena", "/lead", viewport=NARROW)
    for address in (PERSON, "/lead/?queue=answers&section=people"):
        opened(page, address)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert violations(page) == []
        assert in_the_other_theme(page) == []
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wider) <= 0
