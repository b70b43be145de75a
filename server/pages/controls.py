"""Forms: what can be typed, chosen and pressed. What was wrong is told beside the control."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from server.pages.markup import Attribute, Attributes, Child, Markup, h, name, typed

Options = Sequence[tuple[str, str]]
"""What can be chosen: (value, words)."""


class Control(NamedTuple):
    """What every control has."""

    name: str
    label: str
    hint: str | None = None


def form(act: str, *children: Child, label: str, keep: Sequence[tuple[str, str]] = ()) -> Markup:
    """A form that asks for an action; `keep` goes with it unseen."""
    kept = [h("input", {"type": "hidden", "name": key, "value": value}) for key, value in keep]
    attributes: Attributes = {
        "class": "ld-form", "data-act": act, "aria-label": label, "novalidate": True
    }  # fmt: skip
    return h("form", attributes, kept, *children)


def chooser(label: str, *children: Child) -> Markup:
    """A form without a button: what is chosen becomes the address of the page at once."""
    return h("form", {"class": "ld-chooser", "data-choose": True, "aria-label": label}, *children)


def submit(words: str, act: str | None = None, *, main: bool = False) -> Markup:
    """A button that sends its form, to another action than the form's own if one is named."""
    kind = "gl-button gl-primary" if main else "gl-button"
    return h("button", {"type": "submit", "class": kind, "data-act": act}, words)


def press(words: str, act: str, label: str | None = None, **told: str) -> Markup:
    """A button of its own, with what it tells."""
    attributes: Attributes = {
        "type": "button", "class": "gl-button", "data-act": act, "aria-label": label
    }  # fmt: skip
    return h("button", {**attributes, **{f"data-told-{key}": told[key] for key in told}}, words)


def buttons(*children: Child) -> Markup:
    """Buttons in a row."""
    return h("div", {"class": "ld-row"}, *children)


def grid(*children: Child) -> Markup:
    """Controls side by side where there is room."""
    return h("div", {"class": "ld-grid"}, *children)


def when(condition: str, *children: Child) -> Markup:
    """Controls that are there only while another has one of some values: `name=one,two`."""
    return h("fieldset", {"class": "ld-when", "data-when": condition}, *children)


def unless(condition: str, *children: Child) -> Markup:
    """Controls that are there except while another has one of some values."""
    return h("fieldset", {"class": "ld-when", "data-unless": condition}, *children)


def entry(
    control: Control, value: object = None, *, kind: str = "text", unit: str | None = None
) -> Markup:
    """A line to type in; `kind` text, number, date."""
    attributes: dict[str, Attribute] = {
        "type": "text" if kind == "number" else kind,
        "value": "" if value is None else str(value),
        "autocomplete": "off",
        "inputmode": "decimal" if kind == "number" else None,
    }
    beside = h("span", None, unit) if unit else None
    return _labelled(control, "input", attributes, beside=beside)


def writing(control: Control, value: str | None = None) -> Markup:
    """Room for a longer text."""
    attributes: Attributes = {"rows": 4, "dir": "auto", "autocomplete": "off"}
    return _labelled(control, "textarea", attributes, typed(value or ""))


def measured(control: Control, value: object, units: Options, unit: str) -> Markup:
    """A number with a unit to choose, which is told as `NAME.unit`."""
    options = [h("option", {"value": key, "selected": key == unit}, words) for key, words in units]
    chooser = {"name": f"{control.name}.unit", "aria-label": f"{control.label}: unit"}
    attributes: Attributes = {
        "type": "text", "value": str(value), "autocomplete": "off", "inputmode": "decimal"
    }  # fmt: skip
    return _labelled(control, "input", attributes, beside=h("select", chooser, options))


def select(control: Control, options: Options, chosen: str | None = None) -> Markup:
    """One out of a list."""
    inside = [
        h("option", {"value": value, "selected": value == chosen}, words)
        for value, words in options
    ]
    return _labelled(control, "select", {}, inside)


def _labelled(
    control: Control,
    tag: str,
    attributes: Attributes,
    inside: Child = None,
    *,
    beside: Markup | None = None,
) -> Markup:
    element_id, hint_id = f"in-{control.name}", f"hint-{control.name}"
    told: Attributes = {
        "id": element_id,
        "name": control.name,
        "aria-describedby": hint_id if control.hint else None,
    }
    element = h(tag, {**told, **attributes}, inside)
    return h(
        "div",
        {"class": "ld-field"},
        h("label", {"for": element_id, "class": "gl-legend"}, control.label),
        h("div", {"class": "ld-beside"}, element, beside),
        h("p", {"class": "gl-hint", "id": hint_id}, control.hint) if control.hint else None,
        _wrong(control.name),
    )


def choices(
    control: Control,
    kind: Literal["radio", "checkbox"],
    options: Options,
    chosen: Sequence[str] = (),
) -> Markup:
    """Things to tick: one of them (radio) or any (checkbox)."""
    ticks = [
        h(
            "label",
            {"class": "ld-tick"},
            h(
                "input",
                {"type": kind, "name": control.name, "value": value, "checked": value in chosen},
            ),
            h("span", None, name(words)),
        )
        for value, words in options
    ]
    return h(
        "fieldset",
        {"class": "ld-field"},
        h("legend", {"class": "gl-legend"}, control.label),
        h("p", {"class": "gl-hint"}, control.hint) if control.hint else None,
        h("div", {"class": "ld-ticks"}, ticks),
        _wrong(control.name),
    )


def _wrong(field: str) -> Markup:
    return h("p", {"class": "gl-wrong", "data-wrong": field, "hidden": True})
