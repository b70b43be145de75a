"""An annotator's day in a real Chromium: keys, drafts, undo, two tabs, hostile texts, no mouse."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from labeling.queues import change_queue
from storage.tables import account, assignment, label
from tests.journeys.conftest import Site
from tests.journeys.looks import ALL_BUT_COLOURS, WCAG, in_the_other_theme, violations

pytestmark = pytest.mark.browser

ROOT = "#goldloop-label"
HOSTILE = [
    "<script>window.__ran = 1</script>",
    "<img src=http://elsewhere.test/a.png onerror='window.__ran = 2'>",
    "![b](http://elsewhere.test/b.png) [l](javascript:window.__ran=3)",
    "${window.__ran = 4} {{constructor.constructor('window.__ran = 5')()}} <%= 6 %> #{7}",
    "'\"></textarea></div><svg onload='window.__ran = 8'>",
    "<style>* { display: none }</style><link rel=stylesheet href=http://elsewhere.test/c.css>",
    "<form action=http://elsewhere.test><input autofocus onfocus='window.__ran = 9'></form>",
    "<iframe srcdoc='<script>parent.__ran = 10</script>'></iframe><base href=http://elsewhere.test>",
    "a\u202eb\u2066c\u2069 \u200b\u200f\ufeff \U000e0041 e\u0301\u0302\u0303\u0304",
    "nul\x00 bell\x07 \x1b[31mred\x1b[0m \x9b \x7f\r\n\u2028\u2029",
    "```js\nalert(1)\n~~~\n```\n`code` ```` unclosed",
    "__proto__ constructor toString \ud7ff\ufffd 🏴\U000e0067\U000e0062\U000e007f",
]


def exchanges(count: int, prefix: str) -> list[dict]:
    return [
        {
            "external_id": f"{prefix}-{number}",
            "messages": [{"role": "user", "content": f"Question {number} of {prefix}?"}],
            "responses": [{"id": "r1", "text": f"Answer {number}."}],
            "context": [f"Passage {number}."],
        }
        for number in range(count)
    ]


def task_id(page: Page) -> str:
    page.wait_for_selector(f"{ROOT}[data-task-id]")
    return str(page.get_attribute(ROOT, "data-task-id"))


def next_task(page: Page, before: str) -> str:
    page.wait_for_selector(f'{ROOT}[data-task-id]:not([data-task-id="{before}"])')
    return task_id(page)


def wait_state(page: Page, state: str) -> None:
    page.wait_for_selector(f'{ROOT}[data-state="{state}"]')


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def labels_of(site: Site, name: str) -> list:
    """(assignment, revision, values, seconds) of a person's labels, in order."""
    with site.store.read() as session:
        return session.execute(
            select(label.c.assignment_id, label.c.revision, label.c["values"], label.c.seconds)
            .join_from(label, account, label.c.account_id == account.c.id)
            .where(account.c.name == name)
            .order_by(label.c.id)
        ).all()


def states_of(site: Site, name: str) -> list[str]:
    with site.store.read() as session:
        return list(
            session.scalars(
                select(assignment.c.state)
                .join_from(assignment, account)
                .where(account.c.name == name)
            )
        )


@pytest.fixture
def at_work(site: Site, request: pytest.FixtureRequest) -> Callable[..., Page]:
    """A new person in a new queue of that many tasks, logged in and looking at the first."""
    name = re.sub(r"\W+", "-", request.node.name)

    def start(tasks: int = 3, **options: object) -> Page:
        site.person(name)
        site.queue(name, exchanges(tasks, name), people=(name,))
        page = site.log_in(name, f"/label?queue={name}", **options)
        task_id(page)
        return page

    start.name = name  # type: ignore[attr-defined]
    return start


def test_from_the_log_in_to_the_end_of_the_queue_by_keys_alone(site: Site) -> None:
    site.person("kay")
    site.queue("by keys", exchanges(2, "by keys"), people=("kay",))
    page = site.browser().new_page()
    page.goto("/label")
    expect(page.locator("#username")).to_be_focused()
    page.keyboard.type("kay")
    press(page, "Tab")
    page.keyboard.type("correct horse battery")
    press(page, "Enter")
    wait_state(page, "queues")
    expect(page.locator(".gl-card")).to_have_count(1)
    expect(page.locator(".gl-card")).to_contain_text("0 of 2 labels")
    press(page, "1")
    first = task_id(page)
    expect(page.locator(".gl-turn")).to_contain_text("Question 0 of by keys?")
    expect(page.locator(".gl-response")).to_contain_text("Answer 0.")
    press(page, "2", "h", "m", "h", "j", "s", "y", "e")
    page.keyboard.type("A better answer: 1 x z b")
    press(page, "Control+Enter")
    next_task(page, first)
    expect(page.locator(".gl-counts")).to_have_text("1 by you · 1 of 2")
    press(page, "5", "Enter")
    wait_state(page, "nothing")
    expect(page.locator(".gl-empty")).to_contain_text("Nothing left for you here")
    (one, two) = labels_of(site, "kay")
    assert one.values == {
        "quality": 2,
        "issues": ["incomplete"],
        "expected_answer": "A better answer: 1 x z b",
        "confidence": "low",
        "difficulty": "medium",
        "requires_context": True,
    }
    assert two.values == {"quality": 5, "issues": []}
    assert one.seconds > 0


