"""Groups of failing texts that are alike: asked for, since texts have to be read for them."""

from collections.abc import Mapping, Sequence
from typing import Any

from server.pages.controls import press
from server.pages.elements import (
    chip,
    count,
    empty,
    figure,
    folded,
    link,
    muted,
    plural,
    section,
)
from server.pages.markup import Child, Markup, h, join, name

METHOD = (
    "The labelled tasks are cut into two halves by a hash. Failing texts of one half (question and "
    "response, the first 2,000 characters) are grouped by their words; whether such texts fail "
    "more often is tested on the other half, which had no part in finding them. Only what that "
    "half confirms is more than an idea."
)
RULE = (
    "A draw reads no texts. So the words that name a group are made a rule, as many of them as "
    "come nearest to the group on the half that it was found on; kept, it is looked for in all "
    "traffic, and what holds gets a score of a check. The rule is not the group: its own rate is "
    "told. A kept rule is an attribute of its tasks: note it, draw by it, take it as a dataset."
)


def alike(clusters: Sequence[Mapping[str, Any]] | None, queue: str) -> Markup:
    """The groups, or the way to have them looked for."""
    title = "Failing texts that are alike"
    if clusters is None:
        asked = link("Look for groups of failing texts", queue=queue, section="failures",
                     clusters="1")  # fmt: skip
        return section(title, h("p", None, asked), muted("Takes a few seconds: texts are read."))
    if not clusters:
        told = "Too few failing texts to look for groups: about 60 labelled failures are needed."
        return section(title, empty(told))
    found = [_cluster(one, place, queue) for place, one in enumerate(clusters)]
    return section(
        title,
        h("div", {"class": "ld-finds"}, found),
        folded("How this is found", muted(METHOD), muted(RULE)),
    )


def cluster_title(one: Mapping[str, Any]) -> Markup:
    """A group by its words."""
    words: list[Child] = []
    for word in one["words"]:
        words += [", " if words else None, h("b", None, name(word))]
    return join("Texts with ", *words) if words else join("Texts without a word in common")


def _cluster(one: Mapping[str, Any], place: int, queue: str) -> Markup:
    known = one["confirmed"] and one["lift"] is not None
    lift = f" fail {one['lift']:.1f} times as often" if known else ""
    checked = f"{count(one['failures'])} of {plural(one['tasks'], 'task')} of the other half failed"
    return h(
        "article",
        {"class": "ld-card ld-find"},
        h("h3", {"class": "ld-strong"}, cluster_title(one), lift),
        h("p", None, chip("confirmed", "ld-bad") if one["confirmed"] else chip("not confirmed")),
        h("p", None, figure(one["rate"], "share")),
        muted(f"Found with {plural(one['found'], 'failing task')}; {checked}."),
        _by_rule(one["rule"]),
        h("div", {"class": "ld-row ld-actions"},
          link("See the tasks", current=False, queue=queue, section="failures", clusters="1",
               cluster=str(place)),
          *(_keep(one["rule"], queue) if one["rule"] else ())),
    )  # fmt: skip


def _by_rule(rule: Mapping[str, Any] | None) -> Child:
    """What the words catch, as far as a draw could be told of them."""
    if rule is None:
        return muted("No word sets these texts apart, so nothing can be drawn by them.")
    least, words = rule["at_least"], ", ".join(rule["words"])
    held = words if least == len(rule["words"]) else f"{least} or more of {words}"
    caught = f"catches {plural(rule['tasks'], 'task')} of the other half: "
    return h("p", {"class": "gl-muted"}, "As a rule (", name(held), ") it ", caught,
             figure(rule["rate"], "share"))  # fmt: skip


def _keep(rule: Mapping[str, Any], queue: str) -> tuple[Markup, ...]:
    told = {"queue": queue, "terms": ",".join(rule["words"]), "at_least": str(rule["at_least"])}
    what = ", ".join(rule["words"])[:80]
    return (
        press("Draw more of these", "draw_texts", f"Draw more of these: {what}", **told),
        press("Keep as a rule", "keep_texts", f"Keep as a rule: {what}", **told),
    )
