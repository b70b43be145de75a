"""What figures of agreement mean in plain words, by a rule that is told beside them."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

ENOUGH = 2 / 3
"""Alpha from which conclusions may be drawn, if carefully (Krippendorff 2004)."""
PREVALENT = 0.8
"""Share of the commonest label above which alpha and kappa speak of the few others."""
READ = ("krippendorff_alpha_ordinal", "krippendorff_alpha", "masi_alpha")
RULE = (
    "Enough: the whole interval of Krippendorff's alpha lies above 0.67. Not enough: all of it "
    "lies below. Else, more tasks with two labels are needed to tell."
)


def warnings_of(shares: Mapping[Hashable, float]) -> list[str]:
    """What makes coefficients weaker than they look: one label that nearly everybody gives."""
    if not shares:
        return []
    commonest = max(shares, key=lambda one: shares[one])
    if shares[commonest] <= PREVALENT:
        return []
    words = {"True": "yes", "False": "no"}.get(str(commonest), commonest)
    return [
        f"{100 * shares[commonest]:.0f} % of the labels are the same ({words}). Alpha and kappa "
        "then rest on the few others and can be low although people hardly ever differ: read "
        "percent agreement and AC1 beside them."
    ]


def read(coefficients: Mapping[str, Any], warnings: Sequence[str]) -> dict[str, Any] | None:
    """Whether single labels can be trusted: `answer` enough, not_enough or open, in words.

    None where no rule is in common use: passages and rankings.
    """
    name = next((one for one in READ if one in coefficients), None)
    if name is None:
        return None
    answer, text = _answer(coefficients[name])
    if answer == "not_enough" and warnings:
        text += " Nearly all labels are the same, though: see the warning."
    return {"answer": answer, "text": text, "coefficient": name, "from": ENOUGH, "rule": RULE}


def _answer(alpha: Mapping[str, Any]) -> tuple[str, str]:
    if alpha["value"] is None:
        return "open", f"It cannot be told whether people agree: {alpha['reason']}."
    if alpha["ci"] is None:
        return "open", f"Too little to tell whether people agree: {alpha['reason']}."
    low, high = alpha["ci"]
    if low >= ENOUGH:
        return "enough", "People agree well enough to trust single labels."
    if high < ENOUGH:
        return "not_enough", "People do not agree well enough to trust single labels."
    return "open", (
        "It is open whether people agree well enough to trust single labels: their alpha, which is "
        "1 where all say the same and 0 where they agree as by chance, lies between "
        f"{low:.2f} and {high:.2f}, and trust begins at {ENOUGH:.2f}."
    )
