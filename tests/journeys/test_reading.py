"""Reading in a real Chromium: Markdown that stays the text, long tasks, search, how it looks."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Site, away
from tests.journeys.test_label_page import HOSTILE, assert_accessible, next_task, press, task_id

pytestmark = pytest.mark.browser

MARKDOWN = """# Renewing a card

You can renew **online** or *at the desk*: `renew(card)`, ~~old~~ snake_case_name, 2 * 3 * 4.

1. Your card, with the number on its back
   - [x] a **recent** bill
> Closed on Sundays.

| Plan | Price |
|:-----|------:|
| Basic | 4 € |
---
```python
# no heading
```
See [the form](https://library.test/card_(new)) and ![a](http://elsewhere.test/a.png).
"""
ARABIC = """# تجديد البطاقة

يمكنك تجديد البطاقة باستخدام `renew(card, 1)` اليوم.

- أحضر رقم البطاقة **LIB-1234**
- Bring a recent bill

| الخطة | السعر |
|---|---|
| أساسي | 4 € |
"""
JAPANESE = (
    "1. 「**更新**」を押して、`renew(card)`を実行してください。\n2. 住所の証明書を用意します。\n"
)
TRAPS = [
    *HOSTILE,
    MARKDOWN,
    ARABIC,
    JAPANESE,
    MARKDOWN.replace("\n", "\r\n"),
    "***a* b** **c *d*** _e __f_ g__ `h ``i` j`` [k](l [m] ](n) [o](p(q)r)",
    "|\n|-\n||\n|a\\|b|`c|d`|\n-|-\n> # - 1. x\n>> > y\n- - - z\n-\n*\n#\n",
    "~~~\n```\n~~~~ \nx\n   ```x`y\n```\n\n\n\t- tab\n" + " " * 60 + "- far",
    "\\*a\\* \\` \\[b](c) \\\n\\",
    "🏴 **\u202e** - \u200b\n- \u200b\u200b*\u0301*",
]
LONG = {
    "stars": "**", "words in stars": "**a ", "bars": "|", "rows": "|a|b|\n|-|-|\n", "brackets": "[",
    "links": "[](", "ticks": "`a``b", "fences": "```\n", "items": "- a\n", "lines": "\n",
    "quotes": "> ", "unseen": "\u200b\u202e", "escapes": "\\", "spaces": "|-: ",
}  # fmt: skip


def talk(turns: int) -> list[dict[str, Any]]:
    """A system prompt, so many turns, a tool call and what came back."""
    told: list[dict[str, Any]] = [{"role": "system", "content": "Mention the *parcel* number."}]
    for number in range(turns):
        role = "assistant" if number % 2 else "user"
        told.append({"role": role, "content": f"Turn {number} about **order** {number}."})
    given = {"customer": "c-77", "status": ["open", "late"]}
    call = {"id": "c1", "function": {"name": "find_order", "arguments": json.dumps(given)}}
    found = json.dumps([{"id": number} for number in range(30)] + [{"seal": "intact"}], indent=1)
    told.append({"role": "assistant", "content": None, "tool_calls": [call]})
    return [*told, {"role": "tool", "tool_call_id": "c1", "content": found}]


@pytest.fixture
def read(site: Site, request: pytest.FixtureRequest) -> Callable[..., Page]:
    """A new person who looks at the first of the given tasks."""
    name = re.sub(r"\W+", "-", request.node.name)

    def start(*exchanges: dict[str, Any], **options: Any) -> Page:
        site.person(name)
        filled = [
            {"responses": [{"id": "r", "text": "Well."}], "external_id": f"{name}-{place}"} | one
            for place, one in enumerate(exchanges)
        ]
        site.queue(name, filled, people=(name,))
        page = site.log_in(name, f"/label?queue={name}", **options)
        task_id(page)
        return page

    return start


def no_sideways_scrolling(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def count(page: Page) -> Any:
    return expect(page.locator(".gl-search-count"))


def painted(page: Page, name: str = "gl-found-here") -> list[str]:
    found: list[str] = page.evaluate(
        "(name) => [...CSS.highlights.get(name)].map((one) => one.toString())", name
    )
    return found


def test_the_drawn_text_is_the_text(site: Site, read) -> None:
    page = read({"responses": [{"id": "r", "text": text} for text in TRAPS]})
    drawn = page.eval_on_selector_all(
        ".gl-response .gl-text", "all => all.map((one) => one.textContent)"
    )
    sent = page.evaluate(
        "texts => texts.map((text) => goldloop.drawBlock({kind: 'text', text}).textContent)", TRAPS
    )
    assert sent == TRAPS
    assert drawn == TRAPS
    own = "script, img, svg, style, link, form, iframe, base, a, input, button"
    assert page.locator(f".gl-response .gl-text :is({own})").count() == 0


def test_any_mix_of_marks_is_the_text(site: Site, read) -> None:
    page = read({})
    wrong = page.evaluate("""() => {
      const parts = ["*", "**", "***", "_", "__", "~~", "`", "``", "```", "[", "](", ")", "(",
        "|", "|-|", "\\n", "\\r\\n", " ", "- ", "1. ", "# ", "> ", "a", "b c", "\\\\", "\\u200b",
        "---", "~~~", "\\t", ":", "ب", "\\ud83c"];
      let seed = 7;
      const next = (below) => { seed = (seed * 48271) % 2147483647; return seed % below; };
      const wrong = [];
      for (let round = 0; round < 3000; round += 1) {
        let text = "";
        for (let size = 1 + next(30); size; size -= 1) text += parts[next(parts.length)];
        if (goldloop.drawBlock({kind: "text", text}).textContent !== text) wrong.push(text);
      }
      return wrong;
    }""")
    assert wrong == []


@pytest.mark.parametrize("name", LONG)
def test_a_long_text_of_marks_is_drawn_at_once(site: Site, read, name: str) -> None:
    page = read({})
    text = LONG[name] * (1_000_000 // len(LONG[name]))
    page.evaluate("text => { window.long = text; }", text)
    took, same = page.evaluate("""() => {
      const from = performance.now();
      const drawn = goldloop.drawBlock({kind: "text", text: window.long});
      return [performance.now() - from, drawn.textContent === window.long];
    }""")
    assert same
    assert took < 2000  # some 100 ms on an idle machine; what is not linear takes minutes


def test_markdown_is_set_apart_and_can_be_read_as_written(site: Site, read) -> None:
    page = read({"responses": [{"id": "r", "text": MARKDOWN}]})
    text = page.locator(".gl-response .gl-text")
    expect(text.locator("h4")).to_have_text("# Renewing a card")
    expect(text.locator("strong").first).to_have_text("**online**")
    expect(text.locator("em").first).to_have_text("*at the desk*")
    expect(text.locator("th")).to_have_text(["| Plan", "| Price"])
    expect(text.locator(".gl-item")).to_have_count(3)
    expect(text.locator(".gl-code")).to_contain_text("# no heading")
    assert "](https://library.test/card_(new))" in text.locator(".gl-dim").all_inner_texts()
    formatted = text.bounding_box()
    page.get_by_role("button", name="Aa").click()
    expect(page.get_by_label("Formatted", exact=True)).to_be_checked()
    page.get_by_label("As written").check()
    press(page, "Escape")
    weight = "one => getComputedStyle(one).fontWeight"
    assert text.locator("strong").first.evaluate(weight) == text.evaluate(weight)
    assert text.inner_text().rstrip("\n") == MARKDOWN.rstrip("\n")
    assert text.bounding_box() != formatted
    page.reload()
    task_id(page)
    assert text.inner_text().rstrip("\n") == MARKDOWN.rstrip("\n")


def test_earlier_turns_are_folded_until_somebody_wants_them(site: Site, read) -> None:
    page = read({"messages": talk(14)}, {"messages": talk(5)}, {"messages": talk(14)})
    first = task_id(page)
    turns = page.locator(".gl-turn")
    expect(turns).to_have_count(4)
    page.get_by_role("button", name="Show 12 earlier turns").click()
    expect(turns).to_have_count(16)
    expect(turns.first).to_contain_text("Turn 0 about")
    assert turns.first.get_attribute("data-turn") == "1"
    page.get_by_role("button", name="Hide 12 earlier turns").click()
    expect(turns.first).to_be_hidden()
    press(page, "4", "Enter")
    second = next_task(page, first)
    expect(turns).to_have_count(4)
    expect(page.get_by_role("button", name="earlier turns")).to_be_visible()
    press(page, "4", "Enter")
    next_task(page, second)
    shown = page.evaluate(
        "() => goldloop.revealTurn(document.querySelector('#goldloop-label'), 2).textContent"
    )
    assert "Turn 1 about" in shown
    expect(page.locator('[data-turn="2"]')).to_be_visible()
    nowhere = "() => goldloop.revealTurn(document.querySelector('#goldloop-label'), 99)"
    assert page.evaluate(nowhere) is None


def test_tool_calls_are_quiet_and_long_results_show_their_beginning(site: Site, read) -> None:
    page = read({"messages": talk(2), "context": ["Short.", "word " * 900]})
    call = page.locator(".gl-call")
    expect(call.locator("summary")).to_contain_text('Calls find_order "customer": "c-77"')
    expect(call.locator(".gl-text")).to_be_hidden()
    call.locator("summary").focus()
    press(page, "Enter")
    expect(call.locator(".gl-text")).to_contain_text('  "customer": "c-77",\n')
    result = page.locator(".gl-turn-tool")
    short = result.bounding_box()["height"]
    result.get_by_role("button", name="Show all").click()
    assert result.bounding_box()["height"] > 2 * short
    result.get_by_role("button", name="Show less").click()
    assert result.bounding_box()["height"] == short
    expect(page.locator(".gl-passage").get_by_role("button", name="Show all")).to_have_count(1)
    assert page.locator(".gl-passage .gl-text").last.text_content() == "word " * 900


def test_search_by_keys(site: Site, read) -> None:
    page = read(
        {"messages": talk(14), "responses": [{"id": "r", "text": "ORDER 7: [x] Ünder way."}]}
    )
    first = task_id(page)
    press(page, "/")
    field = page.get_by_role("textbox", name="Search in the task")
    expect(field).to_be_focused()
    page.keyboard.type("order 1 x z b")
    count(page).to_have_text("Not found")
    expect(page.locator("input:checked")).to_have_count(0)
    expect(page.locator(".gl-skip")).to_be_hidden()
    field.fill("order")
    count(page).to_have_text("13 of 15")  # what stands open comes first
    expect(page.locator(".gl-earlier")).to_be_hidden()
    assert painted(page) == ["order"]
    press(page, "Enter", "Enter")
    count(page).to_have_text("15 of 15")
    assert painted(page) == ["ORDER"]
    press(page, "Enter")
    count(page).to_have_text("1 of 15")
    expect(page.locator('[data-turn="1"]')).to_be_in_viewport()
    press(page, "Shift+Enter")
    count(page).to_have_text("15 of 15")
    field.fill("[x] ünder")
    count(page).to_have_text("1 of 1")
    field.fill("under")
    count(page).to_have_text("Not found")
    press(page, "Escape")
    expect(page.get_by_role("search")).to_be_hidden()
    expect(page.locator(".gl-reading")).to_be_focused()
    expect(page.locator(".gl-reading")).to_have_css("outline-style", "none")
    assert painted(page, "gl-found") == []
    press(page, "4", "Enter")
    page.wait_for_selector('[data-state="nothing"]')
    press(page, "/")
    expect(page.get_by_role("search")).to_be_hidden()
    assert first


def test_search_opens_what_holds_a_match_and_remembers_nothing(site: Site, read) -> None:
    page = read({"messages": talk(2)}, {"messages": talk(2)})
    first = task_id(page)
    page.get_by_role("button", name="Search").click()
    field = page.get_by_role("textbox", name="Search in the task")
    field.fill("parcel")
    expect(page.locator("details[data-fold=system] .gl-text")).to_be_in_viewport()
    field.fill("c-77")
    expect(page.locator(".gl-call .gl-text")).to_be_in_viewport()
    field.fill("seal")
    expect(page.get_by_role("button", name="Show less")).to_be_visible()
    page.get_by_role("button", name="Close the search").click()
    expect(page.locator(".gl-reading")).to_be_focused()
    press(page, "4", "Enter")
    next_task(page, first)
    expect(page.locator("details[data-fold=system] .gl-text")).to_be_hidden()


def test_search_comes_to_places_that_were_never_laid_out(site: Site, read) -> None:
    lines = [f"- line {number} of the **text**\n" for number in range(3000)]
    lines[2500] = "- the needle\n"
    page = read({"responses": [{"id": "r", "text": "".join(lines)}]})
    press(page, "/")
    page.keyboard.type("needle")
    count(page).to_have_text("1 of 1")
    top, height = page.evaluate("""() => {
      const [range] = CSS.highlights.get("gl-found-here");
      return [range.getBoundingClientRect().top, window.innerHeight];
    }""")
    assert 100 < top < height - 100


def test_search_says_what_it_did_not_see(site: Site, read) -> None:
    page = read({"responses": [{"id": "r", "text": "needle " * 150_000}]})
    press(page, "/")
    page.keyboard.type("needle")
    count(page).to_have_text("1 of more than 2,000")
    expect(page.locator(".gl-search .gl-hint")).to_have_text(
        "850,000 characters are held back and not searched."
    )


@pytest.mark.parametrize(("theme", "width"), [("Light", 390), ("Dark", 1280)])
def test_looks_are_kept_and_accessible(site: Site, read, theme: str, width: int) -> None:
    other = "light" if theme == "Dark" else "dark"
    page = read(
        {
            "messages": talk(14),
            "responses": [{"id": "r", "text": MARKDOWN}],
            "context": ["a " * 2000],
        },
        color_scheme=other,
        viewport={"width": width, "height": 844},
    )
    background = "() => getComputedStyle(document.body).backgroundColor"
    size = "() => getComputedStyle(document.querySelector('.gl-response .gl-text')).fontSize"
    if width < 860:
        away(page)
    before = page.evaluate(background), page.evaluate(size)
    page.get_by_role("button", name="Aa").click()
    expect(page.get_by_label("Normal", exact=True)).to_be_focused()
    for words in ("Larger", "Compact", theme):
        page.get_by_label(words, exact=True).check()
        expect(page.get_by_label(words, exact=True)).to_be_in_viewport()
    assert_accessible(page)
    expect(page.get_by_role("dialog").get_by_role("button", name="Close")).to_be_in_viewport()
    page.mouse.click(3, 3)
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator(".gl-reading")).to_be_focused()
    page.reload()
    task_id(page)
    after = page.evaluate(background), page.evaluate(size)
    assert after[0] == ("rgb(20, 21, 23)" if theme == "Dark" else "rgb(246, 245, 242)")
    assert after[0] != before[0]
    assert float(after[1][:-2]) == pytest.approx(1.35 * float(before[1][:-2]))
    assert no_sideways_scrolling(page)
    assert_accessible(page)
    press(page, "/")
    page.keyboard.type("order")
    count(page).to_have_text("13 of 14")
    press(page, "Enter", "Enter")
    count(page).to_have_text("1 of 14")
    assert_accessible(page)
    assert no_sideways_scrolling(page)


def test_right_to_left_line_by_line(site: Site, read) -> None:
    page = read({"messages": [{"role": "user", "content": ARABIC + JAPANESE}]})
    text = page.locator(".gl-turn .gl-text")
    directions = "all => all.map((one) => getComputedStyle(one).direction)"
    assert text.locator(".gl-item").evaluate_all(directions) == ["rtl", "ltr", "ltr", "ltr"]
    assert text.locator("h4, table, code").evaluate_all(directions) == ["rtl", "ltr", "rtl", "ltr"]
    lefts = "all => all.map((one) => one.getBoundingClientRect().left)"
    one, two = text.locator("th").evaluate_all(lefts)
    assert one > two


def test_nothing_scrolls_sideways_on_a_phone(site: Site, read) -> None:
    wide = "|" + " wide cell |" * 12
    table = f"{wide}\n|{'-|' * 12}\n{wide}\n"
    text = f"{MARKDOWN}\n{table}\n{'x' * 600}\n- {'y' * 600}\n# {'z' * 300}\n> {'ب' * 400}\n"
    page = read(
        {"messages": [*talk(14), {"role": "user", "content": text}], "context": [text],
         "responses": [{"id": "r", "text": text}]},
        viewport={"width": 390, "height": 844},
    )  # fmt: skip
    away(page)
    page.get_by_role("button", name="Show 13 earlier turns").click()
    assert no_sideways_scrolling(page)
    inside = page.locator(".gl-response .gl-table").last
    assert inside.evaluate("one => one.scrollWidth > one.clientWidth")
    press(page, "/")
    page.keyboard.type("wide")
    count(page).to_contain_text("of 72")
    assert no_sideways_scrolling(page)


def test_nothing_left_the_origin_and_nothing_broke(site: Site) -> None:
    """Runs last: every request and every complaint of the journeys above."""
    assert site.foreign == []
    assert site.broken == []