def test_what_is_missing_is_said_beside_the_field_and_focused(site: Site, at_work) -> None:
    page = at_work()
    press(page, "h", "Enter")
    wrong = page.locator("#gl-field-quality .gl-wrong")
    expect(wrong).to_contain_text("An answer is needed here")
    expect(page.locator("#gl-quality-0")).to_be_focused()
    expect(page.locator("#gl-quality-0")).to_have_attribute("aria-invalid", "true")
    tip = page.locator("#gl-field-quality .gl-tip")
    expect(tip).to_be_hidden()
    page.locator("label[for=gl-quality-1]").hover()
    expect(tip).to_be_hidden()  # it would lie over what is said
    press(page, "3")
    expect(wrong).to_be_hidden()
    page.locator("label[for=gl-quality-3]").hover()
    expect(tip).to_be_visible()
    box, below = tip.bounding_box(), page.locator("#gl-field-issues .gl-legend").bounding_box()
    assert box["y"] + box["height"] <= below["y"]
    assert labels_of(site, at_work.name) == []


def test_skip_with_a_reason_and_undo_both_ways(site: Site, at_work) -> None:
    page = at_work(3)
    first = task_id(page)
    press(page, "4", "Enter")
    second = next_task(page, first)
    press(page, "x", "Escape")
    assert task_id(page) == second
    press(page, "x", " ")  # no reason stands at the space bar
    page.keyboard.type("cannot judge 1 of it")
    expect(page.locator("#gl-other")).to_have_value("cannot judge 1 of it")
    press_again_as_soon_as_there_is_another_task(page, "5")
    press(page, "Enter")
    third = next_task(page, second)
    expect(page.locator(".gl-message")).to_contain_text("Skipped. Undo takes you back to it.")
    seen(page)
    expect(page.locator("input:checked")).to_have_count(0)
    assert sorted(states_of(site, at_work.name)) == ["leased", "skipped", "submitted"]
    press(page, "z")
    assert next_task(page, third) == second
    expect(page.locator(".gl-message")).to_contain_text("You skipped this task")
    press(page, "z")
    assert next_task(page, second) == first
    expect(page.locator("#gl-quality-3")).to_be_checked()
    press(page, "1", "u", "Enter")
    assert next_task(page, first) == third
    revisions = labels_of(site, at_work.name)
    assert [(row.revision, row.values["quality"]) for row in revisions] == [(1, 4), (2, 1)]
    assert revisions[0].assignment_id == revisions[1].assignment_id


def test_a_reload_in_the_middle_keeps_the_draft(site: Site, at_work) -> None:
    page = at_work()
    press(page, "3", "t", "o")
    page.keyboard.type("half a thought")
    expect(page.locator(".gl-saved")).to_have_text("Saved", timeout=3000)
    other = page.context.new_page()
    other.goto(page.url)
    task_id(other)
    expect(other.locator("#gl-field-notes-text")).to_have_value("half a thought")
    other.close()
    page.keyboard.type(", and the rest")
    page.reload()  # before the server was told
    task_id(page)
    expect(page.locator("#gl-field-notes-text")).to_have_value("half a thought, and the rest")
    expect(page.locator("#gl-quality-2")).to_be_checked()
    expect(page.locator("#gl-issues-5")).to_be_checked()


def test_saved_is_said_only_after_the_server_said_so(site: Site, at_work) -> None:
    page = at_work()
    first = task_id(page)
    page.context.set_offline(True)
    press(page, "4")
    expect(page.locator(".gl-saved")).to_contain_text("Not saved")
    press(page, "Enter")
    expect(page.locator(".gl-message")).to_contain_text("not sent yet, and is kept")
    assert task_id(page) == first
    expect(page.locator("#gl-quality-3")).to_be_checked()
    page.context.set_offline(False)
    expect(page.locator(".gl-saved")).to_have_text("Saved")
    expect(page.locator(".gl-message:not(.gl-alarm)")).to_contain_text("Press Submit again")
    press(page, "Enter")
    next_task(page, first)
    assert [row.values["quality"] for row in labels_of(site, at_work.name)] == [4]
    site.broken.clear()


