"""The report in a few sentences, for somebody who reads nothing else."""

from collections.abc import Mapping
from typing import Any

from server.pages.elements import Form, interval, plural, sentence, shown
from server.pages.phrases import failing_below, where_of
from server.pages.wide import why_wide

SURPRISING = 0.05


def of_figure(figure: Mapping[str, Any], form: Form) -> str:
    """A figure with its interval, or why there is none."""
    if figure["value"] is None:
        return f"not known: {figure['reason']}"
    value, around = shown(figure["value"], form), interval(figure["ci"], form)
    return f"{value} [{around}]" if around else f"{value} (no interval: {figure.get('reason')})"


def form_of(low: float, high: float) -> Form:
    """How values on a scale are written: a scale from 0 to 1 is one of shares."""
    return "share" if (low, high) == (0, 1) else "number"


SAME = "Its interval is widened for the same reason."
BRACKETS = "In brackets, here and below: where the truth lies, 95 times in 100."


def in_short(found: Mapping[str, Any]) -> list[str]:
    """What matters most, one sentence each."""
    words = found["words"]
    told = [
        _of_quality(found, words),
        _of_failures(found, words),
        _of_issues(found["failures"], words),
        _of_patterns(found["failures"]),
        _of_agreement(found["agreement"]),
        _of_waiting(found),
    ]
    return [one for one in told if one]


def _of_quality(found: Mapping[str, Any], words: Mapping[str, str]) -> str | None:
    quality = found["quality"]
    if quality is None:
        return "This form has no question that all traffic could be judged by."
    if not quality["labelled"]:
        return "Nothing is labelled yet that the traffic could be judged by."
    estimate, name = quality["estimate"], words.get(quality["field"], quality["field"])
    if estimate["value"] is None:
        if quality["rates"] and quality["field"] not in found["scales"]:
            return None  # of choices there is no mean; their rates are in the parts below
        return sentence(f"There is no estimate for all traffic: {estimate['reason']}")
    traffic = plural(quality["population"], "interaction")
    low, high = found["scales"].get(quality["field"], (0, 1))
    told = of_figure(estimate, form_of(low, high))
    after = "".join(f" {one}" for one in (estimate["ci"] and BRACKETS, why_wide(estimate)) if one)
    if form_of(low, high) == "share":
        return f"{name} {told} of {traffic}: yes.{after}"
    return f"{name} {told} on a scale of {low:g} to {high:g}, over {traffic}.{after}"


def _of_failures(found: Mapping[str, Any], words: Mapping[str, str]) -> str | None:
    failures, quality = found["failures"], found["quality"]
    if failures["threshold"] is None or failures["failure_rate"]["value"] is None:
        return None
    name = words.get(failures["field"], failures["field"])
    rate, why = of_figure(failures["failure_rate"], "share"), why_wide(failures["failure_rate"])
    failing = failing_below(failures["threshold"])
    told = f"{rate} of the answers fail: {failing}, on “{name}”."
    if why is None:
        return told
    same = quality is not None and why_wide(quality["estimate"]) == why
    return f"{told} {SAME if same else why}"


def _of_issues(failures: Mapping[str, Any], words: Mapping[str, str]) -> str | None:
    issues = [one for one in failures["issues"] if one["rate"]["value"]]
    if not issues:
        return None
    told = [
        f"{words.get(one['tag'], one['tag'])}, {of_figure(one['rate'], 'share')}"
        for one in issues[:2]
    ]
    return f"What is wrong most often: {'; then '.join(told)}."


def stands_out(pattern: Mapping[str, Any]) -> bool:
    """Whether a segment is known to fail more than the rest."""
    q = pattern["q_value"]
    return q is not None and q < SURPRISING and (pattern["lift"] or 2.0) > 1


def _of_patterns(failures: Mapping[str, Any]) -> str | None:
    for one in failures["patterns"]:
        if stands_out(one) and one["lift"] and one["rate"]["value"] is not None:
            where = where_of(one["where"])
            rate = of_figure(one["rate"], "share")
            return f"It fails most for {where}: {rate}, {one['lift']:.1f} times the average."
    return None


def _of_agreement(agreement: Mapping[str, Any] | None) -> str | None:
    if agreement is None or not agreement["tasks"] or not agreement["coefficients"]:
        return None
    same = agreement["coefficients"].get("percent_agreement")
    reading = (agreement.get("reading") or {}).get("text")
    if same is None:
        return reading
    told = f"Two people give the same answer on {of_figure(same, 'share')} of the tasks."
    return f"{told} {reading}" if reading else told


def _of_waiting(found: Mapping[str, Any]) -> str | None:
    waiting = {
        "disagreement": found["disagreements"]["open"],
        "question": found["questions_open"],
        "note": found["notes_open"],
    }
    told = [plural(number, one) for one, number in waiting.items() if number]
    return f"Waiting for the lead: {', '.join(told)}." if told else None
