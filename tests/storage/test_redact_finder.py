"""What is found in texts, and what is not: our own sentences, and a set written blind."""

import json
import re
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import BadRow
from storage.redact.finder import Finder
from storage.redact.policy import policy_of
from storage.redact.spans import KINDS, Span

OWN = Path(__file__).with_name("redact_sentences.txt")
BLIND = Path(__file__).parents[1] / "data" / "pii_blind.jsonl"
MARK = re.compile(rf"\[({'|'.join(KINDS)}):((?:[^\[\]]|\[(?:at|dot)\])*)\]")
COVERED = 0.8

finder = Finder()


def own_sentences() -> Iterator[tuple[str, list[tuple[str, int, int]]]]:
    """Each sentence with what is to be found in it."""
    for line in OWN.read_text("utf-8").splitlines()[1:]:
        text, spans, place = "", [], 0
        for mark in MARK.finditer(line):
            text += line[place : mark.start()]
            spans.append((mark[1], len(text), len(text) + len(mark[2])))
            text, place = text + mark[2], mark.end()
        yield text + line[place:], spans


def found(text: str, chosen: Finder = finder) -> list[tuple[str, str]]:
    return [(one.kind, text[one.start : one.end]) for one in chosen.find(text)]


@pytest.mark.parametrize(("text", "spans"), list(own_sentences()))
def test_a_sentence_loses_what_is_marked_in_it_and_nothing_else(text, spans):
    assert found(text) == [(kind, text[start:end]) for kind, start, end in spans]


def test_a_number_that_goes_on_in_the_next_line_is_none_and_a_heading_no_extension():
    assert found("Order 4155550132-\n0171 2345678 is one number") == []
    assert found("Call 415-555-0132\n# 2024 was a good year") == [("phone", "415-555-0132")]


def overlap(span: Span, start: int, end: int) -> int:
    return max(0, min(span.end, end) - max(span.start, start))


def test_recall_and_precision_on_sentences_by_somebody_who_has_not_read_the_patterns():
    hits = misses = right = wrong = 0
    for line in BLIND.read_text("utf-8").splitlines():
        row = json.loads(line)
        there = finder.find(row["text"])
        marked = [one for one in row["spans"] if one["kind"] in KINDS]
        for one in marked:
            covered = sum(overlap(span, one["start"], one["end"]) for span in there)
            hit = covered >= COVERED * (one["end"] - one["start"])
            hits, misses = hits + hit, misses + (not hit)
        for span in there:
            real = any(overlap(span, one["start"], one["end"]) for one in row["spans"])
            right, wrong = right + real, wrong + (not real)
    assert hits / (hits + misses) >= 0.97
    assert right / (right + wrong) >= 0.95


def test_national_formats_are_looked_for_in_the_regions_that_are_named():
    text = "Ring 020 7946 0018 or +33 6 12 34 56 78 or 06 12 34 56 78"
    french, british = Finder(regions=("FR",)), Finder(regions=("GB",))
    assert [part for _, part in found(text, french)] == ["+33 6 12 34 56 78", "06 12 34 56 78"]
    assert [part for _, part in found(text, british)] == ["020 7946 0018", "+33 6 12 34 56 78"]


def test_only_the_kinds_that_are_named_are_looked_for():
    text = "bob@example.com, 4111 1111 1111 1111, password: hunter2!"
    assert found(text, Finder(["card"])) == [("card", "4111 1111 1111 1111")]


def test_every_spelling_of_the_same_thing_has_the_same_value():
    for spellings in (
        ("+49 30 901820", "call 030/901820", "0049 30 901820"),
        ("4111 1111 1111 1111", "4111-1111-1111-1111"),
        ("Bob@Example.com", "bob@example.com", "bob [at] example [dot] com"),
        ("2001:db8::1", "2001:0DB8:0:0:0:0:0:1"),
        ("DE89 3704 0044 0532 0130 00", "de89370400440532013000"),
    ):
        assert len({finder.find(f"x {one} y")[0].value for one in spellings}) == 1, spellings


def test_patterns_of_a_team_are_found_in_any_script():
    own = Finder(patterns=policy_of("mask", patterns={"ticket": r"T-\d{4}"}).patterns)
    assert found("Привет 😀 T-1234 and T-5678\ufdd0", own) == [
        ("ticket", "T-1234"), ("ticket", "T-5678")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "pattern", "told"),
    [
        ("x", "(a", "missing"),
        ("x", r"(?<=a)b", "perl operator"),
        ("x", r"(a)\1", "escape"),
        ("x", "a*", "nothing at all"),
        ("x", "a" * 501, "no pattern"),
        ("email", "a", "cannot name"),
        ("X Y", "a", "cannot name"),
    ],
)
def test_a_pattern_that_cannot_be_is_told_why(name, pattern, told):
    with pytest.raises(BadRow, match=told) as raised:
        policy_of("mask", patterns={name: pattern})
    assert raised.value.field == f"patterns.{name}"


def test_a_pattern_that_would_take_years_elsewhere_takes_no_time():
    own = Finder(patterns=policy_of("mask", patterns={"slow": r"(a+)+b"}).patterns)
    began = time.process_time()
    assert found("a" * 50_000, own) == []
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "piece",
    ["1 ", "1-", "a@a.", "eyJ", "sk-", "-----BEGIN PRIVATE KEY-----", "password:", "::1 ", "(at) ",
     "1.1.1.1 ", "call 0171 ", "DE89", "://a:", "key is ", "password ",
     "is my password ", "密码", " -u a:", "mysql -p ", "echo a ",
     "0171 2345678 ", "login a/", "curl --pass ", "ssn 123 45 6789 ", "\u0663"],
)  # fmt: skip
def test_no_text_holds_up_the_others(piece):
    short, long = (piece * (size // len(piece)) for size in (5_000, 40_000))
    took = []
    for text in (short, long):
        began = time.process_time()
        finder.find(text)
        took.append(time.process_time() - began)
    assert took[1] < 24 * took[0] + 0.3, "eight times the text takes about eight times as long"


@settings(max_examples=60)
@given(st.text(), st.sampled_from([text for text, _ in own_sentences()]), st.text())
def test_whatever_stands_around_spans_are_apart_and_in_order(before, sentence, after):
    text = f"{before} {sentence} {after}"
    spans = finder.find(text)
    assert all(0 <= one.start < one.end <= len(text) for one in spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))
