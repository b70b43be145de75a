"""Guidance in a real Chromium: questions and precedents, and what changed in the guideline."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from labeling.fields import fields_from_json, to_json
from labeling.guideline import Guideline, load_guidelines, shipped_folder
from labeling.questions import Wording, answer
from labeling.queues import sync_guidelines
from storage.queries import questions as stored
from storage.queries.accounts import account_named, add_account
from storage.queries.queues import queue_named
from tests.journeys.conftest import Site
from tests.journeys.test_label_page import (
    HOSTILE,
    exchanges,
    next_task,
    on_any_screen,
    press,
    task_id,
    wait_state,
)

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
TEXT = "\n".join(HOSTILE).replace("\r\n", "\n").replace("\x00", "")
SHOWN_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"


def at_work(site: Site, name: str, queue: str | None = None, **options: Any) -> Page:
    """A new person at the first task of a queue; of a new queue of their own if none is named."""
    site.person(name)
    if queue is None:
        queue = f"of {name}"
        site.queue(queue, exchanges(4, name), people=(name,))
    page = site.log_in(name, f"/label?queue={queue}", **options)
    task_id(page)
    return page


def asked(site: Site, queue: str) -> list[Any]:
    with site.store.read() as session:
        return list(stored.questions_of_queue(session, queue_named(session, queue).id))


def answered(site: Site, number: int, text: str, **more: Any) -> None:
    with site.store.write() as session:
        now = datetime.now(UTC)
        lead = account_named(session, "lois") or add_account(session, "lois", "lead", now)
        answer(session, number, lead, text, now, **more)


def at_questions(site: Site, queue: str, lead: str, **options: Any) -> Page:
    """A lead at the questions of a queue."""
    site.person(lead, "lead")
    page = site.log_in(lead, "/lead", **options)
    page.goto(f"/lead/?queue={queue}&section=questions")
    page.wait_for_selector("#ld-page h1")
    return page


def test_a_question_is_answered_in_place_and_kept_for_others(site: Site) -> None:
    page = at_work(site, "asa")
    first = task_id(page)
    press(page, "'")
    expect(page.locator("#gl-ask-text")).to_be_focused()
    page.keyboard.type("Is 4 right when x, z and b are missing?")
    press(page, "Tab")
    expect(page.locator("#gl-ask-field")).to_be_focused()
    page.select_option("#gl-ask-field", "issues")
    press(page, "Control+Enter")
    expect(page.locator(".gl-ask")).to_be_hidden()
    expect(page.locator(".gl-message")).to_contain_text("Sent to the lead.")
    expect(page.locator(".gl-asked")).to_contain_text("Is 4 right when x, z and b are missing?")
    expect(page.locator(".gl-asked")).to_contain_text("No answer yet.")
    assert task_id(page) == first, "asking sends no label"

    office = at_questions(site, "of asa", "lou")
    tab = office.get_by_role("link", name="Questions (1)")
    expect(tab).to_be_visible()
    row = office.locator("tr", has_text="Is 4 right")
    expect(row).to_contain_text("asa")
    row.get_by_role("link").click()
    expect(office.locator("#ld-task .gl-turn")).to_contain_text("Question 0 of asa?")
    expect(office.locator("#in-answer")).to_be_visible()
    office.get_by_role("button", name="Send the answer").click()
    expect(office.locator("[data-wrong=answer]")).to_contain_text("A value is needed")
    expect(office.locator("#in-answer")).to_be_focused()
    office.fill("#in-answer", "Yes: incomplete, and a 4.")
    office.get_by_label("Keep as precedent").check()
    wording = office.locator("[id='in-precedent.question']")
    expect(wording).to_have_value("Is 4 right when x, z and b are missing?")
    wording.fill("Something is missing: which rating?")
    office.get_by_role("button", name="Send the answer").click()
    expect(office.locator("#ld-said")).to_have_text("Answered, and kept as a precedent.")
    expect(office.get_by_role("link", name="Questions", exact=True)).to_be_visible()
    expect(office.locator(".ld-precedents")).to_contain_text("Something is missing")

    page.evaluate(SHOWN_AGAIN)
    expect(page.locator(".gl-asked")).to_contain_text("Yes: incomplete, and a 4.")
    expect(page.locator(".gl-notice")).to_contain_text("The lead answered your question.")

    site.queue("others", exchanges(1, "others"), people=(site.person("oda"),))
    other = site.log_in("oda", "/label?queue=others")
    task_id(other)
    button = other.locator("#gl-field-issues .gl-precedents-of")
    expect(button).to_have_text(re.compile("1 precedent"))
    button.click()
    precedent = other.locator(".gl-precedent.gl-marked")
    expect(precedent).to_be_focused()
    expect(precedent).to_contain_text("Something is missing: which rating?")
    expect(precedent).to_contain_text("Yes: incomplete, and a 4.")
    assert "asa" not in other.locator(".gl-precedents").inner_text().split()
    assert "lou" not in other.locator(".gl-desk").inner_text().split()
    expect(other.locator(".gl-notice")).to_have_count(0)

    office.get_by_role("button", name="Withdraw the precedent").click()
    expect(office.locator("#ld-said")).to_contain_text("Withdrawn.")
    expect(office.locator(".ld-precedents")).to_have_count(0)
    other.evaluate(SHOWN_AGAIN)
    expect(other.locator(".gl-precedents")).to_be_hidden()
    expect(button).to_have_count(0)
    press(page, "4", "Enter")
    next_task(page, first)
    expect(page.locator(".gl-asked")).to_be_hidden()


def test_an_answer_that_comes_later_finds_who_asked(site: Site) -> None:
    page = at_work(site, "ben")
    first = task_id(page)
    press(page, "'")
    page.keyboard.type("Too short?")
    page.get_by_role("button", name="Send to the lead").click()
    expect(page.locator(".gl-asked")).to_contain_text("Too short?")
    press(page, "3", "Enter")
    second = next_task(page, first)
    expect(page.locator(".gl-notice")).to_have_count(0)
    (question,) = asked(site, "of ben")
    answered(site, question.id, "Short is fine.")
    press(page, "3", "Enter")
    next_task(page, second)
    notice = page.locator(".gl-notice")
    expect(notice).to_contain_text("The lead answered your question.")
    notice.get_by_role("button", name="Show").click()
    expect(notice).to_contain_text("Question 0 of ben?")
    expect(notice).to_contain_text("Short is fine.")
    expect(notice.get_by_role("button", name="Got it")).to_be_focused()
    press(page, "Enter")
    expect(notice).to_have_count(0)
    page.goto("/label")
    wait_state(page, "queues")
    news = page.evaluate(
        "window.gradio_config.dependencies.find((one) => one.api_name === 'news').id"
    )
    with page.expect_response(
        lambda one: (one.request.post_data_json or {}).get("fn_index") == news
    ) as looked:
        page.evaluate(SHOWN_AGAIN)
    assert json.loads(looked.value.json()["data"][0])["news"] == []


def test_what_was_typed_survives_a_failed_send(site: Site) -> None:
    page = at_work(site, "cleo")
    first = task_id(page)
    page.route("**/run/predict", lambda route: _lose(route, "ask"))
    page.reload()  # a route holds for certain from the next document on
    assert task_id(page) == first
    page.locator("#gl-issues-0").focus()
    press(page, "'")
    expect(page.locator("#gl-ask-field")).to_have_value("issues")
    page.keyboard.type("Kept?")
    press(page, "Control+Enter")
    expect(page.locator("#gl-ask-wrong")).to_contain_text("is kept. Send it again.")
    press(page, "Escape")
    expect(page.locator(".gl-ask")).to_be_hidden()
    page.reload()
    assert task_id(page) == first
    page.get_by_role("button", name="Ask the lead").click()
    expect(page.locator("#gl-ask-text")).to_have_value("Kept?")
    expect(page.locator("#gl-ask-field")).to_have_value("issues")
    page.unroute("**/run/predict")
    press(page, "Control+Enter")
    expect(page.locator(".gl-asked")).to_contain_text("Kept?")
    press(page, "'")
    expect(page.locator("#gl-ask-text")).to_have_value("")
    press(page, "Control+Enter")
    expect(page.locator("#gl-ask-wrong")).to_have_text("Write what you want to know.")
    page.fill("#gl-ask-text", "x" * 2_001)
    expect(page.locator("#gl-ask-room")).to_have_text("1 character too many")
    press(page, "Control+Enter")
    expect(page.locator("#gl-ask-wrong")).to_contain_text("At most 2,000 characters.")
    page.fill("#gl-ask-text", "Later.")
    page.locator(".gl-reading").click(position={"x": 40, "y": 10})
    press(page, "3", "Enter")
    next_task(page, first)
    expect(page.locator(".gl-message")).to_contain_text("Your question is not sent.")
    press(page, "z")
    expect(page.locator("#gl-submit")).to_contain_text("Submit correction")
    press(page, "'")
    expect(page.locator("#gl-ask-text")).to_have_value("Later.")
    assert [row.text for row in asked(site, "of cleo")] == ["Kept?"]
    site.broken.clear()  # the console tells of the lost connection, too


def _lose(route: Route, call: str) -> None:
    """Let every call through but one kind."""
    sent = json.loads(route.request.post_data_json["data"][0])
    if call == "ask" and "text" in sent:
        route.abort()
    else:
        route.continue_()


def test_skip_and_ask_do_not_stand_open_together(site: Site) -> None:
    page = at_work(site, "dan")
    press(page, "x")
    expect(page.locator(".gl-skip")).to_be_visible()
    press(page, "Escape", "'")
    expect(page.locator(".gl-ask")).to_be_visible()
    page.locator(".gl-reading").click(position={"x": 40, "y": 10})
    press(page, "x")
    expect(page.locator(".gl-skip")).to_be_visible()
    expect(page.locator(".gl-ask")).to_be_hidden()
    press(page, "Escape")
    press(page, "?")
    expect(page.locator(".gl-sheet")).to_contain_text("Ask the lead about this task")


# --- a guideline that changes --------------------------------------------------------------------


def newer(was: Guideline, version: str, markdown: str) -> Guideline:
    """The same guideline in another version, with one more issue to choose."""
    fields = to_json(was.fields)
    extra = {"value": "late", "label": "Too late", "help": None, "key": None}
    fields[1]["options"] = [*fields[1]["options"], extra]
    told = fields_from_json(fields)
    return replace(was, version=version, markdown=markdown, fields=told, hash=f"hash {version}")


def change_guideline(site: Site, now: Guideline) -> None:
    with site.store.write() as session:
        sync_guidelines(session, {now.slug: now}, datetime.now(UTC))


@pytest.fixture
def shipped(site: Site) -> Any:
    """The guideline as it is shipped, in force again when the test is over."""
    found = load_guidelines(shipped_folder())["response-quality"]
    yield found
    change_guideline(site, found)


def test_a_changed_guideline_is_told_until_somebody_labelled_by_it(site: Site, shipped) -> None:
    page = at_work(site, "eve")
    first = task_id(page)
    expect(page.locator(".gl-rubric-version")).to_contain_text(f"version {shipped.version}, of ")
    expect(page.locator(".gl-notice")).to_have_count(0)
    press(page, "4", "Enter")
    second = next_task(page, first)
    changed = shipped.markdown.replace("\n## ", "\n<img src=x onerror=1> Ask first.\n\n## ", 1)
    change_guideline(site, newer(shipped, "2 <b>", changed))
    press(page, "4", "Enter")  # held under the version that they know
    third = next_task(page, second)
    notice = page.locator(".gl-notice")
    was = f"version {shipped.version} → 2 <b>"
    expect(notice).to_contain_text(f"The guideline changed since you last labelled: {was}")
    page.get_by_role("button", name="Show what changed").click()
    changes = page.locator(".gl-changes")
    expect(changes.locator("h3")).to_be_focused()
    expect(changes.locator(".gl-form-changes")).to_contain_text("“Too late” can be chosen now.")
    expect(changes.locator("ins").first).to_contain_text("<img src=x onerror=1> Ask first.")
    expect(changes).to_contain_text("Added")
    assert page.locator(".gl-rubric img").count() == 0
    notice.get_by_role("button", name="Got it").click()
    expect(notice).to_have_count(0)
    page.reload()
    assert task_id(page) == third
    chip = page.get_by_role("button", name="What changed", exact=True)
    expect(chip).to_be_visible()
    expect(notice).to_have_count(0)
    press(page, "4", "Enter")
    next_task(page, third)
    expect(chip).to_have_count(0)
    expect(page.locator(".gl-rubric-version")).to_contain_text("version 2 <b>, of ")


def test_who_labels_by_the_new_version_is_not_told_again(site: Site, shipped) -> None:
    page = at_work(site, "fay")
    first = task_id(page)
    press(page, "4", "Enter")
    second = next_task(page, first)
    change_guideline(site, newer(shipped, "3", shipped.markdown + "\nOne more line.\n"))
    press(page, "4", "Enter")
    third = next_task(page, second)
    expect(page.locator(".gl-notice")).to_contain_text("→ 3")
    press(page, "4", "Enter")
    next_task(page, third)
    expect(page.locator(".gl-notice")).to_have_count(0)
    page.reload()
    task_id(page)
    expect(page.locator(".gl-rubric-version")).to_contain_text("version 3, of ")
    expect(page.locator(".gl-notice")).to_have_count(0)


def test_the_guideline_is_open_the_first_time_and_only_then(site: Site) -> None:
    page = at_work(site, "gil", viewport=PHONE)
    panel = page.locator(".gl-rubric")
    expect(panel).to_be_visible()
    expect(panel).to_be_focused()
    press(page, "Escape")
    expect(panel).to_be_hidden()
    page.reload()
    task_id(page)
    expect(page.locator(".gl-rubric-version")).to_contain_text("of ")
    expect(panel).to_be_hidden()


def test_hostile_words_stay_words(site: Site) -> None:
    page = at_work(site, "hal")
    press(page, "'")
    page.fill("#gl-ask-text", TEXT)
    press(page, "Control+Enter")
    expect(page.locator(".gl-asked")).to_contain_text("<script>window.__ran = 1</script>")
    (question,) = asked(site, "of hal")
    assert question.text == TEXT.strip()
    office = at_questions(site, "of hal", HOSTILE[1])
    office.locator(".ld-table a").first.click()
    expect(office.locator("#in-answer")).to_be_visible()
    office.fill("#in-answer", TEXT)
    office.get_by_label("Keep as precedent").check()
    expect(office.locator("[id='in-precedent.question']")).to_have_value(TEXT.strip())
    office.get_by_role("button", name="Send the answer").click()
    expect(office.locator(".ld-precedents")).to_contain_text("window.__ran = 1")
    page.reload()
    task_id(page)
    expect(page.locator(".gl-precedent")).to_contain_text("window.__ran = 1")
    notice = page.locator(".gl-notice")
    notice.get_by_role("button", name="Show").click()
    drawn = notice.locator(".gl-text").evaluate_all("all => all.map((one) => one.textContent)")
    assert drawn == [TEXT.strip()] * 2
    own = "script, img, svg, style, link, form, iframe, base, a"
    assert page.locator(f":is(.gl-notices, .gl-asked, .gl-precedents) :is({own})").count() == 0
    for one in (page, office):
        assert one.evaluate("window.__ran") is None
    office.get_by_role("button", name="Withdraw the precedent").click()
    expect(office.locator("#ld-said")).to_contain_text("Withdrawn.")


def test_everybody_can_use_it(site: Site, shipped) -> None:
    name = "ida"
    page = at_work(site, name)
    expect(page.locator(".gl-rubric")).to_be_visible()
    press(page, "'")
    page.keyboard.type("Why?")
    on_any_screen(page)
    page.select_option("#gl-ask-field", "quality")
    press(page, "Control+Enter")
    expect(page.locator(".gl-asked")).to_be_visible()
    (question,) = asked(site, f"of {name}")
    answered(site, question.id, "Because.", precedent=Wording("Why?", "Because it is."))
    first = task_id(page)
    press(page, "4", "Enter")
    second = next_task(page, first)
    change_guideline(site, newer(shipped, f"2 {name}", shipped.markdown.replace("the", "that", 9)))
    press(page, "4", "Enter")
    next_task(page, second)
    expect(page.locator(".gl-notice")).to_have_count(2)
    page.get_by_role("button", name="Show", exact=True).click()
    on_any_screen(page)
    page.get_by_role("button", name="Show what changed").click()
    expect(page.locator(".gl-changes")).to_be_visible()
    on_any_screen(page)
    page.get_by_role("button", name=re.compile("^Precedents")).click()
    expect(page.locator(".gl-precedents h3")).to_be_focused()
    on_any_screen(page)
    office = at_questions(site, f"of {name}", f"lead {name}")
    on_any_screen(office)
    office.locator(".ld-table a").first.click()
    expect(office.locator("#in-answer")).to_be_visible()
    on_any_screen(office)
    office.go_back()
    office.get_by_role("button", name="Withdraw the precedent").first.click()
    expect(office.locator("#ld-said")).to_contain_text("Withdrawn.")


def test_nothing_left_the_origin_and_nothing_broke(site: Site) -> None:
    """Runs last: every request and every complaint of the journeys above."""
    assert site.foreign == []
    assert site.broken == []