def test_an_answer_whose_receipt_was_lost_is_one_label(site: Site, at_work) -> None:
    page = at_work(2)
    first = task_id(page)
    lost = []

    def lose(route: Route) -> None:
        if "nonce" in (route.request.post_data or "") and not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    page.route("**/run/predict", lose)
    page.reload()  # a route holds for certain from the next document on
    assert task_id(page) == first
    press(page, "4", "Enter")
    expect(page.locator(".gl-message")).to_contain_text("not sent yet")
    assert lost == [200]
    press(page, "Enter")
    next_task(page, first)
    assert len(labels_of(site, at_work.name)) == 1
    site.broken.clear()


def test_double_enter_and_a_held_key_give_one_label(site: Site, at_work) -> None:
    page = at_work(4)
    first = task_id(page)
    press(page, "4")
    page.evaluate(
        """() => {
          for (let i = 0; i < 6; i++) {
            const told = {key: "Enter", bubbles: true, cancelable: true, repeat: i > 2};
            document.activeElement.dispatchEvent(new KeyboardEvent("keydown", told));
          }
        }"""
    )
    next_task(page, first)
    page.locator("#gl-submit").dblclick()
    expect(page.locator("#gl-field-quality .gl-wrong")).to_be_visible()
    assert len(labels_of(site, at_work.name)) == 1


def test_two_tabs_show_one_task_and_lose_nothing(site: Site, at_work) -> None:
    page = at_work(2)
    first = task_id(page)
    other = page.context.new_page()
    other.goto(page.url)
    assert task_id(other) == first
    press(page, "4", "Enter")
    next_task(page, first)
    press(other, "1", "Enter")
    expect(other.locator(".gl-message")).to_contain_text("already labelled this task")
    expect(other.locator("#gl-quality-0")).to_be_checked()
    assert [row.values["quality"] for row in labels_of(site, at_work.name)] == [4]
    press(other, "x")
    next_task(other, first)
    assert len(labels_of(site, at_work.name)) == 1


def test_letters_in_a_text_are_text(site: Site, at_work) -> None:
    page = at_work()
    first = task_id(page)
    press(page, "o")
    page.keyboard.type("1 h x z b ?")
    expect(page.locator("#gl-field-notes-text")).to_have_value("1 h x z b ?")
    expect(page.locator("input:checked")).to_have_count(0)
    press(page, "Escape", "1", "?")
    expect(page.locator(".gl-sheet")).to_be_visible()
    press(page, "5")
    press(page, "Escape")
    expect(page.locator(".gl-sheet")).to_be_hidden()
    expect(page.locator("#gl-quality-0")).to_be_checked()
    assert task_id(page) == first


def test_every_key_is_printed_on_its_control(site: Site, at_work) -> None:
    page = at_work()
    printed = page.eval_on_selector_all(
        ".gl-option kbd", "all => all.map((one) => one.textContent.toLowerCase())"
    )
    assert printed == [*"12345", *"hiufmtr", *"jkl", *"asd", *"yn"]
    for control, key in [("#gl-undo", "Z"), ("#gl-skip", "X"), ("#gl-submit", "↵")]:
        expect(page.locator(f"{control} kbd")).to_have_text(key)
    expect(page.locator(".gl-tools kbd")).to_have_text(["B", "?"])
    expect(page.locator("label[for=gl-field-expected_answer-text] kbd")).to_have_text("E")
    expect(page.locator("label[for=gl-field-notes-text] kbd")).to_have_text("O")
    expect(page.locator("#gl-field-notes-text")).to_have_attribute("rows", "1")


def test_the_guideline_stays_as_it_was_left(site: Site, at_work) -> None:
    page = at_work()
    expect(page.locator("#gl-rubric")).to_contain_text("Worked borderline cases")
    press(page, "b")
    expect(page.locator("#gl-rubric")).to_be_hidden()
    page.reload()
    task_id(page)
    expect(page.locator("#gl-rubric")).to_be_hidden()
    press(page, "b")
    expect(page.locator("#gl-rubric")).to_be_visible()


