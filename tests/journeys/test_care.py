"""Care for quality in a real Chromium: to qualify, unseen checks, a word, a break, own totals."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Response, expect
from sqlalchemy import select, update

from labeling import care
from labeling.guideline import load_guidelines, shipped_folder
from labeling.rules import CareRules
from storage.queries import queues
from storage.queries.accounts import account_named
from storage.tables import account, assignment, gold, queue, task
from tests.journeys.conftest import Site, away
from tests.journeys.looks import in_the_other_theme, violations
from tests.journeys.test_label_page import (
    exchanges,
    labels_of,
    next_task,
    press,
    task_id,
    wait_state,
)

pytestmark = pytest.mark.browser

QUALIFY = CareRules(qualification={"tasks": 3, "pass": 0.6})
TAG_KEYS = {
    option.value: option.key
    for option in load_guidelines(shipped_folder())["response-quality"].fields[1].options
}


def known(site: Site, assignment_id: str) -> tuple[str, Any]:
    """(role, agreed values) of an assignment."""
    with site.store.read() as session:
        row = session.execute(
            select(assignment.c.role, gold.c.expected)
            .join_from(assignment, task, assignment.c.task_id == task.c.id)
            .outerjoin(gold, gold.c.interaction_id == task.c.interaction_id)
            .where(assignment.c.id == int(assignment_id))
        ).one()
    return row.role, row.expected


def answer(site: Site, page: Page, *, right: bool = True) -> None:
    """Answer a task to qualify by keys, and wait until the feedback has been there to be read."""
    _, agreed = known(site, task_id(page))
    quality = agreed["quality"] if right else 1 if agreed["quality"] > 2 else 5
    press(page, str(quality), *(TAG_KEYS[tag] for tag in agreed.get("issues", [])), "Enter")
    wait_state(page, "feedback")
    page.wait_for_selector(".gl-fed-all[data-ready]")


def decide(site: Site, name: str, queue_name: str, decision: str) -> None:
    with site.store.write() as session:
        row, who = queues.queue_named(session, queue_name), account_named(session, name)
        assert who is not None
        care.decide(session, row, who, decision, who, datetime.now(UTC))


def start(site: Site, name: str, tasks: int, rules: CareRules, **options: Any) -> Page:
    site.person(name)
    site.queue(name, exchanges(tasks, name), people=(name,), care=rules)
    page = site.log_in(name, f"/label?queue={name}", **options)
    return page


def test_to_qualify_by_keys_fail_try_again_pass_and_label(site: Site) -> None:
    page = start(site, "quin", 2, QUALIFY)
    task_id(page)
    expect(page.locator(".gl-care-strip")).to_contain_text("Task 1 of 3 to qualify.")
    expect(page.locator(".gl-counts")).to_have_text("Qualification · 0 of 3")
    answer(site, page, right=False)
    expect(page.locator("#gl-fed-title")).to_have_text("Not as agreed")
    expect(page.locator(".gl-fed-why p")).not_to_be_empty()
    expect(page.locator(".gl-fed-wrong").first).to_contain_text("Agreed")
    expect(page.locator(".gl-response")).to_be_visible()
    expect(page.locator("#gl-submit")).to_be_hidden()
    expect(page.locator(".gl-fed-all")).to_be_focused()
    expect(page.locator("p[role=status]")).to_contain_text("Not as agreed.")
    press(page, "4", "z")  # the form is gone, and there is nothing to take back
    expect(page.locator(".gl-message")).to_contain_text("no task of yours to go back to")
    press(page, "Enter")
    task_id(page)
    answer(site, page)
    expect(page.locator("#gl-fed-title")).to_have_text("As agreed")
    page.click("#gl-goon")
    task_id(page)
    answer(site, page, right=False)
    expect(page.locator(".gl-fed-all")).to_contain_text("That was the last of them.")
    press(page, "Enter")
    wait_state(page, "nothing")
    expect(page.locator(".gl-empty")).to_contain_text("Not yet open to you")
    expect(page.locator(".gl-empty")).to_contain_text("Of 3 tasks to qualify you answered 1")
    decide(site, "quin", "quin", "again")
    press(page, "Enter")
    for _ in range(3):
        task_id(page)
        answer(site, page)
        last = page.locator(".gl-fed-all").inner_text()
        press(page, "Enter")
    assert "the queue is open to you" in last
    first = task_id(page)
    expect(page.locator(".gl-turn")).to_contain_text("Question 0 of quin?")
    expect(page.locator(".gl-care-strip")).to_have_count(0)
    expect(page.locator(".gl-counts")).to_have_text("0 by you · 0 of 2")
    press(page, "4", "Enter")
    next_task(page, first)
    expect(page.locator(".gl-counts")).to_have_text("1 by you · 1 of 2")
    assert not [one for one in site.broken if "status of" not in one]


def test_whoever_presses_twice_still_reads_the_feedback(site: Site) -> None:
    page = start(site, "twice", 1, QUALIFY)
    task_id(page)
    page.evaluate(
        """() => new MutationObserver(() => {
             const section = document.querySelector(".gl-fed-all");
             if (!section || window.__pressed) return;
             window.__pressed = true;
             document.getElementById("gl-goon").click();
           }).observe(document.body, { childList: true, subtree: true })"""
    )
    answer(site, page)
    expect(page.locator(".gl-fed-all")).to_be_visible()
    assert page.evaluate("window.__pressed")


def shape(value: Any) -> Any:
    """Keys and kinds, whatever is said."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in sorted(value.items())}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [shape(value[0])]
    return type(value).__name__


