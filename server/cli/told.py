"""Reports as text for the terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from server.cli.context import figure

PARTS = {"week": "by week", "guideline": "by version of the guideline", "category": "by category",
         "model": "by model"}  # fmt: skip


def agreement_text(found: Mapping[str, Any]) -> str:
    """The report on agreement: the answer first, then the figures."""
    return "\n".join(_lines(found))


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    units = "turns" if found["scale"] == "per_turn" else "tasks"
    yield (
        f"{found['field']} ({found['scale']}): {found['labels']} labels by "
        f"{found['annotators']} annotators on {found['tasks']} {units}"
    )
    if found["reading"]:
        yield found["reading"]["text"]
    yield from (f"Warning: {one}" for one in found["warnings"])
    yield from _figures(found["coefficients"])
    for pair in found["pairs"]:
        yield f"  {pair['a']} and {pair['b']}: cohen_kappa {figure(pair['cohen_kappa'])}"
    for tag, block in found.get("tags", {}).items():
        yield f"\n{tag}"
        yield from _figures(block["coefficients"])
    if "marking" in found:
        yield "\nmarked anything at all"
        yield from _figures(found["marking"]["coefficients"])
    for part, words in PARTS.items():
        values = found["by"][part]
        if len(values) > 1:
            yield f"\n{words}"
        for value, told in values.items() if len(values) > 1 else ():
            name, shown = list(told["coefficients"].items())[min(1, len(told["coefficients"]) - 1)]
            yield f"  {value:24} {name} {figure(shown)}"
    yield from _plan(found["plan"], units)


def _figures(figures: Mapping[str, Any]) -> Iterator[str]:
    return (f"  {name:28} {figure(one)}" for name, one in figures.items())


def _plan(plan: Mapping[str, Any], units: str) -> Iterator[str]:
    wanted = {
        name: one["more_tasks"]
        for name, one in plan["coefficients"].items()
        if one["more_tasks"] is not None
    }
    if wanted:
        yield f"\nmore {units} with two labels, for an interval of +-{plan['half_width']:g}"
        yield from (f"  {name:28} {more}" for name, more in wanted.items())
