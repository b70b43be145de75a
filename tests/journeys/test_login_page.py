"""Coming in by keyboard, on a phone, in the dark; being refused; going out."""

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import PASSWORD, Site
from tests.journeys.looks import in_the_other_theme, violations

pytestmark = pytest.mark.browser


def assert_accessible(page: Page) -> None:
    assert violations(page) == []
    assert in_the_other_theme(page) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_the_form_fits_and_is_accessible(site: Site, width: int) -> None:
    page = site.browser(viewport={"width": width, "height": 800}).new_page()
    page.goto("/label?queue=a")
    expect(page).to_have_title("Log in - Goldloop")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert_accessible(page)
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("nobody")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    expect(page.get_by_label("Name")).to_have_value("nobody")
    expect(page.get_by_label("Password")).to_be_focused()
    expect(page.get_by_label("Password")).to_have_value("")
    assert_accessible(page)
    assert site.foreign == []


def test_in_by_keyboard_to_the_page_asked_for_and_out_again(site: Site) -> None:
    name = site.person("kay")
    page = site.browser().new_page()
    page.goto("/label?queue=some%20queue")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/label/?queue=some%20queue")
    page.goto("/lead")
    expect(page.get_by_role("heading", name="Not here")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Go to your page").click()
    page.wait_for_url("**/label/")
    page.goto("/admin")
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login")
    page.goto("/label")
    page.wait_for_url("**/login?next=%2Flabel")


def test_the_own_files_of_the_page_break_no_policy(site: Site) -> None:
    site.broken.clear()
    page = site.browser().new_page()
    page.goto("/login")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("getComputedStyle(document.querySelector('main')).borderRadius") == "12px"
    assert site.broken == []
