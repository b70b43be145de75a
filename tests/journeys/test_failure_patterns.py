"""A lead goes from a pattern to its tasks, and to a draw of more of them, in a real Chromium."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Site
from tests.journeys.looks import in_the_other_theme, violations
from tests.journeys.test_lead_page import work
from tests.labeling.test_failures import built

pytestmark = pytest.mark.browser

ADDRESS = "/lead/?queue=support&section=failures"
NARROW = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def shop(site: Site) -> Site:
    """A queue in which refunds on m-2 fail: enough for groups of texts in any half of it."""
    built(site.store, size=700)
    site.person("lee", "lead")
    return site


def opened(page: Page, address: str = ADDRESS) -> Page:
    page.goto(address)
    page.wait_for_selector("#ld-page h1")
    return page


def test_a_pattern_is_noted_decided_and_done(shop: Site) -> None:
    page = opened(shop.log_in("lee", "/lead"))
    page.locator(".ld-find").first.get_by_role("button", name="Note it").click()
    card = page.locator(".ld-precedents .ld-card", has_text="category refunds").first
    expect(card).to_contain_text(re.compile(r"Then.*\d %.*Traffic since", re.S))
    card.get_by_text("Decide", exact=True).click()
    card.get_by_label("What is decided").fill("Ask <b>billing</b>")
    card.get_by_role("button", name="Done").click()
    page.get_by_text("1 pattern done").click()
    done = page.locator(".ld-precedents .ld-card", has_text="Done by lee")
    expect(done).to_contain_text("Ask <b>billing</b>")
    done.get_by_role("button", name="Open again").click()
    expect(page.locator(".ld-precedents .ld-card", has_text="Open").first).to_be_visible()
    assert shop.broken == []


def test_from_a_pattern_to_its_tasks_a_draw_of_more_and_the_effect(shop: Site) -> None:
    page = opened(shop.log_in("lee", "/lead"))
    find = page.locator(".ld-find").first
    expect(find).to_contain_text(re.compile(r"category refunds, model m-2.*times as often"))
    before = told_of(page)
    find.get_by_role("link", name="See the tasks").click()
    first = page.locator(".ld-table tbody tr").first
    expect(first).to_contain_text("failed")
    first.get_by_role("link").click()
    expect(page.locator("#ld-task")).to_contain_text("where is the money")
    expect(page.locator("#ld-task b").filter(has_text=re.compile(r"^\d+$"))).to_have_count(0)
    page.go_back()
    page.get_by_role("link", name="Draw more of these").click()
    expect(page.get_by_label("Category", exact=True)).to_have_value("refunds")
    expect(page.get_by_label("Model", exact=True)).to_have_value("m-2")
    page.get_by_label("How many", exact=True).fill("500")
    page.get_by_role("button", name="Draw", exact=True).click()
    expect(page.locator("#ld-drawn")).to_contain_text(re.compile(r"Drew (\d+) of \1"))
    work(shop, "support", "ada", lambda _: {"quality": 4, "issues": []})  # it has been mended
    after = told_of(opened(page))
    assert after[0] == before[0]
    assert after[1] > before[1] + 30, "later labels show whether it helped"
    assert shop.broken == []


def told_of(page: Page) -> tuple[int, int]:
    """How many labelled tasks of the pattern failed, and how many there are."""
    find = page.locator(".ld-find", has_text="category refunds, model m-2").first
    said = re.search(r"(\d+) of (\d+) labelled tasks failed", find.inner_text())
    assert said is not None
    return int(said[1]), int(said[2])


def test_a_pattern_is_taken_away(shop: Site) -> None:
    page = opened(shop.log_in("lee", "/lead"))
    link = page.locator(".ld-find").first.get_by_role("link", name="Download")
    address = link.get_attribute("href") or ""
    taken = page.request.get(address)
    assert taken.status == 200
    rows = taken.text().strip().split("\n")
    assert rows
    assert all('"category":"refunds"' in row and '"model":"m-2"' in row for row in rows)


def test_a_pattern_becomes_a_dataset(shop: Site) -> None:
    page = opened(shop.log_in("lee", "/lead"))
    page.locator(".ld-find").first.get_by_role("link", name="Take as a dataset").click()
    expect(page.get_by_label("Dataset", exact=True)).to_be_visible()
    part = page.locator(".ld-part", has=page.get_by_label("Dataset", exact=True))
    expect(part).to_contain_text("category refunds, model m-2")
    page.get_by_label("Dataset", exact=True).fill("worst")
    page.get_by_role("button", name="Make the version").click()
    expect(page.locator('[data-wrong="licence"]')).to_be_visible()
    page.get_by_label("Licence").fill("internal")
    page.get_by_role("button", name="Make the version").click()
    link = page.get_by_role("link", name="Download worst, version 1, as JSON lines")
    expect(link).to_be_visible()
    assert shop.broken == []


def test_groups_of_texts_and_their_tasks(shop: Site) -> None:
    page = opened(shop.log_in("lee", "/lead"))
    page.get_by_role("link", name="Look for groups of failing texts").click()
    group = page.locator(".ld-find", has_text="Texts with").first
    expect(group).to_contain_text("of the other half")
    group.get_by_role("link", name="See the tasks").click()
    expect(page.locator(".ld-table tbody tr").first).to_contain_text("failed")
    page.go_back()
    group.get_by_role("button", name="Draw more of these").click()
    expect(page.get_by_label("Score named")).to_have_value(re.compile("^texts:"))
    page.get_by_role("button", name="Dry run").click()
    expect(page.locator("#ld-drawn")).to_contain_text("eligible")
    page.go_back()
    group.get_by_role("button", name="Keep as a rule").click()
    expect(page.locator('a[download][href*="where=texts%3D"]')).to_be_visible()
    assert shop.broken == []


def test_everybody_can_use_it_and_it_fits_a_phone(shop: Site) -> None:
    page = shop.log_in("lee", "/lead", viewport=NARROW)
    pattern = f"{ADDRESS}&where.category=refunds&where.model=m-2"
    for address in (ADDRESS, f"{ADDRESS}&clusters=1", pattern):
        opened(page, address)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert violations(page) == [], address
        assert in_the_other_theme(page) == [], address
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wider) <= 0, address
