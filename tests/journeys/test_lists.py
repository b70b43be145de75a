"""Own lists, back and forth, the next task fetched ahead, many at once: in a real Chromium."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Page, Request, Route, expect
from sqlalchemy import func, select

from labeling.guideline import load_guidelines, shipped_folder
from storage.tables import account, assignment, draft
from tests.journeys.conftest import Site, away
from tests.journeys.looks import WCAG, violations
from tests.journeys.test_label_page import (
    ROOT,
    exchanges,
    labels_of,
    next_task,
    press,
    states_of,
    task_id,
    wait_state,
)

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
PREDICT = "**/gradio_api/run/predict"
SAID = ".gl-elsewhere .gl-message"
QUALITY = load_guidelines(shipped_folder())["response-quality"]
ONE_VERDICT = replace(
    QUALITY, hash="one verdict", fields=tuple(one for one in QUALITY.fields if one.kind != "tags")
)


@pytest.fixture
def at_work(site: Site, request: pytest.FixtureRequest) -> Callable[..., Page]:
    """A new person in a new queue of that many tasks, logged in and looking at the first."""
    name = re.sub(r"\W+", "-", request.node.name)

    def start(tasks: int = 12, path: str = "", **options: object) -> Page:
        site.person(name)
        site.queue(name, exchanges(tasks, name), ONE_VERDICT, people=(name,))
        page = site.log_in(name, f"/label?queue={name}{path}", **options)
        if not path:
            task_id(page)
        return page

    start.name = name  # type: ignore[attr-defined]
    return start


def held(site: Site, name: str) -> int:
    return states_of(site, name).count("leased")


def drafts(site: Site, name: str) -> int:
    with site.store.read() as session:
        found = select(func.count()).select_from(draft).join(assignment).join(account)
        return session.scalar(found.where(account.c.name == name)) or 0


def called(page: Page, handler: str) -> Callable[[Request], bool]:
    """Whether a request is a call of that handler."""
    number = page.evaluate(
        "name => window.gradio_config.dependencies.find(one => one.api_name === name).id", handler
    )
    return lambda request: (request.post_data_json or {}).get("fn_index") == number


def fetched(page: Page, act: Callable[[], object], handler: str) -> None:
    """Do something, and wait until that call of the page has been answered."""
    is_it = called(page, handler)
    with page.expect_response(lambda answer: is_it(answer.request)) as answered:
        act()
    answered.value.finished()
    page.evaluate("() => new Promise((done) => requestIdleCallback(done))")


def open_again(page: Page) -> None:
    """Open the page anew, and wait until it has the task after the shown one."""
    url, is_it = page.url, called(page, "ahead")
    page.goto("about:blank")  # so that no call of the page before is taken for one of this one
    with page.expect_response(lambda answer: is_it(answer.request)) as answered:
        page.goto(url)
    answered.value.finished()
    page.evaluate("() => new Promise((done) => requestIdleCallback(done))")


def hold_first(page: Page, handler: str) -> list[Route]:
    """Keep the first call of that handler back, from the next time the page is opened."""
    is_it = called(page, handler)
    held_back: list[Route] = []

    def pass_on(route: Route) -> None:
        if is_it(route.request) and not held_back:
            held_back.append(route)
        else:
            route.continue_()

    page.route(PREDICT, pass_on)
    return held_back


def label_some(page: Page, *ratings: str) -> None:
    for rating in ratings:
        before = task_id(page)
        press(page, rating, "Enter")
        next_task(page, before)


def no_complaint(page: Page) -> None:
    assert violations(page, **WCAG) == []


# --- lists --------------------------------------------------------------------------------------


def test_a_task_is_found_again_and_corrected_by_keys_alone(
    site: Site, at_work: Callable[..., Page]
) -> None:
    page = at_work()
    label_some(page, "2", "5")
    here = task_id(page)
    press(page, ";")
    wait_state(page, "list")
    assert "list=pending" in page.url
    press(page, "ArrowRight", "x", "z")
    expect(page.locator(".gl-tab[aria-pressed=true]")).to_have_text("Draft 0")
    press(page, "ArrowRight")
    rows = page.locator(".gl-mine-row")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("Question 1 of")
    expect(rows.first).to_contain_text("5 Excellent")
    expect(rows.first).to_be_focused()
    press(page, "ArrowDown", "ArrowDown")
    expect(rows.last).to_be_focused()
    press(page, "Enter")
    wait_state(page, "task")
    expect(page.locator("#gl-submit")).to_contain_text("Submit correction")
    press(page, "4", "Enter")
    page.wait_for_selector(f'{ROOT}[data-task-id="{here}"]')
    rows_of = labels_of(site, at_work.name)  # type: ignore[attr-defined]
    assert [(one.revision, one.values["quality"]) for one in rows_of] == [(1, 2), (1, 5), (2, 4)]


def test_a_list_survives_a_reload_and_the_way_back(at_work: Callable[..., Page]) -> None:
    page = at_work()
    label_some(page, "3")
    page.get_by_role("button", name="My tasks").click()
    page.get_by_role("button", name="Submitted 1").click()
    expect(page.locator(".gl-mine-row")).to_have_count(1)
    page.reload()
    expect(page.locator(".gl-tab[aria-pressed=true]")).to_have_text("Submitted 1")
    page.locator(".gl-mine-row").click()
    expect(page.locator("#gl-submit")).to_contain_text("Submit correction")
    page.go_back()
    wait_state(page, "list")
    expect(page.locator(".gl-mine-row")).to_have_count(1)
    page.go_back()
    expect(page.locator(".gl-tab[aria-pressed=true]")).to_contain_text("Pending")
    press(page, "Escape")
    wait_state(page, "task")


def test_the_arrows_go_back_and_forth_and_leave_radios_alone(
    site: Site, at_work: Callable[..., Page]
) -> None:
    page = at_work()
    label_some(page, "1", "2")
    here = task_id(page)
    turn = page.locator(".gl-turn").first
    press(page, "ArrowLeft")
    expect(turn).to_contain_text("Question 1 of")
    press(page, "ArrowLeft")
    expect(turn).to_contain_text("Question 0 of")
    fetched(page, lambda: press(page, "j"), "draft")
    press(page, "ArrowRight")
    expect(turn).to_contain_text("Question 1 of")
    page.get_by_role("button", name="Towards the open task").click()
    page.wait_for_selector(f'{ROOT}[data-task-id="{here}"]')
    assert drafts(site, at_work.name) == 1  # type: ignore[attr-defined]
    page.locator("#gl-quality-1").focus()
    press(page, "Space", "ArrowRight")
    expect(page.locator("#gl-quality-2")).to_be_checked()
    assert task_id(page) == here
    press(page, "o", "ArrowLeft")
    assert task_id(page) == here


def test_what_was_given_back_can_be_taken_again(site: Site, at_work: Callable[..., Page]) -> None:
    page = at_work(tasks=2)
    press(page, "o")
    page.keyboard.type("half a thought")
    expect(page.locator(".gl-saved")).to_have_text("Saved")
    press(page, "Escape", "x", "5")
    wait_state(page, "queues")
    page.goto(f"/label?queue={at_work.name}&list=returned")  # type: ignore[attr-defined]
    page.locator(".gl-mine-row").click()
    expect(page.locator("#gl-field-notes-text")).to_have_value("half a thought")
    before = task_id(page)
    press(page, "3", "Enter")
    next_task(page, before)
    (row,) = labels_of(site, at_work.name)  # type: ignore[attr-defined]
    assert row.values["notes"] == "half a thought"


# --- the next task ahead ------------------------------------------------------------------------


def test_the_next_task_is_there_before_it_is_shown_and_goes_back_unseen(
    site: Site, at_work: Callable[..., Page]
) -> None:
    name = at_work.name  # type: ignore[attr-defined]
    page = at_work()
    open_again(page)
    assert held(site, name) == 2
    expect(page.locator(".gl-turn")).to_contain_text("Question 0 of")
    fetched(page, lambda: page.locator(".gl-back").click(), "release")
    assert held(site, name) == 1


def test_what_is_ahead_is_not_sent_twice_and_not_shown_before_the_label_is_stored(
    site: Site, at_work: Callable[..., Page]
) -> None:
    name = at_work.name  # type: ignore[attr-defined]
    page = at_work()
    waiting = hold_first(page, "submit")  # a server that takes its time
    open_again(page)
    first = task_id(page)
    press(page, "4", "Enter")
    page.wait_for_selector(f"{ROOT} [aria-busy=true]")
    expect(page.locator(".gl-turn")).to_contain_text("Question 0 of")
    assert task_id(page) == first
    with page.expect_response(PREDICT) as answered:
        waiting[0].continue_()
    second = next_task(page, first)
    assert second in answered.value.text()
    assert "Question 1 of" not in answered.value.text()
    expect(page.locator(".gl-turn")).to_contain_text("Question 1 of")
    assert [row.values["quality"] for row in labels_of(site, name)] == [4]
    page.reload()
    assert task_id(page) == second


def test_a_server_that_is_gone_stores_once_when_it_is_back(
    site: Site, at_work: Callable[..., Page]
) -> None:
    name = at_work.name  # type: ignore[attr-defined]
    page = at_work()
    open_again(page)
    first = task_id(page)
    page.context.set_offline(True)
    press(page, "4", "Enter")
    expect(page.locator(".gl-message")).to_contain_text("not sent yet, and is kept")
    assert task_id(page) == first
    page.context.set_offline(False)
    press(page, "Enter")
    next_task(page, first)
    expect(page.locator(".gl-turn")).to_contain_text("Question 1 of")
    assert [row.values["quality"] for row in labels_of(site, name)] == [4]
    site.broken.clear()


def test_two_tabs_share_what_is_ahead(site: Site, at_work: Callable[..., Page]) -> None:
    name = at_work.name  # type: ignore[attr-defined]
    page = at_work()
    open_again(page)
    other = page.context.new_page()
    other.goto(f"/label?queue={name}")
    assert task_id(other) == task_id(page)
    open_again(other)
    assert held(site, name) == 2
    label_some(page, "4")
    before = task_id(other)
    press(other, "2", "Enter")
    expect(other.locator(".gl-message")).to_contain_text("already labelled")
    press(other, "x")
    next_task(other, before)
    assert task_id(other) == task_id(page)
    assert len(labels_of(site, name)) == 1


# --- many at once -------------------------------------------------------------------------------


def rows_of(page: Page) -> list[str]:
    page.wait_for_selector(".gl-bulk-row")
    return page.locator(".gl-bulk-asked").all_inner_texts()


def test_ten_verdicts_by_keys_alone(site: Site, at_work: Callable[..., Page]) -> None:
    name = at_work.name  # type: ignore[attr-defined]
    page = at_work(tasks=14)
    page.get_by_role("button", name="Many at once").press("Enter")
    assert len(rows_of(page)) == 10
    press(page, "1", "2", "3")
    expect(page.locator("#gl-bulk-submit")).to_contain_text("Submit 3 answered")
    press(page, "?")
    expect(page.locator(".gl-sheet")).to_contain_text("Back to one task at a time")
    expect(page.locator(".gl-sheet")).not_to_contain_text("Skip, with a reason")
    press(page, "Escape")
    press(page, "ArrowUp", "5", "x", "z", "Enter")
    boxes = page.locator(".gl-bulk-box")
    expect(boxes.nth(3)).to_be_focused()
    expect(boxes.nth(2)).to_have_attribute("aria-label", "Task 3 of 10: answered")
    assert labels_of(site, name) == []
    press(page, "Control+Enter")
    expect(page.locator(SAID)).to_contain_text("3 answers stored.")
    expect(page.locator(".gl-bulk-row")).to_have_count(10)
    expect(boxes.first).to_contain_text("Question 3 of")
    found = labels_of(site, name)
    assert [row.values for row in found] == [{"quality": 1}, {"quality": 2}, {"quality": 5}]
    assert all(row.seconds is not None for row in found)
    press(page, "4")
    expect(page.locator("#gl-bulk-submit")).to_contain_text("Submit 1 answered")
    expect(boxes.nth(1)).to_be_focused()
    page.locator(".gl-bulk-row .gl-option").first.click()
    press(page, "ArrowDown")
    expect(boxes.nth(1)).to_be_focused()
    expect(boxes.first).to_have_attribute("aria-label", "Task 1 of 10: answered")
    press(page, "Control+Enter")
    expect(boxes.first).to_contain_text("Question 4 of")
    assert labels_of(site, name)[3].values == {"quality": 1}
    fetched(page, lambda: press(page, "Escape"), "release")
    wait_state(page, "task")
    expect(page.locator(".gl-turn")).to_contain_text("Question 4 of")


def test_leaving_while_an_answer_is_sent_waits_for_it(
    site: Site, at_work: Callable[..., Page]
) -> None:
    name = at_work.name  # type: ignore[attr-defined]
    page = at_work()
    held_back = hold_first(page, "submit")
    open_again(page)
    page.locator("label[for=gl-quality-3]").click()
    press(page, "Enter")
    page.wait_for_function(
        "document.querySelector('.gl-page').getAttribute('aria-busy') === 'true'"
    )
    page.locator(".gl-back").click()
    held_back[0].continue_()
    wait_state(page, "queues")
    assert [row.values for row in labels_of(site, name)] == [{"quality": 4}]
    press(page, "1")
    task_id(page)
    expect(page.locator(".gl-turn")).to_contain_text("Question 1 of")


def test_rows_by_mouse_are_kept_over_a_reload(site: Site, at_work: Callable[..., Page]) -> None:
    name = at_work.name  # type: ignore[attr-defined]
    page = at_work(path="&view=bulk")
    texts = rows_of(page)
    row = page.locator(".gl-bulk-row").nth(1)
    fetched(page, lambda: row.get_by_role("radio").nth(3).click(), "draft")
    page.reload()
    assert texts[1] in rows_of(page)
    expect(page.locator(".gl-answered")).to_have_count(1)
    expect(page.locator(".gl-answered")).to_contain_text("Question 1 of")
    page.locator("#gl-bulk-submit").click()
    expect(page.locator(SAID)).to_contain_text("1 answer stored.")
    (only,) = labels_of(site, name)
    assert only.values == {"quality": 4}
    assert drafts(site, name) == 0


def test_a_row_that_cannot_be_stored_stays_with_its_reason(
    site: Site, at_work: Callable[..., Page]
) -> None:
    name = at_work.name  # type: ignore[attr-defined]
    page = at_work(path="&view=bulk")
    rows_of(page)
    other = page.context.new_page()
    other.goto(f"/label?queue={name}")
    label_some(other, "1")
    press(page, "4", "5")
    press(page, "Control+Enter")
    expect(page.locator(SAID)).to_contain_text("1 answer stored. 1 could not be")
    expect(page.locator(".gl-bulk-row").first).to_contain_text("has your label")
    assert sorted(row.values["quality"] for row in labels_of(site, name)) == [1, 5]


def test_without_network_rows_wait_and_are_stored_once(
    site: Site, at_work: Callable[..., Page]
) -> None:
    name = at_work.name  # type: ignore[attr-defined]
    page = at_work(path="&view=bulk")
    rows_of(page)
    page.context.set_offline(True)
    press(page, "4", "5", "Control+Enter")
    expect(page.locator(SAID)).to_contain_text("Nothing is lost")
    page.context.set_offline(False)
    press(page, "Control+Enter")
    expect(page.locator(SAID)).to_contain_text("2 answers stored.")
    assert len(labels_of(site, name)) == 2
    site.broken.clear()


def test_a_row_opens_alone(at_work: Callable[..., Page]) -> None:
    page = at_work(path="&view=bulk")
    rows_of(page)
    page.locator(".gl-bulk-row").nth(2).get_by_text("Open alone").click()
    wait_state(page, "task")
    expect(page.locator(".gl-turn")).to_contain_text("Question 2 of")
    assert "view=" not in page.url


# --- everywhere ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("scheme", "phone"), [("light", False), ("dark", True)])
def test_every_view_is_accessible_and_fits(
    at_work: Callable[..., Page], scheme: str, phone: bool
) -> None:
    page = at_work(color_scheme=scheme, **(PHONE if phone else {}))
    if phone:  # the guideline is read once, then out of the way
        away(page)
    press(page, "4")
    page.get_by_role("button", name="Submit & next").click()
    expect(page.locator(".gl-counts b")).to_have_text("1")
    no_complaint(page)
    page.get_by_role("button", name="My tasks").click()
    page.get_by_role("button", name="Submitted 1").click()
    expect(page.locator(".gl-mine-row")).to_have_count(1)
    no_complaint(page)
    width = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(width) <= 0
    page.get_by_role("button", name="Back to labeling").click()
    wait_state(page, "task")
    page.get_by_role("button", name="Many at once").click()
    rows_of(page)
    press(page, "5")
    expect(page.locator("#gl-bulk-submit")).to_be_in_viewport()
    no_complaint(page)
    assert page.evaluate(width) <= 0
    page.locator("#gl-bulk-submit").click()
    expect(page.locator(SAID)).to_contain_text("1 answer stored.")
    no_complaint(page)