def test_checks_and_repeats_look_like_any_other_task_in_all_that_comes(site: Site) -> None:
    site.person("hida")
    rules = CareRules(gold_rate=0.3, repeat_rate=0.1)
    site.queue("hida", exchanges(40, "hida"), people=("hida",), care=rules)
    with site.store.write() as session:
        ident = session.scalar(select(account.c.id).where(account.c.name == "hida"))
        seed = next(one for one in range(10_000) if has_both(one, ident))
        session.execute(update(queue).where(queue.c.name == "hida").values(check_seed=seed))
    page = site.browser().new_page()
    told: dict[str, dict] = {}
    views: dict[str, dict] = {}

    def note(reply: Response) -> None:
        if reply.url.endswith("/run/predict"):
            said = json.loads(reply.json()["data"][0])
            if said["state"] == "task":
                told[said["assignment_id"]] = said
            one = said if said["state"] == "task" else said.get("next") or {}
            if "view" in one:
                views[one["assignment_id"]] = one.pop("view")

    page.on("response", note)
    page.goto("/label?queue=hida")
    page.fill("#username", "hida")
    page.fill("#password", "correct horse battery")
    page.click("button[type=submit]")
    shown, roles = task_id(page), []
    for number in range(1, 27):
        roles.append(known(site, shown)[0])
        press(page, "4", "Enter")
        shown = next_task(page, shown)
        expect(page.locator(".gl-counts")).to_have_text(f"{number} by you · {number} of 40")
    assert set(roles) == {"planned", "gold", "repeat"}
    seen: dict[str, set[str]] = {}
    for ident, said in told.items():
        bare = {key: value for key, value in said.items() if key != "guideline"}
        bare["view"] = views[ident]
        assert "guideline:" not in json.dumps(bare)
        bare["view"]["context"] = bare["view"]["turns"] = "texts"  # what is said differs
        seen.setdefault(known(site, ident)[0], set()).add(json.dumps(shape(bare)))
    assert set(seen) == {"planned", "gold", "repeat"}
    assert len(set.union(*seen.values())) == 1


def has_both(seed: int, account_id: Any) -> bool:
    """Whether this seed gives that account checks, and a repeat soon after twenty labels."""
    chances = [care.fraction(seed, account_id, number) for number in range(26)]
    return sum(one < 0.3 for one in chances) >= 5 and any(0.3 <= one < 0.4 for one in chances[22:])


def test_a_quick_answer_is_remarked_upon_once_in_ten(site: Site) -> None:
    page = start(site, "fay", 15, CareRules(min_seconds=300))
    shown = task_id(page)
    remarked = []
    for number in range(12):
        press(page, "4", "Enter")
        shown = next_task(page, shown)
        if page.locator(".gl-message:visible").count():
            remarked.append(number)
            words = page.locator(".gl-message").inner_text()
            assert re.fullmatch(r"That was [\d.]+ seconds?\. Undo brings it back\.", words)
    assert remarked == [0, 11]
    assert len(labels_of(site, "fay")) == 12
    press(page, "z")
    expect(page.locator("#gl-skip")).to_contain_text("Keep")


