"""The handlers behind the page: private, off the queue, strict about what they are sent."""

import json
import re
from types import SimpleNamespace

import pytest

from labeling.desk import Desk
from labeling.fields import KINDS
from labeling.guidance import Guidance
from labeling.ui.annotate import (
    SENT_CHARS,
    Answered,
    Asked,
    build_annotate,
    desk_calls,
    handler,
    mount_options,
)
from labeling.ui.files import JOINED, LABEL_SCRIPTS, STATIC, joined
from labeling.ui.guidance import guidance_calls

KAY = SimpleNamespace(username="kay")


def told(act, sent, request=KAY, kind=Asked):
    return json.loads(handler(kind, act)(sent, request))


def never(*_):
    pytest.fail("must not be reached")


def test_a_handler_passes_on_who_asks_and_what():
    def act(who, asked):
        return {"state": "nothing", "who": who, "queue": asked.queue}

    assert told(act, '{"queue": "q"}') == {"state": "nothing", "who": "kay", "queue": "q"}


@pytest.mark.parametrize("name", [None, ""])
def test_nobody_is_let_through(name):
    answer = told(never, "{}", SimpleNamespace(username=name))
    assert answer["error"]["code"] == "logged_out"


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "null",
        "[]",
        '{"queue": 7}',
        '{"assignment": 5, "values": {}, "nonce": "n"}',
        '{"assignment": "5", "values": [], "nonce": "n"}',
        '{"assignment": "5", "values": {}}',
        '{"assignment": "5", "values": {}, "nonce": "n", "seconds": "1"}',
        '{"assignment": "5", "values": {}, "nonce": "n", "revises": 1.5}',
        '{"assignment": "5", "values": {"notes": "\\ud83d"}, "nonce": "n"}',
        "\ud83d",
    ],
)
def test_what_cannot_be_read_is_refused(sent):
    assert told(never, sent, kind=Answered)["error"]["code"] == "malformed"


@pytest.mark.parametrize("sent", [None, 7, {"path": "/etc/passwd"}, ["{}"], "x" * (SENT_CHARS + 1)])
def test_what_is_no_text_or_too_much_is_refused(sent):
    assert told(never, sent)["error"]["code"] == "too_large"


def test_every_handler_is_private_and_off_the_queue(sqlite_store):
    page = build_annotate(desk_calls(Desk(sqlite_store, lambda: None)))
    served = page.config["dependencies"]
    assert {one["api_name"] for one in served} == {
        "queues",
        "open",
        "submit",
        "skip",
        "keep",
        "give_back",
        "undo",
        "draft",
        "heartbeat",
        "more",
    }
    assert {one["api_visibility"] for one in served} == {"private"}
    assert {one["queue"] for one in served} == {False}


def test_the_page_names_files_that_are_there():
    head = mount_options()["head"]
    for name in ("labeling.js", "labeling.css"):
        assert f"/static/joined/{name}?v=" in head
    files = {file for listed in JOINED.values() for file in listed}
    assert files == {path.name for path in STATIC.iterdir()}
    assert all((STATIC / file).read_text() in joined("labeling.js") for file in LABEL_SCRIPTS)


def test_every_kind_of_field_has_a_widget():
    script = "".join((STATIC / name).read_text() for name in LABEL_SCRIPTS)
    simple = re.search(r"gl\.WIDGETS = \{(.*?)\}", script)[1].split(",")
    others = re.findall(r"gl\.WIDGETS\.(\w+) =", script)
    assert {name.strip() for name in simple} | set(others) == set(KINDS)


@pytest.mark.parametrize("name", LABEL_SCRIPTS)
def test_scripts_draw_text_only(name):
    """Nothing in our scripts turns a string into markup or code."""
    script = (STATIC / name).read_text()
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(",
                "new Function", "DOMParser", "createContextualFragment", "srcdoc"):  # fmt: skip
        assert way not in script


def test_guidance_has_handlers_of_its_own_as_private_as_the_others(sqlite_store):
    guidance = Guidance(sqlite_store, lambda: None)
    served = build_annotate(guidance_calls(guidance)).config["dependencies"]
    assert {one["api_name"] for one in served} == {"news", "guidance", "changes", "ask", "seen"}
    assert {one["api_visibility"] for one in served} == {"private"}
    assert {one["queue"] for one in served} == {False}


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("guidance", "{}"),
        ("guidance", '{"assignment": 5}'),
        ("guidance", '{"assignment": "5", "precedent": "x"}'),
        ("ask", '{"assignment": "5"}'),
        ("ask", '{"assignment": "5", "text": ["x"]}'),
        ("ask", '{"assignment": "5", "text": "\\ud83d"}'),
        ("ask", '{"assignment": "5", "text": "x", "field": 7}'),
        ("seen", '{"answers": ["1"]}'),
        ("seen", '{"answers": 1}'),
    ],
)
def test_what_guidance_cannot_read_is_refused(sqlite_store, name, sent):
    calls = {one.name: one for one in guidance_calls(Guidance(sqlite_store, lambda: None))}
    assert told(never, sent, kind=calls[name].told)["error"]["code"] == "malformed"
