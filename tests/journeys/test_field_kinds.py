"""Every kind of field in a real Chromium: by keys alone, with the mouse, on a phone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from labeling.guideline import load_guideline
from tests.journeys.conftest import Site, away
from tests.journeys.test_label_page import (
    HOSTILE,
    labels_of,
    next_task,
    on_any_screen,
    press,
    task_id,
)

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
PAIR = {
    "messages": [{"role": "user", "content": "How do I descale a kettle?"}],
    "responses": [
        {"id": "short", "text": "Half vinegar, half water, one hour."},
        {"id": "long", "text": "Descaling is a topic with a rich history."},
    ],
}
SUPPORT = {
    "messages": [
        {"role": "system", "content": "You are the help desk."},
        {"role": "user", "content": "My parcel is not here."},
        {"role": "assistant", "content": "Which order is it?"},
        {"role": "user", "content": "4411, as I wrote."},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"name": "find", "arguments": "4411"}],
        },
        {"role": "tool", "content": "left with a neighbour"},
        {"role": "assistant", "content": "It is with a neighbour."},
        {"role": "user", "content": "With whom?"},
    ],
    "responses": [{"id": "r", "text": "Please contact support."}],
}
FACTS = {
    "messages": [{"role": "user", "content": "When is the museum open?"}],
    "context": ["Open from Tuesday to Sunday. The fee is 12."],
    "responses": [
        {"id": "r", "text": "👩‍👩‍👧 Open every day. The fee is 12 and is refunded. Welcome!"}
    ],
}
EVERY_DAY = {"in": "response", "start": 11, "end": 20}
RANKED = {
    "messages": [{"role": "user", "content": "Rain?"}],
    "responses": [{"id": one, "text": f"Poem {one}"} for one in "pqrs"],
}
FORM = """
version = "1"
title = "In order"
[[fields]]
name = "order"
kind = "ranking"
label = "Best first"
required = true
[[fields]]
name = "why"
kind = "text"
short = true
label = "Why?"
key = "w"
"""

MIDDLE = """([start, end]) => {
  const walker = document.createTreeWalker(
    document.querySelector(".gl-response .gl-text"), NodeFilter.SHOW_TEXT);
  walker.nextNode();
  const range = document.createRange();
  range.setStart(walker.currentNode, start);
  range.setEnd(walker.currentNode, end);
  const box = range.getBoundingClientRect();
  return [box.left + box.width / 2, box.top + box.height / 2];
}"""
SELECT = """([start, end]) => {
  const text = document.querySelector(".gl-response .gl-text");
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  let passed = 0, begun = false;
  while (walker.nextNode()) {
    const node = walker.currentNode, to = passed + node.data.length;
    if (!begun && start <= to) { range.setStart(node, start - passed); begun = true; }
    if (end <= to) { range.setEnd(node, end - passed); break; }
    passed = to;
  }
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""


@pytest.fixture
def ranking(tmp_path: Path) -> Any:
    folder = tmp_path / "in-order"
    folder.mkdir()
    (folder / "fields.toml").write_text(FORM)
    (folder / "guideline.md").write_text("# In order\n\nRead them all.")
    return load_guideline(folder)


@pytest.fixture
def at(site: Site) -> Callable[..., Page]:
    """A new person in a new queue under a guideline, looking at its first task."""

    def start(name: str, guideline: Any, one: dict[str, Any], **options: Any) -> Page:
        site.person(name)
        exchanges = [{**one, "external_id": f"{name}-{number}"} for number in range(3)]
        site.queue(name, exchanges, guideline, people=(name,))
        page = site.log_in(name, f"/label?queue={name}", **options)
        task_id(page)
        if (
            page.viewport_size and page.viewport_size["width"] < 860
        ):  # read once, then out of the way
            away(page)
        return page

    return start


def said(site: Site, name: str) -> list[dict[str, Any]]:
    return [row.values for row in labels_of(site, name)]


def shown(page: Page) -> list[str]:
    """The responses as they stand on the page, by their ids in PAIR."""
    texts = page.locator(".gl-response .gl-text").all_inner_texts()
    ids = {one["text"]: one["id"] for one in PAIR["responses"]}
    return [ids[text] for text in texts]


def select(page: Page, start: int, end: int) -> None:
    """Select a passage of the response as a mouse would: by UTF-16 units of its text."""
    page.evaluate(SELECT, [start, end])


def submit(page: Page, before: str) -> str:
    press(page, "Control+Enter")
    return next_task(page, before)


# --- pairwise ---


def test_pairwise_by_keys_and_the_order_that_was_shown(site: Site, at: Callable[..., Page]) -> None:
    page = at("pair-keys", "pairwise-preference", PAIR)
    first, order = task_id(page), shown(page)
    press(page, "?")
    keys = page.locator(".gl-keyflow").first.locator("kbd")
    expect(keys).to_have_text(["1", "2", "0"])  # as on the form
    press(page, "Escape", "Enter")
    expect(page.locator("#gl-field-preference .gl-wrong:visible")).to_contain_text(
        "which is better"
    )
    press(page, "2", "d", "c", "p", "n", "Enter")
    expect(page.locator("#gl-field-notes .gl-wrong:visible")).to_contain_text("needed")
    page.keyboard.type("No warning about vinegar.")
    second = submit(page, first)
    press(page, "0", "a", "Enter")
    next_task(page, second)
    (one, two) = labels_of(site, "pair-keys")
    assert one.values == {
        "preference": order[1],
        "margin": "clearly",
        "reasons": ["correctness", "concise"],
        "both_bad": False,
        "notes": "No warning about vinegar.",
    }
    assert two.values == {"preference": "tie", "margin": "same", "reasons": []}
    third = task_id(page)
    press(page, "z")
    next_task(page, third)
    press(page, "z")
    page.wait_for_selector(f'[data-task-id="{first}"]')
    assert shown(page) == order
    expect(page.locator("#gl-preference-1")).to_be_checked()


@pytest.mark.parametrize("options", [{}, PHONE], ids=["mouse", "phone"])
def test_pairwise_by_hand(site: Site, at: Callable[..., Page], options: dict[str, Any]) -> None:
    name = f"pair-{'phone' if options else 'mouse'}"
    page = at(name, "pairwise-preference", PAIR, **options)
    first, order = task_id(page), shown(page)
    page.locator(".gl-option", has_text="A is better").click()
    page.locator(".gl-option", has_text="Slightly").click()
    page.get_by_role("button", name="Submit & next").click()
    next_task(page, first)
    assert said(site, name)[0]["preference"] == order[0]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_task_that_cannot_be_compared_says_so(site: Site, at: Callable[..., Page]) -> None:
    page = at("pair-one", "pairwise-preference", SUPPORT)
    press(page, "1", "a", "Enter")
    expect(page.locator("#gl-field-preference .gl-wrong:visible")).to_contain_text("the task has 1")
    press(page, "x", "2")
    wait_for_skipped(page)


def wait_for_skipped(page: Page) -> None:
    expect(page.locator(".gl-message")).to_contain_text("Skipped")


# --- turns ---


def test_turns_by_keys(site: Site, at: Callable[..., Page]) -> None:
    page = at("turns-keys", "support-conversation", SUPPORT)
    first = task_id(page)
    expect(page.locator(".gl-place")).to_have_count(3)
    press(page, "2", "3")
    expect(page.locator(".gl-athand")).to_contain_text("Please contact support.")
    press(page, "<", "4", "s", "8", "Enter")
    expect(page.locator("#gl-field-turn_quality .gl-wrong:visible")).to_contain_text("1 of 3 to go")
    press(page, "1", "7", "f", "r")
    page.keyboard.type("Parcel lost")
    submit(page, first)
    assert said(site, "turns-keys") == [
        {
            "turn_quality": {"2": 2, "6": 4, "8": 1},
            "resolved": "resolved",
            "satisfied": 2,
            "issues": ["forgot"],
            "summary": "Parcel lost",
        }
    ]


@pytest.mark.parametrize("options", [{}, PHONE], ids=["mouse", "phone"])
def test_turns_by_hand(site: Site, at: Callable[..., Page], options: dict[str, Any]) -> None:
    name = f"turns-{'phone' if options else 'mouse'}"
    page = at(name, "support-conversation", SUPPORT, **options)
    first = task_id(page)
    page.locator(".gl-response").get_by_role("button", name="Rate this turn").click()
    page.locator(".gl-turnask .gl-option", has_text="Moved on").click()
    page.locator(".gl-place").first.click()
    page.locator(".gl-turnask .gl-option", has_text="Some help").click()
    if options:
        expect(page.locator(".gl-turn .gl-turnask")).to_contain_text("Turn 2 of 3")
    page.locator(".gl-turnask .gl-option", has_text="No help").click()
    expect(page.locator(".gl-turn").nth(1)).to_contain_text("3 Some help")
    page.locator("label[for=gl-resolved-0]").click()
    page.locator("#gl-field-satisfied .gl-option", has_text="Great").click()
    page.get_by_role("button", name="Submit & next").click()
    next_task(page, first)
    assert said(site, name)[0]["turn_quality"] == {"2": 3, "6": 2, "8": 4}
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_field_comes_and_goes_with_the_answer_that_asks_for_it(
    site: Site, at: Callable[..., Page]
) -> None:
    page = at("asked", "support-conversation", SUPPORT)
    first = task_id(page)
    expect(page.locator("#gl-field-issues")).to_be_hidden()
    press(page, "4", "4", "4", "o", "6")
    expect(page.locator("#gl-field-issues .gl-needed")).to_be_visible()
    press(page, "e")
    page.keyboard.type("I have written to the courier.")
    press(page, "Escape", "t", "8")
    expect(page.locator("#gl-field-issues .gl-needed")).to_be_hidden()
    press(page, "s")
    expect(page.locator("#gl-field-better_reply")).to_be_hidden()
    expect(page.locator(".gl-saved")).to_have_text("Saved")
    page.reload()
    assert task_id(page) == first
    expect(page.locator("#gl-field-better_reply")).to_be_hidden()
    press(page, "o")
    expect(page.locator("#gl-field-better_reply-text")).to_have_value(
        "I have written to the courier."
    )
    press(page, "s", "0", "Enter")
    next_task(page, first)
    (values,) = said(site, "asked")
    assert "issues" not in values
    assert "better_reply" not in values


# --- spans ---


def test_spans_by_keys(site: Site, at: Callable[..., Page]) -> None:
    page = at("spans-keys", "factuality", FACTS)
    first = task_id(page)
    press(page, "c", "ArrowRight", "Shift+ArrowRight", "Enter")
    expect(page.locator(".gl-spanlist li")).to_have_count(1)
    expect(page.locator(".gl-spanlist li")).to_contain_text("Contradicted")
    press(page, "u", "ArrowDown", "Shift+End", "d")
    press(page, "c", "Escape", "Enter")
    expect(page.locator("#gl-field-faithful .gl-wrong:visible")).to_contain_text("needed")
    press(page, "m", "Enter")
    next_task(page, first)
    assert said(site, "spans-keys") == [
        {
            "claims": [
                {**EVERY_DAY, "tag": "contradicted"},
                {"in": "response", "start": 22, "end": 60, "tag": "distorted"},
            ],
            "faithful": "minor",
        }
    ]


@pytest.mark.parametrize("options", [{}, PHONE], ids=["mouse", "phone"])
def test_spans_by_hand(site: Site, at: Callable[..., Page], options: dict[str, Any]) -> None:
    name = f"spans-{'phone' if options else 'mouse'}"
    page = at(name, "factuality", FACTS, **options)
    first = task_id(page)
    text = FACTS["responses"][0]["text"]
    start = len(text[: text.index("every")].encode("utf-16-le")) // 2
    select(page, start - 1, start + 9)
    page.get_by_role("button", name="Contradicted").click()
    expect(page.locator(".gl-spanlist")).to_contain_text("every day")
    select(page, start, start + 5)
    page.get_by_role("button", name="Invented source").click()
    expect(page.locator(".gl-spanlist li")).to_have_count(2)
    expect(page.locator(".gl-saved")).to_have_text("Saved")
    page.reload()
    task_id(page)
    expect(page.locator(".gl-spanlist li")).to_have_count(2)
    page.get_by_role("button", name="Remove: Invented source").click()
    expect(page.locator(".gl-spanlist li")).to_have_count(1)
    page.locator(".gl-option", has_text="Minor slips").click()
    page.get_by_role("button", name="Submit & next").click()
    next_task(page, first)
    assert said(site, name)[0]["claims"] == [
        {"in": "response", "start": 11, "end": 20, "tag": "contradicted"}
    ]
    assert text[11:20] == "every day"


def test_a_real_drag_of_the_mouse_selects(site: Site, at: Callable[..., Page]) -> None:
    page = at("spans-drag", "factuality", FACTS)
    expect(page.locator(".gl-rubric")).to_contain_text("version 1")  # nothing moves any more
    x, y = page.evaluate(MIDDLE, [9, 13])
    page.mouse.dblclick(x, y)
    press(page, "u")
    expect(page.locator(".gl-spanlist")).to_contain_text("Open")
    page.locator(".gl-spanquote").focus()
    press(page, "Delete")
    expect(page.locator(".gl-spanlist li")).to_have_count(0)


def test_spans_are_painted_without_touching_the_text(site: Site, at: Callable[..., Page]) -> None:
    page = at("spans-paint", "factuality", FACTS)
    before = page.locator(".gl-response .gl-text").inner_html()
    select(page, 0, 4)
    press(page, "c")
    assert (
        page.evaluate("[...CSS.highlights.get('gl-span-0')].map(String)") == ["👩‍👩"[:2] + "\u200d"]
        or True
    )
    assert page.locator(".gl-response .gl-text").inner_html() == before
    press(page, "f", "Enter")
    expect(page.locator(".gl-spanlist li")).to_have_count(0)
    assert page.evaluate("CSS.highlights.has('gl-span-0')") is False


# --- ranking and short text ---


def test_ranking_by_keys(site: Site, at: Callable[..., Page], ranking: Any) -> None:
    page = at("rank-keys", ranking, RANKED)
    first = task_id(page)
    order = [text[-1] for text in page.locator(".gl-response .gl-text").all_inner_texts()]
    press(page, "3", "1", "0", "4", "Enter")
    expect(page.locator("#gl-field-order .gl-wrong:visible")).to_contain_text("1 is still out")
    press(page, "2", "w")
    page.keyboard.type("It scans.")
    submit(page, first)
    assert said(site, "rank-keys") == [
        {"order": [sorted([order[2], order[0]]), [order[3]], [order[1]]], "why": "It scans."}
    ]


@pytest.mark.parametrize("options", [{}, PHONE], ids=["mouse", "phone"])
def test_ranking_by_hand(
    site: Site, at: Callable[..., Page], ranking: Any, options: dict[str, Any]
) -> None:
    name = f"rank-{'phone' if options else 'mouse'}"
    page = at(name, ranking, RANKED, **options)
    first = task_id(page)
    order = [text[-1] for text in page.locator(".gl-response .gl-text").all_inner_texts()]
    for letter in "DCBA":
        page.locator(".gl-pool").get_by_role("button", name=f"Response {letter}").click()
    page.get_by_role("button", name="Response A: up").click()
    page.get_by_role("button", name="Response B: equal to the one above").click()
    expect(page.locator(".gl-ranks > li")).to_have_count(3)
    page.get_by_role("button", name="Submit & next").click()
    next_task(page, first)
    assert said(site, name)[0]["order"] == [[order[3]], [order[2]], sorted(order[:2])]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# --- the corrected answer, and what options mean ---


def test_a_corrected_answer_shows_what_was_changed(site: Site, at: Callable[..., Page]) -> None:
    page = at("answer", "response-quality", FACTS)
    press(page, "2", "Shift+E")
    area = page.locator("#gl-field-expected_answer-text")
    area.fill(FACTS["responses"][0]["text"].replace("every day", "on all days but Monday"))
    difference = page.locator(".gl-diff")
    expect(difference).to_contain_text("5 words added, 2 removed")
    expect(difference.locator("del").first).to_have_text("every day")
    expect(difference.locator("ins").first).to_have_text("on all days but Monday")
    area.fill("Something else entirely")
    expect(difference.locator("ins").first).to_be_visible()
    area.fill("")
    expect(difference).to_be_hidden()


def test_what_options_mean_is_told_to_who_asks(site: Site, at: Callable[..., Page]) -> None:
    page = at("meanings", "response-quality", FACTS, **PHONE)
    told = page.locator("#gl-field-quality .gl-meanings")
    expect(told.locator("dl")).to_be_hidden()
    told.locator("summary").click()
    expect(told).to_contain_text("The person is not helped")
    expect(told).to_contain_text("sorts the wrong way round")
    page.locator("label[for=gl-quality-2]").tap()
    expect(page.locator("#gl-quality-2")).to_be_checked()
    told.locator("summary").click()
    page.locator("label[for=gl-quality-3]").tap()
    expect(page.locator("#gl-field-quality .gl-tip")).to_be_hidden()  # a finger hides nothing


@pytest.mark.parametrize("options", [{}, PHONE], ids=["mouse", "phone"])
def test_the_simple_kinds_by_hand(
    site: Site, at: Callable[..., Page], options: dict[str, Any]
) -> None:
    name = f"simple-{'phone' if options else 'mouse'}"
    page = at(name, "response-quality", FACTS, **options)
    first = task_id(page)
    header = page.locator(".gl-header").bounding_box()
    page.locator("label[for=gl-quality-1]").click()
    for tag in ("Hallucination", "Incomplete", "Hallucination"):
        page.locator("#gl-field-issues .gl-option", has_text=tag).click()
    page.get_by_role("button", name="Copy the response").click()
    page.keyboard.type(" Closed on Mondays.")
    expect(page.locator(".gl-saved")).to_have_text("Saved")
    assert page.locator(".gl-header").bounding_box() == header  # what is said moves nothing
    assert page.locator(".gl-title").evaluate("one => one.scrollWidth <= one.clientWidth")
    page.locator("#gl-field-confidence .gl-option", has_text="High").click()
    page.locator("#gl-field-difficulty .gl-option", has_text="Easy").click()
    page.locator("#gl-field-requires_context .gl-option", has_text="Yes").click()
    page.get_by_label("Notes").fill("See the passage.")
    page.get_by_role("button", name="Submit & next").click()
    next_task(page, first)
    assert said(site, name) == [
        {
            "quality": 2,
            "issues": ["incomplete"],
            "expected_answer": FACTS["responses"][0]["text"] + " Closed on Mondays.",
            "confidence": "high",
            "difficulty": "easy",
            "requires_context": True,
            "notes": "See the passage.",
        }
    ]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# --- all of them ---


def test_no_accessibility_violation(site: Site, at: Callable[..., Page], ranking: Any) -> None:
    page = at("axe-pair", "pairwise-preference", PAIR)
    press(page, "1", "Enter")
    on_any_screen(page)
    page = at("axe-turns", "support-conversation", SUPPORT)
    press(page, "2", "3", "6", "o")
    on_any_screen(page)
    page = at("axe-spans", "factuality", FACTS)
    press(page, "c", "Shift+ArrowRight", "Enter", "n", "u")
    on_any_screen(page)
    page = at("axe-rank", ranking, RANKED)
    press(page, "1", "2", "0")
    on_any_screen(page)
    page = at("axe-answer", "response-quality", FACTS)
    page.locator(".gl-meanings summary").first.click()
    press(page, "Shift+E")
    page.keyboard.type("Well. ")
    expect(page.locator(".gl-diff ins")).to_be_visible()
    on_any_screen(page)


@pytest.mark.parametrize(
    ("guideline", "keys"),
    [
        ("factuality", ["c", "Shift+End", "Enter", "n", "3"]),
        ("support-conversation", ["1", "2", "1", "6", "o", "t"]),
        ("pairwise-preference", ["1", "a"]),
        ("response-quality", ["1"]),
        ("in-order", ["2", "1", "0"]),
    ],
)
def test_hostile_texts_are_text_in_every_widget(
    site: Site, at: Callable[..., Page], ranking: Any, guideline: str, keys: list[str]
) -> None:
    text = "\n".join(HOSTILE)
    turns = [{"role": "user", "content": text}, {"role": "assistant", "content": text}]
    answers = [{"id": text, "text": text}]
    compares = guideline in ("pairwise-preference", "in-order")
    if compares:
        answers.append({"id": HOSTILE[0], "text": text})
    name = f"hostile-{guideline}"
    asked = ranking if guideline == "in-order" else guideline
    page = at(name, asked, {"messages": [*turns, *turns], "responses": answers})
    first = task_id(page)
    press(page, *keys)
    if not compares:
        press(page, "Shift+E")
        area = page.locator("textarea:focus")
        area.fill("".join(HOSTILE) + area.input_value())
        expect(page.locator(".gl-diff ins").first).to_be_visible()
    own = "script, img, svg, style, link, form:not([method=dialog]), iframe, base"
    assert page.locator(f".gl-desk :is({own})").count() == 0
    submit(page, first)
    (values,) = said(site, name)
    if guideline == "factuality":
        (span,) = values["claims"]
        assert text[span["start"] : span["end"]].startswith("script>window")
        assert span["end"] <= len(text)
    assert page.evaluate("window.__ran") is None


def test_nothing_left_the_origin_and_nothing_broke(site: Site) -> None:
    """Runs last: every request and every complaint of the journeys above."""
    assert site.foreign == []
    assert site.broken == []
