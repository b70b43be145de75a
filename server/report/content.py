"""What a report says, in parts that know nothing of Markdown or HTML."""

from collections.abc import Mapping
from typing import Any

from server.pages.charts import Bar, Scale, reach, shared_reason
from server.pages.elements import Form, plural, sentence
from server.pages.phrases import where_of
from server.pages.sections.coefficients import form_of as form_of_coefficient
from server.pages.sections.coefficients import words_of
from server.pages.wide import not_compared, why_wide
from server.report.blocks import Block, Chart, Part, Report, Rows
from server.report.decided import decided, next_steps
from server.report.words import SURPRISING, form_of, in_short, of_figure, stands_out

PATTERNS = 8
SEGMENTS = 12
"""Values of one segment that are listed, those most labelled."""
SPLIT_BY = ("category", "model", "variant", "source")


def report(found: Mapping[str, Any]) -> Report:
    """The report of a queue from its overview."""
    words = found["words"]
    parts = [
        _quality(found, words),
        _preferred(found.get("wins"), words),
        _failures(found["failures"], words),
        _trust(found, words),
        decided(found, words),
        _work(found["progress"]),
        _method(found),
        next_steps(found, words),
    ]
    return Report(
        title=f"Quality of {found['queue']}",
        made=found["as_of"],
        short=in_short(found),
        parts=[part for part in parts if part is not None],
    )


def _quality(found: Mapping[str, Any], words: Mapping[str, str]) -> Part | None:
    quality = found["quality"]
    if quality is None or not quality["labelled"]:
        return None
    blocks: list[Block] = []
    low, high = found["scales"].get(quality["field"], (0, 1))
    scale, form = Scale(low, high), form_of(low, high)
    if quality["estimate"]["value"] is not None:
        estimate = Bar("All traffic", quality["estimate"])
        plain = Bar("Labelled tasks as they are", quality["unweighted_mean"], "for contrast")
        name = words.get(quality["field"], quality["field"])
        blocks.append(Chart(name, [estimate, plain], scale, form))
        blocks += [why for why in (why_wide(quality["estimate"]),) if why]
    judge = quality.get("judge")
    if judge is not None:
        blocks += [judge["sentence"], *judge["warnings"]]
    weeks = quality["by"].get("week", {})
    if len(weeks) > 1:
        bars = [Bar(week, figure) for week, figure in sorted(weeks.items())]
        blocks.append(Chart("Over time, by the week of the interactions", bars, scale, form, True))
    blocks += [
        _by(f"By {segment}", figures, scale, form, scale)
        for segment, figures in quality["by"].items()
        if segment in SPLIT_BY
    ]
    return Part("Quality", blocks) if blocks else None


def _preferred(wins: Mapping[str, Any] | None, words: Mapping[str, str]) -> Part | None:
    """Whose responses people prefer."""
    if not wins or not wins["names"]:
        return None
    bars = [Bar(one["name"], one["wins"], plural(one["tasks"], "task")) for one in wins["names"]]
    label = f"{words.get(wins['field'], wins['field'])}: share of wins by {wins['by']}"
    blocks: list[Block] = [Chart(label, bars, Scale(0, 1))]
    if any("mean_rank" in one for one in wins["names"]):
        rows = [
            (one["name"], of_figure(one["mean_rank"], "number"), of_figure(one["first"], "share"))
            for one in wins["names"]
        ]
        blocks.append(Rows("Ranks, 1 is the best", ("", "Mean rank", "Stands first"), rows))
    told = of_figure(wins["ties"], "share")
    blocks.append(f"A tie is half a win for each; {told} of the tasks have one.")
    return Part("What people prefer", blocks)


def _bars(figures: Mapping[str, Mapping[str, Any]], low: float, high: float) -> list[Bar]:
    most = sorted(figures, key=lambda one: -figures[one]["n"])[:SEGMENTS]
    return [
        Bar(value, figures[value], not_compared(figures[value], low, high))
        for value in figures
        if value in most
    ]


def _failing(pattern: Mapping[str, Any]) -> str:
    """How often a segment fails: of all of it, or where that is not known of what was labelled."""
    if pattern["rate"]["value"] is not None:
        return of_figure(pattern["rate"], "share")
    return f"{pattern['failures']} of {pattern['tasks']} that were labelled"


def _by(
    label: str, figures: Mapping[str, Mapping[str, Any]], axis: Scale, form: Form, scale: Scale
) -> Block:
    """A chart of segments, or a sentence where nothing can be told of any."""
    bars, many = _bars(figures, *scale), plural(len(figures), "value")
    if all(one.figure["value"] is None for one in bars):
        return f"{label}: too few labels in each of {many} to tell."
    if all(one.note for one in bars):
        why = shared_reason(bars) or "intervals are missing or nearly as wide as the scale"
        return f"{label}: none of {many} can be compared: {why}."
    return Chart(label, bars, axis, form)