def test_give_back_and_nothing_for_you(site: Site, at_work) -> None:
    page = at_work(1)
    press(page, ":")
    wait_state(page, "queues")
    press(page, "1")
    task_id(page)
    press(page, "x", "5")
    wait_state(page, "queues")
    site.person("late")
    with site.store.write() as session:
        change_queue(session, at_work.name, {"people": None}, datetime.now(UTC))
    late = site.log_in("late", f"/label?queue={at_work.name}")
    task_id(late)
    page.goto(f"/label?queue={at_work.name}")
    wait_state(page, "nothing")
    expect(page.locator(".gl-empty")).to_contain_text("open at other annotators")
    expect(page.locator(".gl-empty")).to_contain_text("looks again in")
    page.goto("/label?queue=no such queue")
    expect(page.locator(".gl-page")).to_contain_text("There is no such queue")


def test_logged_out_in_another_tab_keeps_what_was_typed(site: Site, at_work) -> None:
    page = at_work(2)
    first = task_id(page)
    cookies = page.context.cookies()
    press(page, "3")
    expect(page.locator(".gl-saved")).to_have_text("Saved")
    page.context.clear_cookies()
    press(page, "4", "Enter")
    expect(page.locator(".gl-message")).to_contain_text("You are logged out")
    assert task_id(page) == first
    page.context.add_cookies(cookies)
    press(page, "Enter")
    next_task(page, first)
    assert [row.values["quality"] for row in labels_of(site, at_work.name)] == [4]
    site.broken.clear()


def test_four_keys_for_a_rating_with_two_tags_and_one_for_a_plain_rating(
    site: Site, at_work
) -> None:
    page = at_work(4)
    first = task_id(page)
    press(page, "2", "h", "t", "Enter")
    second = next_task(page, first)
    assert labels_of(site, at_work.name)[0].values["issues"] == ["hallucination", "wrong_tone"]
    press(page, "?")
    page.get_by_label("Go on at once").check()
    press(page, "Escape")
    seen(page)
    press_again_as_soon_as_there_is_another_task(page, "3")
    press(page, "5")
    third = next_task(page, second)
    assert [row.values["quality"] for row in labels_of(site, at_work.name)] == [2, 5]
    expect(page.locator("#gl-quality-2")).to_be_checked()
    press(page, "z")
    page.wait_for_selector(f'{ROOT}[data-task-id="{second}"]')
    seen(page)
    press(page, "4")  # what was reopened is sent by hand
    expect(page.locator(".gl-saved")).to_have_text("Saved")
    assert task_id(page) == second
    assert third != second
    assert len(labels_of(site, at_work.name)) == 2


def press_again_as_soon_as_there_is_another_task(page: Page, key: str) -> None:
    """As a key does that was pressed twice: nobody has seen the task that it meets."""
    page.evaluate(
        """([root, key]) => {
          const watch = new MutationObserver(() => {
            watch.disconnect();
            const told = {key, code: `Digit${key}`, bubbles: true, cancelable: true};
            const press = () => document.body.dispatchEvent(new KeyboardEvent("keydown", told));
            requestAnimationFrame(press);
          });
          watch.observe(document.querySelector(root), {attributeFilter: ["data-task-id"]});
        }""",
        [ROOT, key],
    )


def seen(page: Page) -> None:
    """Until the task has been in view for as long as it takes to look at it."""
    began = page.evaluate("performance.now()")
    page.wait_for_function("(began) => performance.now() - began > 450", arg=began)


def test_single_keys_can_be_switched_off(site: Site, at_work) -> None:
    page = at_work(2)
    first = task_id(page)
    press(page, "?")
    page.get_by_label("Single keys act").uncheck()
    press(page, "Escape")
    press(page, "4", "x", "z", "Enter")
    expect(page.locator("#gl-quality-3")).not_to_be_checked()
    expect(page.locator(".gl-skip")).to_be_hidden()
    page.reload()
    assert task_id(page) == first
    press(page, "4")
    page.locator("label[for=gl-quality-3]").click()
    press(page, "Control+Enter")
    next_task(page, first)
    assert [row.values["quality"] for row in labels_of(site, at_work.name)] == [4]
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Single keys act").check()
    press(page, "Escape")
    expect(page.locator(".gl-reading")).to_be_focused()  # not the button: Enter shall submit
    press(page, "5")
    expect(page.locator("#gl-quality-4")).to_be_checked()


