from collections.abc import Callable

import pytest

from labeling.errors import InvalidLabel
from labeling.filters import parse_filter
from server.pages import told
from server.pages.told import Told


def form(**values: str | list[str]) -> Told:
    named = {key.replace("__", "."): value for key, value in values.items()}
    return Told({k: v if isinstance(v, list) else [v] for k, v in named.items()})


def test_empty_texts_are_not_given() -> None:
    assert form(name="  ").text("name") is None
    assert form(show=["", "model", " flags "]).many("show") == ["model", "flags"]
    assert form(source="a, b ,,c").listed("source") == ["a", "b", "c"]


def test_numbers_are_read_as_people_type_them() -> None:
    assert form(x="0,25").number("x") == 0.25
    assert form(x="1,200").whole("x") == 1200
    assert form(x="-3").whole("x") == -3
    assert form(x="12.5").share("x") == 0.125
    assert form().number("x") is None


def test_numbers_by_name() -> None:
    assert form(sd="billing=1.2, a=b=0.4").pairs("sd") == {"billing": 1.2, "a=b": 0.4}
    assert form().pairs("sd") is None
    with pytest.raises(InvalidLabel, match="sd"):
        form(sd="billing 1.2").pairs("sd")


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("ten", Told.number),
        ("nan", Told.number),
        ("inf", Told.number),
        ("2.5", Told.whole),
        ("٣", Told.whole),
        ("9" * 20, Told.whole),
        ("101", Told.share),
        ("-1", Told.share),
        ("", Told.needed),
        ("x" * 5000, Told.text),
    ],
)
def test_what_cannot_be_read_names_its_field(
    value: str, read: Callable[[Told, str], object]
) -> None:
    with pytest.raises(InvalidLabel) as found:
        read(form(amount=value), "amount")
    assert found.value.field == "amount"


@pytest.mark.parametrize(
    ("seconds", "number", "unit"),
    [(1800, "30", "minutes"), (7200, "2", "hours"), (86_400, "1", "days"), (90, "1.5", "minutes")],
)
def test_lengths_of_time_there_and_back(seconds: int, number: str, unit: str) -> None:
    assert told.length(seconds) == (number, unit)
    assert told.seconds(form(every=number, every__unit=unit), "every") == seconds


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(InvalidLabel, match="unit"):
        told.seconds(form(every="1", every__unit="eons"), "every")


def test_a_filter_is_what_the_public_contract_takes() -> None:
    asked = form(
        where__source="bot, shop", where__model="m-1", where__since="2026-11-01",
        where__until="2026-11-02", where__has_feedback="false", where__feedback_below="0.5",
        where__score__name="judge", where__score__below="3", where__dedupe="true",
    )  # fmt: skip
    found = parse_filter(told.where(asked))
    assert found.source == ("bot", "shop")
    assert found.until is not None
    assert found.until.day == 3  # the day that was named is included
    assert found.has_feedback is False
    assert (found.score_name, found.score_below) == ("judge", 3.0)
    assert found.dedupe


def test_no_filter_is_empty() -> None:
    assert told.where(form(where__source="", where__since="")) == {}


def test_a_score_without_its_bound_is_refused() -> None:
    with pytest.raises(InvalidLabel) as found:
        told.where(form(where__score__name="judge"))
    assert found.value.field == "where.score.below"
