"""Faults while somebody types, each alone: nothing is lost, and nothing is stored twice."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update

from bench.stage import Server
from labeling.queues import change_queue
from storage import ensure_current, open_store
from storage.tables import account, assignment, draft, label
from tests.journeys.conftest import PATIENCE, Site
from tests.journeys.test_label_page import exchanges, labels_of, next_task, press, task_id

pytestmark = pytest.mark.browser

NOTES = "#gl-field-notes-text"
STORELESS = """
for (const store of [Storage.prototype]) {
  for (const name of ["getItem", "setItem", "removeItem"]) {
    store[name] = () => { throw new DOMException("denied", "SecurityError"); };
  }
}
"""


def typing(site: Site, name: str, script: str | None = None, **spec: object) -> Page:
    """A person with a rating given and a note begun, both saved."""
    site.person(name)
    site.queue(name, exchanges(3, name), people=(name,), **spec)
    page = site.log_in(name, "/label")
    if script is not None:
        page.add_init_script(script)
    page.goto(f"/label?queue={name}")
    task_id(page)
    press(page, "3", "o")
    page.keyboard.type("begun")
    expect(page.locator(".gl-saved")).to_have_text("Saved")
    return page


def kept(site: Site, name: str) -> list[str]:
    """The notes of a person's drafts on the server."""
    with site.store.read() as session:
        rows = session.execute(
            select(draft.c["values"])
            .join_from(draft, assignment)
            .join(account, assignment.c.account_id == account.c.id)
            .where(account.c.name == name)
        )
        return [row[0].get("notes") for row in rows]


def test_without_network_in_the_middle_of_typing(site: Site) -> None:
    page = typing(site, "offline")
    first = task_id(page)
    page.context.set_offline(True)
    page.keyboard.type(", and more")
    expect(page.locator(".gl-saved")).to_contain_text("Kept in this browser")
    page.keyboard.type(", and still more")
    assert page.locator(".gl-saved").inner_text().startswith("Not saved")
    assert kept(site, "offline") == ["begun"]
    page.context.set_offline(False)  # the browser says so, and nobody has to press anything
    expect(page.locator(".gl-saved")).to_have_text("Saved")
    assert kept(site, "offline") == ["begun, and more, and still more"]
    press(page, "Escape", "Enter")
    next_task(page, first)
    (row,) = labels_of(site, "offline")
    assert row.values["notes"] == "begun, and more, and still more"
    site.broken.clear()


@pytest.fixture
def killable(tmp_path: Path, chromium: Browser) -> Iterator[tuple[Site, Server]]:
    """An application in a process of its own, which can be killed."""
    url = f"sqlite:///{tmp_path / 'killed.db'}"
    store = open_store(url)
    ensure_current(store)
    server = Server(url, log=tmp_path / "server.log")
    server.start()
    site = Site(server.base, store, chromium)
    yield site, server
    for context in site.contexts:
        context.close()
    server.stop()
    store.close()


def test_the_server_is_killed_and_comes_back(killable: tuple[Site, Server]) -> None:
    site, server = killable
    page = typing(site, "killed")
    first = task_id(page)
    server.kill()
    page.keyboard.type(", and more")
    expect(page.locator(".gl-saved")).to_contain_text("Kept in this browser")
    press(page, "Escape", "Enter")
    expect(page.locator(".gl-message")).to_contain_text("not sent yet, and is kept")
    server.start()
    expect(page.locator(".gl-saved")).to_have_text("Saved", timeout=4 * PATIENCE)
    assert kept(site, "killed") == ["begun, and more"]
    press(page, "Enter")
    next_task(page, first)
    assert [row.values["notes"] for row in labels_of(site, "killed")] == ["begun, and more"]


def run_out(site: Site, name: str) -> None:
    """Let the lease of a person's task end an hour ago."""
    with site.store.write() as session:
        holder = select(account.c.id).where(account.c.name == name).scalar_subquery()
        session.execute(
            update(assignment)
            .where(assignment.c.account_id == holder, assignment.c.state == "leased")
            .values(lease_expires_at=datetime.now(UTC) - timedelta(hours=1))
        )


def test_a_lease_that_ran_out_with_nobody_waiting_still_counts(site: Site) -> None:
    page = typing(site, "late")
    first = task_id(page)
    run_out(site, "late")
    press(page, "Escape", "Enter")
    next_task(page, first)
    assert [row.values["notes"] for row in labels_of(site, "late")] == ["begun"]


def test_a_place_taken_meanwhile_keeps_the_answer_as_a_draft(site: Site) -> None:
    page = typing(site, "slow")
    first = task_id(page)
    run_out(site, "slow")
    site.person("quick")
    with site.store.write() as session:
        change_queue(session, "slow", {"people": ["slow", "quick"]}, datetime.now(UTC))
    other = site.log_in("quick", "/label?queue=slow")
    theirs = task_id(other)
    press(other, "5", "Enter")
    next_task(other, theirs)
    press(page, "Escape", "Enter")
    expect(page.locator(".gl-message")).to_contain_text("kept as a draft")
    next_task(page, first)
    with site.store.read() as session:
        made = session.execute(select(label.c.id).where(label.c.assignment_id == int(first))).all()
    assert made == []
    assert kept(site, "slow") == ["begun"]


def test_a_browser_that_stores_nothing(site: Site) -> None:
    page = typing(site, "forgetful", STORELESS)
    first = task_id(page)
    page.keyboard.type(", and more")
    expect(page.locator(".gl-saved")).to_have_text("Saved")
    page.reload()
    task_id(page)
    expect(page.locator(NOTES)).to_have_value("begun, and more")
    press(page, "Enter")
    next_task(page, first)
    assert [row.values["notes"] for row in labels_of(site, "forgetful")] == ["begun, and more"]


def test_a_browser_that_stores_nothing_asks_before_it_leaves_what_is_not_saved(site: Site) -> None:
    page = typing(site, "leaving", STORELESS)
    page.context.set_offline(True)
    page.keyboard.type(", and more")
    expect(page.locator(".gl-saved")).to_contain_text("Keep this page open")
    with page.expect_event("dialog") as asked:
        page.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    asked.value.dismiss()
    expect(page.locator(NOTES)).to_have_value("begun, and more")
    page.context.set_offline(False)
    site.broken.clear()