def test_no_accessibility_violation_of_ours(site: Site, at_work) -> None:
    page = at_work(2)
    on_any_screen(page)
    press(page, "1", "h", "x")
    on_any_screen(page)
    press(page, "Escape", "?")
    on_any_screen(page)
    press(page, "Escape", "b")
    on_any_screen(page)
    press(page, "Escape")
    page.goto("/label")
    wait_state(page, "queues")
    on_any_screen(page)
    page.goto(f"/label?queue={at_work.name}")
    first = task_id(page)
    press(page, "1", "Enter")
    next_task(page, first)
    press(page, "1", "Enter")
    wait_state(page, "nothing")
    on_any_screen(page)


def on_any_screen(page: Page) -> None:
    """Accessible and no wider than the screen: on a desk, and on a telephone."""
    size = page.viewport_size
    assert size is not None
    assert_accessible(page)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page, **WCAG, **ALL_BUT_COLOURS) == []
    page.set_viewport_size(size)


def assert_accessible(page: Page) -> None:
    """By the rules of WCAG, in both themes."""
    assert violations(page, **WCAG) == []
    assert in_the_other_theme(page) == []


def test_hostile_texts_are_shown_as_text(site: Site) -> None:
    text = "\n".join(HOSTILE)
    long = "0123456789 <b>${x}</b> " * 44_000
    site.person("vic")
    hostile = {
        "messages": [
            {"role": "system", "content": text},
            {"role": text, "name": text, "content": text},
            {
                "role": "assistant",
                "content": [{"type": "image_url", "image_url": {"url": "http://elsewhere.test/d"}}],
                "tool_calls": [
                    {"id": text, "function": {"name": text, "arguments": text}},
                    {"id": "c2", "function": {"name": "f", "arguments": {text: [text]}}},
                ],
            },
            {"role": "tool", "tool_call_id": text, "content": text},
        ],
        "context": [text, {"title": text, "text": text}, {"path": "/etc/passwd"}],
        "model": text,
        "category": text,
        "flags": HOSTILE,
        "source": text,
    }
    name = "q <img src=x onerror=window.__ran=11> ${window.__ran=12} {{13}}"
    everything = ("model", "category", "flags", "source", "reason", "metadata", "scores")
    site.queue(
        name,
        [
            {**hostile, "responses": [{"id": text, "text": text, "model": text, "variant": text}]},
            {"responses": [{"id": "r", "text": long}]},
        ],
        show=everything,
        people=("vic",),
    )
    page = site.log_in("vic")
    wait_state(page, "queues")
    page.locator(".gl-card", has_text="q <img").click()
    first = task_id(page)
    drawn = page.eval_on_selector_all(
        ".gl-response .gl-text", "all => all.map((one) => one.textContent)"
    )
    assert drawn == [text]
    marks = page.eval_on_selector_all(
        ".gl-response .gl-mark", "all => all.map((one) => one.dataset.mark)"
    )
    assert {"RLO", "LRI", "PDI", "ZWSP", "BOM", "NUL", "ESC", "U+E0041", "LS"} <= set(marks)
    own = "script, img, svg, style, link, form, iframe, base, a"
    assert page.locator(f".gl-task :is({own})").count() == 0
    press(page, "Shift+E")
    expect(page.locator("#gl-field-expected_answer-text")).to_have_value(text.replace("\r\n", "\n"))
    press(page, "Escape", "2", "Enter")
    second = next_task(page, first)
    more = page.locator(".gl-response button")
    while more.is_visible():
        left = more.inner_text()
        more.click()
        page.wait_for_function(
            "old => { const b = document.querySelector('.gl-response button');"
            " return b.hidden || b.textContent !== old }",
            arg=left,
        )
    assert page.evaluate("document.querySelector('.gl-response .gl-text').textContent") == long
    press(page, "4", "Enter")
    wait_state(page, "nothing")
    assert second != first
    assert page.evaluate("window.__ran") is None
    assert len(labels_of(site, "vic")) == 2


def test_a_cold_page_is_light(site: Site) -> None:
    """What comes over the wire until a task stands there, nothing cached."""
    site.person("cold")
    site.queue("cold", exchanges(3, "cold"), people=("cold",))
    page = site.log_in("cold")
    page.wait_for_load_state("networkidle")  # what the list of queues loads does not count
    page.context.new_cdp_session(page).send("Network.clearBrowserCache")
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    weights: list[float] = []
    wire.on("Network.loadingFinished", lambda told: weights.append(told["encodedDataLength"]))
    page.goto("/label?queue=cold")
    task_id(page)
    page.wait_for_load_state("networkidle")
    assert 50_000 < sum(weights) < 400_000


def test_nothing_left_the_origin_and_nothing_broke(site: Site) -> None:
    """Runs last: every request and every complaint of the journeys above."""
    assert site.foreign == []
    assert site.broken == []
