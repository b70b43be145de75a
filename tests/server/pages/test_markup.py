import pytest

from server.pages.markup import Markup, h, join, name, text

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"'><svg onload=alert(1)>",
    "</textarea></div>&lt;b&gt;",
    "${alert(1)} {{alert(1)}}",
)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_text_never_becomes_markup(hostile: str) -> None:
    for made in (text(hostile), h("p", None, hostile), h("p", {"title": hostile}), name(hostile)):
        inside = made.removeprefix("<p>").removeprefix("<bdi>")
        assert "<script" not in inside
        assert "<img" not in inside
        assert "<svg" not in inside


def test_quotes_cannot_end_an_attribute() -> None:
    assert h("p", {"title": "\" onclick='x'"}) == '<p title="&quot; onclick=&#x27;x&#x27;"></p>'


def test_what_is_markup_already_is_not_escaped_again() -> None:
    inner = h("b", None, "a < b")
    assert h("p", None, inner) == "<p><b>a &lt; b</b></p>"
    assert isinstance(join(inner, "&"), Markup)
    assert join(inner, "&") == "<b>a &lt; b</b>&amp;"


def test_unseen_characters_are_shown_as_marks() -> None:
    shown = text("a\u202eb\x1b[31m\u200b\0\tc\n")
    assert "\u202e" not in shown
    assert "\x1b" not in shown
    for mark in ("RLO", "ESC", "ZWSP", "NUL"):
        assert f'data-mark="{mark}"' in shown
    assert shown.endswith("\tc\n")


def test_a_mark_without_a_name_says_its_number() -> None:
    assert 'data-mark="U+2060"' in text("\u2060")


def test_a_name_is_cut_when_it_is_no_name_any_more() -> None:
    assert len(name("<" * 1_000_000)) < 1_000
    assert name("x" * 300, longest=10) == "<bdi>xxxxxxxxx…</bdi>"


def test_attributes_that_do_not_hold_are_left_out() -> None:
    attributes = {"checked": True, "hidden": False, "id": None, "n": 0}
    assert h("input", attributes) == '<input checked n="0">'


def test_nothing_is_nothing_and_lists_are_flattened() -> None:
    assert join(None, ["a", [None, 1]], 2.5) == "a12.5"