def test_after_fifty_minutes_a_break_is_suggested_once(site: Site) -> None:
    site.person("bree")
    site.queue("bree", exchanges(3, "bree"), people=("bree",))
    page = site.browser().new_page()
    page.clock.install(time=datetime(2026, 11, 2, 9, tzinfo=UTC))
    page.goto("/label?queue=bree")
    page.fill("#username", "bree")
    page.fill("#password", "correct horse battery")
    page.click("button[type=submit]")
    task_id(page)
    note = page.locator(".gl-break")

    def work(minutes: int) -> None:
        for _ in range(minutes // 4):
            page.clock.fast_forward(4 * 60 * 1000)
            press(page, "h")

    press(page, "h")
    work(48)
    expect(note).to_have_count(0)
    work(4)
    expect(note).to_contain_text("a short break would do you good")
    expect(page.locator(".gl-response")).to_be_visible()
    page.get_by_role("button", name="All right").click()
    work(56)
    expect(note).to_have_count(0)
    work(8)
    expect(note).to_have_count(1)
    page.clock.fast_forward(6 * 60 * 1000)
    press(page, "h")
    expect(note).to_have_count(0)
    press(page, "?")
    page.get_by_label("Remind me of breaks").uncheck()
    press(page, "Escape")
    work(120)
    expect(note).to_have_count(0)


def test_own_totals_open_from_the_counts(site: Site) -> None:
    page = start(site, "otto", 4, CareRules())
    first = task_id(page)
    press(page, "4", "Enter")
    next_task(page, first)
    page.locator(".gl-counts").focus()
    press(page, "Enter")
    panel = page.get_by_role("dialog", name="Your work")
    expect(panel).to_contain_text("In this queue1 label")
    expect(panel).to_contain_text("a task, the middle of your last 50")
    expect(panel).to_contain_text("No total yet")
    press(page, "4", "x")
    expect(page.locator(".gl-skip")).to_be_hidden()
    press(page, "Escape")
    expect(panel).to_be_hidden()
    expect(page.locator(".gl-reading")).to_be_focused()
    expect(page.locator("input[name=gl-quality]:checked")).to_have_count(0)
    page.get_by_role("link", name="Queues").click()
    expect(page.locator(".gl-own-line")).to_contain_text("You today: 1 label")


def test_a_total_of_checks_is_told_a_day_later(site: Site) -> None:
    page = start(site, "della", 60, CareRules(gold_rate=0.3))
    shown = task_id(page)
    roles: list[str] = []
    while roles.count("gold") < 10:
        roles.append(known(site, shown)[0])
        press(page, "4", "Enter")
        shown = next_task(page, shown)
    page.locator(".gl-counts").click()
    panel = page.get_by_role("dialog", name="Your work")
    expect(panel).to_contain_text("No total yet")
    with site.store.write() as session:
        moved = assignment.c.account_id == session.scalar(
            select(account.c.id).where(account.c.name == "della")
        )
        earlier = datetime.now(UTC) - timedelta(days=1)
        done = assignment.c.state == "submitted"
        session.execute(update(assignment).where(moved, done).values(finished_at=earlier))
    press(page, "Escape")
    page.locator(".gl-counts").click()
    expect(panel).to_contain_text(re.compile(r"Of 10 checks, \d+ as agreed"))


def test_on_a_telephone_everything_fits_and_axe_finds_nothing(site: Site) -> None:
    page = start(site, "tel", 1, QUALIFY, viewport={"width": 390, "height": 844})
    task_id(page)
    away(page)
    found = [violations(page), in_the_other_theme(page)]
    answer(site, page, right=False)
    found += [violations(page), in_the_other_theme(page)]
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) == 0
    box = page.locator("#gl-goon").bounding_box()
    assert box is not None
    assert box["height"] >= 44
    assert box["y"] + box["height"] <= 844
    page.locator(".gl-counts").click()
    expect(page.get_by_role("dialog", name="Your work")).to_contain_text("0 labels")
    found += [violations(page), in_the_other_theme(page)]
    assert page.evaluate(wide) == 0
    page.get_by_role("button", name="Close").click()
    page.locator("#gl-goon").click()
    task_id(page)
    assert found == [[]] * 6
