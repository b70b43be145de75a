"""The strategies as a lead chooses them: words, parameters, and what of a form they become."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from labeling.errors import InvalidLabel
from server.pages.controls import Control, Options, entry, grid, select, when
from server.pages.markup import Markup, h, join
from server.pages.told import Told

Kind = Literal["number", "whole", "text", "choice", "pairs"]


LOOKS_HARDER = "2 looks harder at the least confident than 1"


class Parameter(NamedTuple):
    """One knob of a strategy."""

    name: str
    label: str
    kind: Kind
    default: str | None = None
    hint: str | None = None
    options: Options = ()
    only: str | None = None
    """Another parameter and the values of it that this one needs: `mode=capped`."""


class Described(NamedTuple):
    """A strategy in words."""

    title: str
    words: str
    parameters: tuple[Parameter, ...] = ()


_FLOOR = "added to every weight, so that nothing is out of reach"
STRATEGIES: Mapping[str, Described] = {
    "mixture": Described(
        "Mixture (recommended)",
        "One part at random, the rest where trouble is likely: more failures per hundred labels, "
        "and estimates stay honest.",
    ),
    "random": Described("Random", "Every interaction has the same chance."),
    "confidence": Described(
        "Low confidence",
        "The less confident the system was, the likelier it is drawn.",
        (
            Parameter("gamma", "Sharpness", "number", "1", LOOKS_HARDER),
            Parameter("floor", "Floor", "number", "0.05", _FLOOR),
            Parameter("missing", "Weight without confidence", "number", "1.0"),
            Parameter(
                "mode", "Take", "choice", "weighted",
                "The lowest alone can never say how the rest is: no estimate from it.",
                (("weighted", "by chance, weighted"), ("lowest", "strictly the lowest")),
            ),
        ),
    ),
    "error_triggered": Described(
        "Flagged",
        "Interactions that a check flagged, and some others at random to compare with.",
        (
            Parameter(
                "mode", "Flagged ones", "choice", "certain", None,
                (("certain", "all of them"), ("capped", "weighted, up to a size")),
            ),
            Parameter(
                "floor_size", "Others at random", "whole", "30",
                "fewer than 10: no rate over everything can be given", only="mode=certain",
            ),
            Parameter("floor", "Floor", "number", "0.05", _FLOOR, only="mode=capped"),
            Parameter("judge_below", "Also below this score of a judge", "number"),
            Parameter("min_chars", "Also shorter than, characters", "whole"),
            Parameter("max_chars", "Also longer than, characters", "whole"),
        ),
    ),
    "score": Described(
        "A check's or judge's score",
        "The likelier a named score makes a failure, the likelier it is drawn.",
        (
            Parameter("name", "Name of the score", "text"),
            Parameter("fails_at", "Surely fails at", "number", "0"),
            Parameter("passes_at", "Surely passes at", "number", "1"),
            Parameter("missing", "Weight without this score", "number", "1.0"),
            Parameter("floor", "Floor", "number", "0", _FLOOR),
        ),
    ),
    "stratified": Described(
        "Stratified",
        "At random inside each segment, so that small ones are not forgotten.",
        (
            Parameter(
                "by", "Segments by", "choice", "category", None,
                (("category", "category"), ("model", "model"), ("variant", "variant"),
                 ("source", "source")),
            ),
            Parameter(
                "allocation", "Sizes", "choice", "equal", None,
                (("equal", "equal"), ("proportional", "in proportion"),
                 ("neyman", "where answers vary more")),
            ),
            Parameter("minimum", "At least from each", "whole", "1"),
            Parameter(
                "sd", "Standard deviations", "pairs", None, "such as billing=1.2, shipping=0.4",
                only="allocation=neyman",
            ),
        ),
    ),
    "feedback_weighted": Described(
        "Bad feedback",
        "The worse end users rated it, the likelier it is drawn.",
        (
            Parameter("floor", "Floor", "number", "0.05", _FLOOR),
            Parameter("missing", "Weight without feedback", "number", "0.5"),
        ),
    ),
}  # fmt: skip

TARGETS: Options = (
    ("confidence", "low confidence"),
    ("score", "a check's or judge's score"),
    ("feedback_weighted", "bad feedback"),
)


def strategy_controls(chosen: str = "mixture") -> Markup:
    """The picker, and the knobs of whichever strategy is picked."""
    options = [(name, one.title) for name, one in STRATEGIES.items()]
    parts = [
        when(
            f"strategy={name}",
            h("p", {"class": "ld-lead"}, one.words),
            _mixture() if name == "mixture" else grid(*map(_knobs(name), one.parameters)),
        )
        for name, one in STRATEGIES.items()
    ]
    return join(select(Control("strategy", "Strategy"), options, chosen), parts)


def _knobs(strategy: str) -> Any:
    def knob(one: Parameter) -> Markup:
        control = Control(f"{strategy}.{one.name}", one.label, one.hint)
        if one.kind == "choice":
            made = select(control, one.options, one.default)
        else:
            kind = "text" if one.kind in ("text", "pairs") else "number"
            made = entry(control, one.default, kind=kind)
        return when(f"{strategy}.{one.only}", made) if one.only else made

    return knob


def _mixture() -> Markup:
    share = Control("mixture.random", "At random", "below 20 %, rare failures can be missed")
    target = Control("mixture.target", "The rest looks for")
    score = Control("mixture.name", "Name of the score")
    return grid(
        entry(share, "50", kind="number", unit="%"),
        select(target, TARGETS, "confidence"),
        when(
            "mixture.target=confidence",
            entry(Control("mixture.gamma", "Sharpness", LOOKS_HARDER), "2", kind="number"),
        ),
        when("mixture.target=score", entry(score)),
        when(
            "mixture.target=score",
            entry(Control("mixture.fails_at", "Surely fails at"), "0", kind="number"),
        ),
        when(
            "mixture.target=score",
            entry(Control("mixture.passes_at", "Surely passes at"), "1", kind="number"),
        ),
    )


def parameters(told: Told, strategy: str) -> dict[str, Any]:
    """The parameters of a strategy that a form holds.

    Raises
    ------
    InvalidLabel
        If there is no such strategy, or a value cannot be read; names the field.
    """
    if strategy not in STRATEGIES:
        hint = f"one of {', '.join(STRATEGIES)}"
        raise InvalidLabel("strategy", f"{strategy!r:.80} is no strategy", hint)
    if strategy == "mixture":
        return {"parts": _parts(told)}
    read = {
        "number": told.number, "whole": told.whole, "text": told.text, "choice": told.text,
        "pairs": told.pairs,
    }  # fmt: skip
    found: dict[str, Any] = {
        one.name: read[one.kind](f"{strategy}.{one.name}")
        for one in STRATEGIES[strategy].parameters
    }
    return {key: value for key, value in found.items() if value is not None}


def _parts(told: Told) -> list[dict[str, Any]]:
    share = told.share("mixture.random")
    if share is None:
        raise InvalidLabel("mixture.random", "a share is needed", "50 is a good one")
    target = told.text("mixture.target") or "confidence"
    knobs: dict[str, Any] = {"floor": 0}
    if target == "confidence":
        knobs["gamma"] = told.number("mixture.gamma") or 1.0
    elif target == "score":
        knobs["name"] = told.needed("mixture.name")
        for key in ("fails_at", "passes_at"):
            if (value := told.number(f"mixture.{key}")) is not None:
                knobs[key] = value
    elif target != "feedback_weighted":
        raise InvalidLabel("mixture.target", f"{target!r:.80} cannot be looked for", None)
    parts = [
        {"strategy": "random", "share": share},
        {"strategy": target, "share": 1 - share, "params": knobs},
    ]
    return [part for part in parts if part["share"]]


def in_words(strategy: str, params: Mapping[str, Any]) -> str:
    """A strategy and its parameters in a line."""
    if strategy == "mixture":
        parts = params.get("parts") or ()
        told = [f"{100 * float(part['share']):.0f} % {part['strategy']}" for part in parts]
        return " + ".join(told) or "mixture"
    told = [f"{key} {value}" for key, value in params.items() if value is not None]
    return f"{strategy} ({', '.join(told)})" if told else strategy
