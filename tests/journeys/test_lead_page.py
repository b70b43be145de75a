"""A lead's and an admin's day in a real Chromium, against the real application."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from labeling.assignment import Nothing, claim
from labeling.submit import Submission, submit
from storage.queries.accounts import account_named
from tests import factories
from tests.journeys.conftest import PASSWORD, Site
from tests.journeys.looks import in_the_other_theme, violations

pytestmark = pytest.mark.browser

SECTIONS = (
    "overview", "draw", "people", "questions", "agreement", "consensus", "disagreements",
    "failures", "quality", "exports", "rules",
)  # fmt: skip
ADMIN = ("accounts", "tokens", "audit", "installation")
NARROW = {"width": 390, "height": 844}
HOSTILE = (
    "<img src=http://elsewhere.test/a.png onerror='window.__ran=1'>",
    "<script>window.__ran=2</script>\u202e${window.__ran=3}{{7*7}}",
    "\"'><svg onload='window.__ran=4'><base href=http://elsewhere.test>",
)


def interactions(site: Site, count: int, prefix: str, **columns: Any) -> None:
    received = datetime.now(UTC) - timedelta(minutes=1)
    with site.store.write() as session:
        for number in range(count):
            told: dict[str, Any] = {
                "confidence": (number % 10) / 10,
                "model": f"m-{number % 2}",
            } | columns
            factories.interaction(
                session, f"{prefix}-{number}", source=prefix, received_at=received, **told
            )


def work(site: Site, queue: str, name: str, rule: Callable[[int], dict[str, Any]]) -> None:
    """One person labels all there is for them, by a rule from the number of the task."""
    number = 0
    while True:
        now = datetime.now(UTC)
        with site.store.write() as session:
            person = account_named(session, name)
            assert person is not None
            held = claim(session, queue, person, now=now)
            if isinstance(held, Nothing):
                break
            told = Submission(rule(number), seconds=12.0)
            submit(session, held[0].id, person, told, now)
        number += 1


def opened(page: Page, address: str) -> Page:
    page.goto(address)
    page.wait_for_selector("#ld-page h1")
    return page


def pressed(page: Page, words: str) -> None:
    page.get_by_role("button", name=words, exact=True).click()


@pytest.fixture(scope="module")
def busy(site: Site) -> Site:
    """A site where two people have labelled everything in the queue `busy`."""
    for name, role in (("lena", "lead"), ("root", "admin"), ("ann", "annotator"),
                       (HOSTILE[0], "annotator")):  # fmt: skip
        site.person(name, role)
    exchanges: list[dict[str, Any]] = [
        {"external_id": f"busy-{n}", "category": HOSTILE[n % 3], "model": f"m-{n % 2}"}
        for n in range(12)
    ]
    exchanges[0]["messages"] = [{"role": "user", "content": HOSTILE[1]}]
    site.queue("busy", exchanges, overlap=2)
    work(site, "busy", "ann", lambda n: {"quality": 1 + n % 5, "notes": HOSTILE[2]})
    work(site, "busy", HOSTILE[0], lambda n: {"quality": 5 if n == 0 else 1 + n % 5})
    return site


def test_a_lead_from_a_new_queue_to_an_export(site: Site) -> None:
    site.person("lee", "lead")
    interactions(site, 30, "shop")
    page = site.log_in("lee", "/lead")
    page.wait_for_selector("#ld-page h1")

    pressed(page, "Create queue")
    expect(page.locator("[data-wrong=name]")).to_have_text("A value is needed. Type or choose one.")
    expect(page.locator("#in-name")).to_be_focused()
    page.fill("#in-name", "Support & sales")
    page.fill("#in-overlap", "2")
    pressed(page, "Create queue")
    expect(page.locator("h1")).to_have_text("Support & sales")
    expect(page.locator("#ld-said")).to_contain_text("Next: draw interactions")
    expect(page).to_have_url(re.compile(r"queue=Support\+%26\+sales&section=draw$"))
    expect(page.locator(".ld-empty")).to_contain_text("Nothing drawn yet")

    page.fill("#in-size", "24")
    page.get_by_text("Only some interactions").click()
    page.fill("[id='in-where.source']", "shop")
    pressed(page, "Dry run")
    result = page.locator("#ld-drawn")
    expect(result).to_contain_text("Would draw 24 of 30 eligible interactions; 24 new tasks.")
    expect(result).to_contain_text("±")
    expect(page.locator("#ld-head")).to_contain_text("0 tasks")
    pressed(page, "Draw")
    expect(result).to_contain_text("Drew 24 of 30 eligible interactions")
    expect(page.locator("#ld-head")).to_contain_text("24 tasks")
    expect(page.locator("#ld-log")).to_contain_text("50 % random + 50 % confidence")

    page.get_by_role("link", name="Next: see who labels").click()
    passwords = []
    for name in ("ida", "jon"):
        page.fill("#in-name", name)
        pressed(page, "Create account")
        expect(page.locator(".ld-secret")).to_contain_text(f"Log-in of {name}")
        passwords.append(page.locator(".ld-secret code").inner_text())
    assert passwords[0] != passwords[1]
    page.reload()
    page.wait_for_selector("#ld-page h1")
    expect(page.locator(".ld-secret")).to_have_count(0)
    other = site.browser().new_page()
    other.goto("/label")
    other.fill("#username", "ida")
    other.fill("#password", passwords[0])
    other.click("button[type=submit]")
    expect(other.locator(".gl-card").first).to_be_visible()

    work(site, "Support & sales", "ida", lambda n: {"quality": 1 + n % 5, "notes": "As I see it."})
    work(site, "Support & sales", "jon", lambda n: {"quality": 1 + (n + (n == 3)) % 5})

    page.get_by_role("link", name="Agreement", exact=True).click()
    expect(page.locator(".ld-lead").first).to_contain_text("48 labels by 2 annotators on 24 tasks")
    cell = page.locator(".ld-matrix td b")
    expect(cell).to_have_count(1)
    assert 0.8 < float(cell.inner_text()) < 1
    coefficient = page.locator("#in-coefficient")
    coefficient.scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    coefficient.select_option("percent_agreement")
    expect(cell).to_have_text("95.8 %")
    assert page.evaluate("scrollY") == before
    expect(page).to_have_url(re.compile("coefficient=percent_agreement"))
    page.select_option("#in-model", "m-1")
    expect(page.locator(".ld-lead").first).to_contain_text(re.compile(r"on 1\d tasks"))

    page.go_back()
    expect(page.locator(".ld-lead").first).to_contain_text("on 24 tasks")
    page.get_by_role("link", name="See where they disagree").click()
    rows = page.locator(".ld-table tbody tr")
    expect(rows).to_have_count(1)
    rows.get_by_role("link").click()
    expect(page.locator("#ld-task .gl-turn")).to_contain_text("What about shop-")
    expect(page.locator(".ld-differs").first).to_be_visible()
    expect(page.locator("main, body").first).to_contain_text("As I see it.")
    expect(page.locator(".ld-list")).to_contain_text("Draw 1, mixture")

    page.get_by_role("link", name="Quality", exact=True).click()
    expect(page.locator("#ld-page")).to_contain_text(
        "Speaks for 30 interactions that could be drawn."
    )
    page.get_by_role("link", name="Exports", exact=True).click()
    page.get_by_role("link", name="Download Inspect AI, settled answers").click()
    expect(page.locator("#ld-wrong")).to_contain_text("None of 24 labelled tasks has an expected")
    site.broken.clear()  # the console tells of the refusal, too
    with page.expect_download():
        page.get_by_role("link", name="Download Inspect AI with good responses").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download JSONL, every label").click()
    lines = download.value.path().read_text().splitlines()
    assert len(lines) == 48
    assert {json.loads(line)["annotator"] for line in lines} == {"ida", "jon"}

    pressed(page, "Pause the queue Support & sales")
    expect(page.locator("#ld-head")).to_contain_text("Paused")
    assert site.broken == []
    assert site.foreign == []


def test_hostile_names_notes_and_categories_stay_text(busy: Site) -> None:
    page = busy.log_in("lena", "/lead?queue=busy")
    expect(page.locator("h1")).to_have_text("busy")
    for section in SECTIONS:
        opened(page, f"/lead/?queue=busy&section={section}")
    expect(page.locator("h1")).to_have_text("busy")
    opened(page, "/lead/?queue=busy&section=agreement")
    page.select_option("#in-category", HOSTILE[1])
    expect(page.locator(".ld-lead").first).to_contain_text("on 4 tasks")
    opened(page, "/lead/?queue=busy&section=disagreements")
    page.locator(".ld-table tbody a").first.click()
    expect(page.locator("#ld-task")).to_contain_text("<script>window.__ran=2</script>")
    expect(page.locator(".ld-answer").filter(has_text="<svg onload").first).to_be_visible()
    opened(page, f"/lead/?queue={HOSTILE[1]}")
    expect(page.locator("#ld-wrong")).to_contain_text("There is no queue")
    assert page.evaluate("window.__ran") is None
    assert busy.foreign == []
    assert busy.broken == []


def test_an_admin_sees_to_accounts_and_tokens(busy: Site) -> None:
    page = busy.log_in("root", "/admin")
    page.wait_for_selector("#ld-page h1")
    page.fill("#in-name", "etl")
    page.get_by_label("engineer: data in and out").check()
    pressed(page, "Add account")
    secret = page.locator(".ld-secret code")
    expect(page.locator(".ld-secret")).to_contain_text("Token of etl")
    token = secret.inner_text()
    headers = {"authorization": f"Bearer {token}"}
    assert page.request.get("/v1/queues", headers=headers).status == 200

    page.get_by_role("link", name="Tokens", exact=True).click()
    pressed(page, "Revoke all tokens of etl")
    expect(page.locator("#ld-said")).to_have_text("Revoked 1 of etl.")
    anonymous = busy.browser().request
    assert anonymous.get("/v1/queues", headers=headers).status == 401

    page.get_by_role("link", name="Accounts", exact=True).click()
    row = page.locator("tr", has_text="etl")
    row.get_by_text("Disable", exact=True).click()
    pressed(page, "Disable etl now")
    expect(row).to_contain_text("Let in again")
    hostile = page.locator("tr", has_text=HOSTILE[0])
    hostile.get_by_text("New password", exact=True).click()
    pressed(page, f"New password for {HOSTILE[0]}")
    expect(page.locator(".ld-secret")).to_contain_text(f"Password of {HOSTILE[0]}")
    page.get_by_role("link", name="Audit", exact=True).click()
    expect(page.locator("tbody tr").first).to_contain_text("password changed")
    page.get_by_role("link", name="Installation", exact=True).click()
    expect(page.locator(".ld-facts")).to_contain_text("finds replaced before anything was stored")
    assert page.evaluate("window.__ran") is None


def test_who_may_not_enter_is_kept_out(busy: Site) -> None:
    page = busy.log_in("ann", "/label")
    for address in ("/lead/", "/admin/"):
        assert page.request.get(address).status == 403
    assert page.request.get("/lead/config").status in (403, 404)
    called = page.request.post(
        "/lead/gradio_api/run/predict",
        data={"data": [json.dumps({"values": {}})], "fn_index": 0},
    )
    assert called.status == 403


def test_an_act_forged_by_a_lead_on_the_admins_page_is_refused(busy: Site) -> None:
    page = busy.log_in("lena", "/lead")
    assert page.request.get("/admin/").status == 403
    data = {"data": [json.dumps({"values": {"account": ["ann"]}})], "fn_index": 3}
    assert page.request.post("/admin/gradio_api/run/predict", data=data).status == 403
    with busy.store.read() as session:
        ann = account_named(session, "ann")
        assert ann is not None
        assert not ann.disabled


def test_everybody_can_use_the_pages_on_any_screen(busy: Site) -> None:
    page = busy.log_in("root", "/admin")
    addresses = ["/lead/", *(f"/lead/?queue=busy&section={one}" for one in SECTIONS)]
    addresses += [f"/admin/?section={one}" for one in ADMIN]
    opened(page, "/lead/?queue=busy&section=disagreements")
    task = page.locator(".ld-table tbody a").first.get_attribute("href")
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    for address in [*addresses, f"/lead/{task}"]:
        opened(page, address)
        page.set_viewport_size(NARROW)
        assert page.evaluate(wider) <= 0, address
        page.set_viewport_size({"width": 1280, "height": 720})
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert violations(page) == [], address
        assert in_the_other_theme(page) == [], address


def test_a_section_can_be_reached_and_left_by_keys(busy: Site) -> None:
    page = busy.log_in("lena", "/lead")
    opened(page, "/lead/?queue=busy&section=people")
    page.get_by_role("link", name="Agreement", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".ld-matrix")).to_be_visible()
    expect(page.get_by_role("link", name="Agreement", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Consensus", exact=True)).to_be_focused()
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_a_lost_session_is_told(site: Site) -> None:
    name = site.person("leo", "lead")
    page = site.log_in(name, "/lead")
    page.wait_for_selector("#ld-page h1")
    page.context.clear_cookies()
    pressed(page, "Create queue")
    expect(page.locator("#ld-wrong")).to_contain_text("You are logged out")
    assert PASSWORD not in page.content()
