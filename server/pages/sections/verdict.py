"""One task that people differ on: the conversation, the answers without names, the verdict."""

from collections.abc import Mapping, Sequence
from typing import Any

from labeling.adjudication import REASON_CHARS
from labeling.fields import Subject
from labeling.outcomes import ADJUDICATED
from server.pages.controls import press
from server.pages.elements import (
    Column,
    chip,
    folded,
    link,
    moment,
    muted,
    section,
    table,
)
from server.pages.markup import Child, Markup, h, join, name
from server.pages.sections import settling
from server.pages.sections.disagreements import value_of


def one_task(
    case: Mapping[str, Any],
    fields: settling.Fields,
    apart: Sequence[str],
    around: Mapping[str, Any],
) -> Markup:
    """The whole page of a task; `around` has draws, precedents, queue, field."""
    names = {one["name"]: str(one["label"]) for one in fields}
    where = {"queue": around["queue"], "section": "disagreements"}
    if around["field"]:
        where["field"] = around["field"]
    return join(
        h("p", None, link("All disagreements", **where)),
        muted("Interaction ", name(case["interaction_id"]), " of ", name(case["source"]), ". ",
              None if apart else "Nothing is open here."),
        h(
            "div",
            {"class": "ld-case"},
            h("div", None, _left(around, case, apart, names)),
            h("div", None,
              section("Answers", _answers(case["answers"], fields, Subject.of(around["texts"]))
                      if case["answers"] else muted("Nobody has labelled it."),
                      lead="Under letters, in an order of its own for every task."),
              _standing(case, names, fields, around),
              section("Verdict", settling.verdict_form(case, fields, apart, around)),
              _history(case, names, fields, apart)),
        ),
    )  # fmt: skip


def _left(
    around: Mapping[str, Any],
    case: Mapping[str, Any],
    apart: Sequence[str],
    names: Mapping[str, str],
) -> list[Child]:
    about = [one for one in around["precedents"] if not one["field"] or one["field"] in apart]
    return [
        section("Conversation", h("div", {"id": "ld-task", "class": "ld-task"})),
        folded(
            "Guideline",
            h(
                "div",
                {
                    "id": "ld-rubric",
                    "class": "gl-rubric",
                    "tabindex": 0,
                    "role": "region",
                    "aria-label": "Guideline",
                },
            ),
        ),
        folded(f"Precedents ({len(about)})", _precedents(about, names)) if about else None,
        folded("Why it was drawn", _why(case["reason"], around["draws"])),
    ]


def _precedents(found: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> Markup:
    return h(
        "ul",
        {"class": "ld-precedents"},
        [
            h(
                "li",
                {"class": "ld-card"},
                muted(name(names.get(one["field"], one["field"]))) if one["field"] else None,
                h("div", {"class": "ld-words ld-strong", "dir": "auto"}, one["question"]),
                h("div", {"class": "ld-words", "dir": "auto"}, one["answer"]),
            )
            for one in found
        ],
    )


def _answers(
    answers: Sequence[Mapping[str, Any]], fields: settling.Fields, subject: Subject
) -> Markup:
    """What each person answered, field by field; what differs is marked."""
    rows = []
    for field in fields:
        words = settling.words_of(field)
        given = [one["values"].get(field["name"]) for one in answers]
        if any(value not in (None, []) for value in given):
            cells = [value_of(value, words, subject) for value in given]
            rows.append(_row(name(field["label"]), answers, cells, differs=len(set(cells)) > 1))
    seconds = [join(_seconds(one["seconds"])) for one in answers]
    return h("dl", {"class": "ld-answers"}, rows, _row("Time", answers, seconds, differs=False))


def _row(
    label: Child, answers: Sequence[Mapping[str, Any]], cells: Sequence[Markup], *, differs: bool
) -> Markup:
    said = [
        h("dd", {"class": "ld-answer"}, h("span", {"class": "gl-muted"}, _who(one)), " ", cell)
        for one, cell in zip(answers, cells, strict=True)
    ]
    return h("div", {"class": "ld-differs" if differs else None}, h("dt", None, label), said)


def _who(answer: Mapping[str, Any]) -> str:
    role = "" if answer["role"] == "planned" else f" ({answer['role']})"
    return f"{answer['letter']}{role}"


def _seconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.0f} s"


# --- what stands, and what was before ---------------------------------------------------------


def _newest(case: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {one["field"]: one for one in case["verdicts"]}


def _standing(
    case: Mapping[str, Any],
    names: Mapping[str, str],
    fields: settling.Fields,
    around: Mapping[str, Any],
) -> Markup | None:
    stands = [one for one in _newest(case).values() if one["value"] is not None]
    if not stands:
        return None
    words = {field["name"]: settling.words_of(field) for field in fields}
    told = [
        h(
            "li",
            {"class": "ld-card"},
            h("p", None, name(names.get(one["field"], one["field"])), " ",
              h("b", None, value_of(one["value"], words.get(one["field"]))), " ",
              chip(one["origin"], "ld-good")),
            h("div", {"class": "ld-words", "dir": "auto"}, one["reason"] or ""),
            muted(name(one["by"] or "Goldloop"), ", ", moment(one["created_at"])),
            press("Withdraw", "unsettle",
                  f"Withdraw the verdict on {names.get(one['field'], one['field'])}",
                  queue=around["queue"], task=case["task_id"], unsettled=one["field"],
                  revision=str(one["revision"])),
        )
        for one in stands
    ]  # fmt: skip
    return section("Settled", h("ul", {"class": "ld-precedents"}, told))


def _history(
    case: Mapping[str, Any],
    names: Mapping[str, str],
    fields: settling.Fields,
    apart: Sequence[str],
) -> Markup | None:
    """Who said what, once a person has settled all of it, and every verdict that was given."""
    if not case["verdicts"]:
        return None
    words = {field["name"]: settling.words_of(field) for field in fields}
    rows = [
        (
            name(names.get(one["field"], one["field"])),
            value_of(one["value"], words.get(one["field"])) if one["value"] is not None
            else "withdrawn",
            one["origin"],
            name(one["by"] or "Goldloop"),
            moment(one["created_at"]),
            name(one["reason"] or "–", REASON_CHARS),
        )
        for one in case["verdicts"]
    ]  # fmt: skip
    columns = ("Field", "Value", "Origin", "By", "When", Column("Why", wide=True))
    people = [h("li", None, one["letter"], ": ", name(one["annotator"])) for one in case["answers"]]
    settled = any(one["origin"] == ADJUDICATED for one in case["verdicts"])
    return join(
        folded("Every verdict on this task", table("Verdicts", columns, rows, stacked=True)),
        folded("Who said what", h("ul", {"class": "ld-list"}, people))
        if settled and not apart
        else None,
    )


def _why(reason: str | None, draws: Sequence[Any]) -> Markup:
    told = [
        h("li", None, f"Draw {row.id}, ", name(row.strategy), ", ", moment(row.created_at), ": ",
          name(row.reason or reason or "no reason kept"),
          " It was certain to be drawn." if row.certain else "")
        for row in draws
    ]  # fmt: skip
    if not told:
        return muted("It was not drawn: its labels were imported.")
    return h("ul", {"class": "ld-list"}, told)