def _failures(failures: Mapping[str, Any], words: Mapping[str, str]) -> Part | None:
    issues = [one for one in failures["issues"] if one["count"]]
    blocks: list[Block] = []
    if issues:
        bars = [Bar(words.get(one["tag"], one["tag"]), one["rate"], plural(one["count"], "task"))
                for one in issues]  # fmt: skip
        scale = reach([one["rate"] for one in issues])
        blocks.append(Chart("Issues, as a share of all traffic", bars, scale))
    blocks += [
        _by(f"Failures by {segment}", figures, reach(list(figures.values())), "share", Scale(0, 1))
        for segment, figures in failures["by"].items()
        if segment in SPLIT_BY
    ]
    found = [one for one in failures["patterns"] if stands_out(one)]
    if found:
        rows = [
            (
                sentence(where_of(one["where"])).removesuffix("."),
                _failing(one),
                "–" if one["lift"] is None else f"{one['lift']:.1f} times",
                f"{one['tasks']}",
                f"{one['q_value']:.3f}" if one["q_value"] is not None else "–",
            )
            for one in found[:PATTERNS]
        ]
        columns = ("Where", "Failure rate", "Against the average", "Tasks", "False finds (q)")
        blocks.append(Rows("Where it fails more than elsewhere", columns, rows))
    blocks += [
        _changed(one) for one in failures.get("changes", {}).get("moments", ()) if _clear(one)
    ]
    return Part("Where it fails", blocks) if blocks else None


def _clear(change: Mapping[str, Any]) -> bool:
    """Whether failing has changed beyond chance, and by how much is known."""
    q = change["q_value"]
    return q is not None and q < SURPRISING and change["difference"]["value"] is not None


def _changed(change: Mapping[str, Any]) -> str:
    where = where_of(change["where"]) or "all traffic"
    by = of_figure(change["difference"], "share")
    return f"Since {str(change['since'])[:10]} failures of {where} differ by {by} from before."


def _trust(found: Mapping[str, Any], words: Mapping[str, str]) -> Part | None:
    agreement, waiting = found["agreement"], found["disagreements"]
    if agreement is None:
        told = "This form has no question on which agreement can be told."
        return Part("Can the labels be trusted", [told])
    if not agreement["tasks"]:
        return Part(
            "Can the labels be trusted",
            ["No task was labelled by two people, so nothing is known of how far they agree."],
        )
    blocks: list[Block] = [
        f"{plural(agreement['tasks'], 'task')} were labelled by two people or more, "
        f"{plural(agreement['annotators'], 'person', 'people')} in all."
    ]
    reading = agreement.get("reading")
    if reading is not None:
        blocks += [reading["text"], *agreement["warnings"]]
    tags = agreement.get("tags") or {}
    figures = agreement["coefficients"] or {
        words.get(tag, tag): one["coefficients"]["cohen_kappa"] for tag, one in tags.items()
    }
    blocks += _measures(figures, known=bool(agreement["coefficients"]), reading=reading)
    if waiting["open"]:
        told = plural(waiting["open"], "task")
        blocks.insert(-1, f"{told} on which people differ wait for a verdict.")
    return Part("Can the labels be trusted", blocks)


def _measures(
    figures: Mapping[str, Any], *, known: bool, reading: Mapping[str, Any] | None
) -> list[Block]:
    """The measure that decides by itself and marked, then the others; all in one if none does."""
    columns = ("Measure", "Value")
    rows = {
        name: (words_of(name) if known else name, of_figure(one, form_of_coefficient(name)))
        for name, one in figures.items()
    }
    chief = rows.pop(reading["coefficient"], None) if reading is not None else None
    if chief is None:
        return [Rows("Agreement", columns, list(rows.values()))]
    first = Rows("Agreement", columns, [(f"{chief[0]}: this one decides", chief[1])])
    return [first, Rows("Other coefficients", columns, list(rows.values()))] if rows else [first]


def _work(progress: Mapping[str, Any]) -> Part:
    people = [one for one in progress["by_annotator"] if one["labels"] or one["imported"]]
    told = (
        f"{progress['labels_done']} of {plural(progress['labels_needed'], 'label')} are done, "
        f"by {plural(len(people), 'person', 'people')}."
    )
    if not progress["imported_tasks"]:
        return Part("The work", [told])
    imported = plural(progress["imported_tasks"], "task")
    return Part("The work", [told, f"Labels made elsewhere were imported for {imported}."])


def _method(found: Mapping[str, Any]) -> Part:
    quality, guideline = found["quality"], found["guideline"]
    told: list[Block] = [
        f"People labelled by the guideline {guideline['title']}, version {guideline['version']}."
    ]
    if quality is not None and quality["population"]:
        effective = quality["effective_n"]
        worth = f", as precise as {effective:.0f} drawn evenly at random" if effective else ""
        skipped = quality["excluded"]["skipped_tasks"]
        told += [
            f"The figures speak for {plural(quality['population'], 'interaction')} that could be "
            f"drawn; {plural(quality['labelled'], 'labelled task')} stand for them{worth}. Each is "
            "weighed by how likely it was to be drawn, so that looking for trouble on purpose does "
            "not make the system look worse than it is.",
        ]
        if skipped:
            told.append(f"{plural(skipped, 'task')} skipped, taken to be like the others.")
    told += [
        "Brackets and lines are 95 % intervals: of a hundred such intervals about 95 hold the true "
        "value. Where no honest interval can be given, the report says why instead.",
        "Segments that fail more are tested one-sided and corrected for how many were looked at: "
        "q is the share of false finds to expect among those with this q or a smaller one.",
        "Agreement is computed on labels that were planned before anybody had answered.",
    ]
    return Part("How this was measured", told)
