"""What a lead wants to know first: how good it is, where it fails, whom to believe, what waits."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from server.pages.charts import Bar, Scale, chart, reach
from server.pages.controls import Control, buttons, entry, form, grid, press, select, submit
from server.pages.elements import (
    card,
    cards,
    empty,
    folded,
    link,
    moment,
    muted,
    plural,
    progress,
    section,
    sentence,
)
from server.pages.markup import Attributes, Child, Markup, h, join, name
from server.pages.phrases import where_of
from server.pages.sections import wins as wins_section
from server.pages.sections.coefficients import chief_of, words_of
from server.pages.sections.coefficients import form_of as form_of_coefficient
from server.pages.timeline import timeline
from server.report.words import form_of, stands_out

ISSUES = 5
PATTERNS = 3


def overview(
    found: Mapping[str, Any],
    earlier: Sequence[Mapping[str, Any]],
    plan: Mapping[str, Any] | None = None,
) -> Markup:
    """The whole section."""
    queue = found["queue"]
    if not found["progress"]["labels_done"] and not found["progress"]["imported_tasks"]:
        return empty(
            "Nobody has labelled yet. What the labels say stands here as they come in.",
            link("Draw interactions", queue=queue, section="draw"),
        )
    return join(
        _age(found),
        section("How good it is", _figures(found)),
        _over_time(found),
        _failing(found),
        section("What waits", _waiting(found)),
        section("To pass on", _reports(queue, earlier), _calendar(queue, plan)),
    )


def not_yet(queue: str) -> Markup:
    """What stands where the first overview of a large queue is still to be made."""
    return empty(
        "The first overview of this queue is made in a moment, by itself. It takes up to a minute.",
        press("Make it now", "make_report", queue=queue),
    )


def _age(found: Mapping[str, Any]) -> Markup:
    made = join("As of ", moment(found["as_of"]), ". ")
    if not found["newer"]:
        return muted(made)
    again = press("Make it again", "make_report", queue=found["queue"])
    return buttons(muted(made, "There is more since then."), again)


def _figures(found: Mapping[str, Any]) -> Markup:
    quality, failures, agreement = found["quality"], found["failures"], found["agreement"]
    queue, told = found["queue"], []
    if quality is not None and (quality["field"] in found["scales"] or not quality["rates"]):
        low, high = found["scales"].get(quality["field"], (0, 1))
        label = found["words"].get(quality["field"], quality["field"])
        more = link("Quality", queue=queue, section="quality")
        judge = quality.get("judge") or {}
        told.append(
            card(label, quality["estimate"], form_of(low, high), judge.get("sentence"), more)
        )
    if failures["threshold"] is not None:
        more = link("Failures", queue=queue, section="failures")
        told.append(card("Failure rate", failures["failure_rate"], "share", more))
    if agreement is not None and agreement["tasks"]:
        told.append(_agreed(agreement, queue))
    preferred = _preferred(found)
    if not told and preferred is None:
        return _without_rating(found)
    return join(cards(*told) if told else None, preferred)


def _agreed(agreement: Mapping[str, Any], queue: str) -> Markup:
    """How far people agree: how often they say the same, or what there is in its place."""
    coefficients, reading = agreement["coefficients"], agreement.get("reading") or {}
    more, text = link("Agreement", queue=queue, section="agreement"), reading.get("text")
    if "percent_agreement" not in coefficients:
        one = chief_of(coefficients)[0]
        return card(words_of(one), coefficients[one], form_of_coefficient(one), text, more)
    alpha, why = coefficients.get(reading.get("coefficient")), None
    if alpha is not None and alpha["value"] is not None:
        apart = reading["coefficient"] == "krippendorff_alpha_ordinal"
        counted = ", which counts how far apart answers are" if apart else ""
        why = f"{words_of(reading['coefficient'])}{counted}: {alpha['value']:.2f}."
    same = coefficients["percent_agreement"]
    return card("Two people say the same", same, "share", text, why, more)


def _preferred(found: Mapping[str, Any]) -> Markup | None:
    """Whose responses are preferred, where the form compares them."""
    wins = found.get("wins")
    if wins is None or not wins["names"]:
        return None
    label = found["words"].get(wins["field"], wins["field"])
    title = f"Share of wins by {wins['by']}: {label}"
    more = link("All comparisons", queue=found["queue"], section="quality")
    return join(
        h("h3", None, name(title)),
        chart(title, wins_section.bars(wins), Scale(0, 1)),
        h("p", None, more),
    )


def _without_rating(found: Mapping[str, Any]) -> Markup:
    if found["quality"] is None:
        return muted("No question of this form has a rate or a mean; see Agreement.")
    return muted("This form has no rating; see Quality for its rates.")


def _over_time(found: Mapping[str, Any]) -> Markup | None:
    """Quality by week, once there are two."""
    quality = found["quality"]
    weeks = quality["by"].get("week", {}) if quality is not None else {}
    if len(weeks) < 2:
        return None
    low, high = found["scales"].get(quality["field"], (0, 1))
    bars = [Bar(week, figure) for week, figure in sorted(weeks.items())]
    drawn = timeline("Quality by week", bars, Scale(low, high), form_of(low, high))
    label = sentence(str(found["words"].get(quality["field"], quality["field"])))
    lead = join(name(label), " By the week in which the interactions took place.")
    return section("Over time", drawn, lead=lead)


def _failing(found: Mapping[str, Any]) -> Markup | None:
    failures, words, queue = found["failures"], found["words"], found["queue"]
    issues = [one for one in failures["issues"] if one["count"]][:ISSUES]
    known = [one for one in failures["patterns"] if stands_out(one)]
    patterns = [one for one in known if one["rate"]["value"] is not None][:PATTERNS]
    if not issues and not patterns:
        return None
    bars = [
        Bar(words.get(one["tag"], one["tag"]), one["rate"], plural(one["count"], "task"))
        for one in issues
    ]
    where = [
        Bar(where_of(one["where"]), one["rate"],
            None if one["lift"] is None else f"{one['lift']:.1f} times the average")
        for one in patterns
    ]  # fmt: skip
    return section(
        "Where it fails",
        join(h("h3", None, "Issues"), chart("Issues", bars, _reach(bars))) if bars else None,
        join(
            h("h3", None, "More than elsewhere"), chart("More than elsewhere", where, _reach(where))
        )
        if where
        else None,
        h("p", None, link("All failures", queue=queue, section="failures")),
    )


def _reach(bars: Sequence[Bar]) -> Scale:
    return reach([one.figure for one in bars])


def _waiting(found: Mapping[str, Any]) -> Markup:
    queue, done = found["queue"], found["progress"]
    rows: list[tuple[str, Child]] = [
        ("Labels", progress(done["labels_done"], done["labels_needed"], "Labels done")),
        ("Open at annotators", plural(done["leased"], "task")),
        (
            "Disagreements",
            _count(found["disagreements"]["open"], "to settle", queue, "disagreements"),
        ),
        ("Questions", _count(found["questions_open"], "to answer", queue, "questions")),
        ("Notes on the guideline", _count(found["notes_open"], "open", queue, "disagreements")),
    ]
    listed = [h("div", None, h("dt", None, key), h("dd", None, value)) for key, value in rows]
    return h("dl", {"class": "ld-facts"}, listed)


def _count(number: int, words: str, queue: str, to: str) -> Child:
    return link(f"{number} {words}", queue=queue, section=to) if number else "none"


def _reports(queue: str, earlier: Sequence[Mapping[str, Any]]) -> Markup:
    older = [
        h("li", None, moment(one["made_at"]),
          f" ({one['period']}) " if one.get("period") else " ",
          _get(queue, "html", "HTML", one["report_id"]))
        for one in earlier
    ]  # fmt: skip
    return join(
        buttons(_get(queue, "html", "Report as HTML"), _get(queue, "markdown", "as Markdown")),
        muted("One file, dated, with its method; it prints, and loads nothing."),
        folded("Earlier reports", h("ul", {"class": "ld-list"}, older)) if older else None,
    )


def _calendar(queue: str, plan: Mapping[str, Any] | None) -> Markup:
    """When a report is made by the calendar."""
    options = [("", "not by itself"), ("week", "every week"), ("month", "every month")]
    every, at = (plan["every"], plan["at"]) if plan else ("", "monday 07:00")
    hint = "A day and a time in UTC; of a month such as 1 07:00."
    return folded(
        "By the calendar",
        muted("Next: ", moment(plan["next_at"])) if plan else None,
        form(
            "plan_reports",
            grid(select(Control("every", "Make a report"), options, every),
                 entry(Control("at", "On", hint), at)),
            buttons(submit("Save")),
            label="Reports by the calendar",
            keep=[("queue", queue)],
        ),
    )  # fmt: skip


def _get(queue: str, format_: str, words: str, at: int | None = None) -> Markup:
    asked = urlencode({"format": format_} | ({} if at is None else {"at": at}))
    address = f"/v1/queues/{quote(queue, safe='')}/report?{asked}"
    told: Attributes = {"class": "gl-button", "href": address, "download": True, "data-built": True}
    return h("a", told, name(words))
