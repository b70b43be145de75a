"""Patterns that were noted: what was decided, and how often they failed then and since."""

from collections.abc import Mapping, Sequence
from typing import Any

from labeling.notes import NOTE_CHARS
from server.pages.charts import Bar, chart, reach
from server.pages.controls import Control, buttons, form, press, submit, writing
from server.pages.elements import chip, folded, link, moment, muted, plural, section
from server.pages.markup import Child, Markup, h, join, name
from server.pages.phrases import counted
from server.pages.sections.failure_patterns import draw_form, where_words

TEXT = "text."
METHOD = (
    "Then: all labels there were when it was noted. Since: labelled interactions that took place "
    "after that, weighed like all others; what was labelled since of earlier traffic tells of the "
    "system as it was, and counts under all labels. A pattern was noted because it stood out, so "
    "its rate then is rather too high: coming back a little is no improvement yet."
)


def noted(found: Sequence[Mapping[str, Any]], queue: str, words: Mapping[str, str]) -> Markup:
    """The list; where nothing was noted, how one comes to be."""
    title = "Noted patterns"
    if not found:
        told = (
            "Note a pattern to keep its figures of today, decide on it, and see whether it helps."
        )
        return section(title, muted(told))
    waiting = [one for one in found if not one["done"]]
    done = [one for one in found if one["done"]]
    return section(
        title,
        _listed(waiting, queue, words) if waiting else muted("Everything noted is done."),
        folded(plural(len(done), "pattern") + " done", _listed(done, queue, words))
        if done
        else None,
        folded("Then and since", muted(METHOD)),
    )


def pattern_title(one: Mapping[str, Any], words: Mapping[str, str]) -> Markup:
    """A pattern in words."""
    if one["where"]:
        return where_words(one["where"])
    first, second = (h("b", None, name(words.get(tag, tag))) for tag in one["tags"])
    return join(first, " and ", second)


def _listed(found: Sequence[Mapping[str, Any]], queue: str, words: Mapping[str, str]) -> Markup:
    cards = [_card(one, queue, words) for one in found]
    return h("ul", {"class": "ld-precedents"}, cards)


def _card(one: Mapping[str, Any], queue: str, words: Mapping[str, str]) -> Markup:
    number, told = (
        str(one["pattern_id"]),
        {f"where.{key}": one["where"][key] for key in one["where"]},
    )
    asked = draw_form(one["draw"]["where"])
    return h(
        "li",
        {"class": "ld-card"},
        h("h3", {"class": "ld-strong"}, pattern_title(one, words)),
        h("p", {"class": "gl-muted"}, name(one["by"]), ", ", moment(one["created_at"]), " ",
          chip("Done") if one["done"] else chip("Open", "ld-hold")),
        h("div", {"class": "ld-words", "dir": "auto"}, one["text"]) if one["text"] else None,
        _figures(one),
        h("div", {"class": "ld-row ld-actions"},
          link("See the tasks", current=False, queue=queue, section="failures", **told)
          if told else None,
          link("Draw more of these", current=False, queue=queue, section="draw", **asked)
          if asked else None),
        _decide(one, number),
    )  # fmt: skip


def _figures(one: Mapping[str, Any]) -> Markup:
    lines = (("Then", "then"), ("All labels", "today"), ("Traffic since", "since"))
    bars = [Bar(label, one[key]["rate"], _tasks(one, key)) for label, key in lines]
    what = "Failure rate" if one["where"] else "Both issues"
    return chart(f"{what} then and since", bars, reach([bar.figure for bar in bars]))


def _tasks(one: Mapping[str, Any], key: str) -> str:
    """What a rate rests on; where there is none, how many failed."""
    told = counted(one[key], pair=bool(one["tags"]))
    return told or plural(one[key]["tasks"], "task")


def _decide(one: Mapping[str, Any], number: str) -> Child:
    if one["done"]:
        return h("p", {"class": "gl-muted"}, "Done by ", name(one["done_by"]), ", ",
                 moment(one["done_at"]), " ",
                 press("Open again", "open_pattern", number=number))  # fmt: skip
    control = Control(f"{TEXT}{number}", "What is decided", f"At most {NOTE_CHARS:,} characters.")
    return folded(
        "Decide",
        form(
            "decide_pattern",
            writing(control, one["text"]),
            buttons(submit("Save", main=True), submit("Done", "close_pattern")),
            label=f"Decision on pattern {number}",
            keep=[("number", number)],
        ),
    )
