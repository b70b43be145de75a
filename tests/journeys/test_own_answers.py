"""Settling rankings, turns and passages by an answer that nobody gave, in a real Chromium."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.journeys.conftest import Site
from tests.journeys.looks import ALL_BUT_COLOURS, in_the_other_theme, violations
from tests.journeys.test_lead_page import HOSTILE, opened, pressed

pytestmark = pytest.mark.browser

FORM: list[dict[str, Any]] = [
    {"kind": "ranking", "name": "order", "label": "Best first", "tie": True},
    {"kind": "turns", "name": "turn", "label": "How good is each turn?", "each": "rating",
     "min": 1, "max": 3, "roles": ["assistant"]},
    {"kind": "spans", "name": "where", "label": "Which passages are wrong?",
     "options": [{"value": "wrong", "label": "Wrong fact"}]},
]  # fmt: skip
TEXT = "Returns take five days. The fee is 12 euros."


def marked(start: int, end: int) -> dict[str, Any]:
    return {"in": "a", "start": start, "end": end, "tag": "wrong"}


SAID = {
    "amy": {"order": [["a"], ["b"], ["c"]], "turn": {"1": 1, "3": 3}, "where": [marked(0, 23)]},
    "bob": {
        "order": [["c"], ["b"], ["a"]], "turn": {"1": 3, "3": 1},
        "where": [marked(0, 23), marked(24, 44)],
    },
}  # fmt: skip


def disputed(site: Site, name: str) -> str:
    """A queue of one task that two people answer in different ways."""
    lead = site.person(f"lea-{name}", "lead")
    messages = [
        {"role": role, "content": text}
        for role, text in (("user", "Hello"), ("assistant", f"Which order? {HOSTILE[0]}"),
                           ("user", "4411"), ("assistant", "It is late."))
    ]  # fmt: skip
    with site.store.write() as session:
        guideline = factories.guideline(session, FORM, slug=name, title="All kinds")
        queue = factories.queue(session, name, guideline, overlap=2)
        responses = [{"id": one, "text": TEXT} for one in "abc"]
        about = factories.interaction(session, f"{name}-1", messages=messages, responses=responses)
        task = factories.task(session, queue, about)
        for slot, (who, values) in enumerate(SAID.items()):
            person = factories.account(session, f"{who}-{name}")
            held = factories.assignment(session, task, person, slot=slot)
            factories.label(session, task, person, values, assignment_id=held)
    return lead


def test_settled_by_an_own_answer(site: Site) -> None:
    name = "own"
    page = site.log_in(disputed(site, name), "/lead")
    opened(page, f"/lead/?queue={name}&section=disagreements")
    page.locator(".ld-table tbody a").first.click()
    expect(page.locator("#ld-task .gl-response").nth(1)).to_contain_text("Response b")
    form = page.locator("form[data-act=settle]")
    expect(form.get_by_label("An own answer")).to_have_count(3)
    expect(page.get_by_label("Rank of a")).to_be_hidden()
    for one in form.get_by_label("An own answer").all():
        one.check()
    pressed(page, "Settle")
    beside = page.locator('[data-wrong="field.order"]')
    expect(beside).to_contain_text("Response a has no rank")

    for response, rank in {"a": "2", "b": "1", "c": "2"}.items():
        page.get_by_label(f"Rank of {response}").select_option(rank)
    page.get_by_label("Turn 1: Which order?").select_option("2")
    page.get_by_label("Turn 3: It is late.").select_option("2")
    both = form.get_by_label("Wrong fact: “Returns take five days.” (0 to 23 in a) – A, B")
    expect(both).to_be_checked()
    both.uncheck()
    form.get_by_label("“The fee is 12 euros.” (24 to 44 in a)").check()
    assert violations(page) == []
    assert in_the_other_theme(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert violations(page, **ALL_BUT_COLOURS) == []
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wider) <= 0
    pressed(page, "Settle")
    expect(page.locator("[data-wrong=reason]")).to_contain_text("Nobody answered order like this")
    page.fill("#in-reason", "Each of them saw half.")
    pressed(page, "Settle")
    expect(page.locator("#ld-said")).to_have_text("Settled.")

    kept = page.request.get(f"{site.url}/v1/queues/{name}/verdicts").json()
    assert {one["field"]: one["value"] for one in kept} == {
        "order": [["b"], ["a", "c"]],
        "turn": {"1": 2, "3": 2},
        "where": [marked(24, 44)],
    }
    assert site.broken == []
