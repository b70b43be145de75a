"""Coefficients of agreement in words."""

from collections.abc import Mapping
from typing import Any

from server.pages.elements import Column, Form, figure, table
from server.pages.markup import Markup

COEFFICIENTS = {
    "percent_agreement": ("Percent agreement", "share of pairs of labels that are equal"),
    "cohen_kappa": ("Cohen's kappa", "mean over pairs of people; any two labels differ alike"),
    "cohen_kappa_linear": ("Cohen's kappa, linear weights", "two steps apart counts double"),
    "cohen_kappa_quadratic": (
        "Cohen's kappa, quadratic weights",
        "two steps apart counts four times",
    ),
    "fleiss_kappa": ("Fleiss' kappa", "everybody together; any two labels differ alike"),
    "krippendorff_alpha": (
        "Krippendorff's alpha",
        "everybody together, missing labels or not; any two labels differ alike",
    ),
    "krippendorff_alpha_ordinal": (
        "Krippendorff's alpha (ordinal)",
        "labels differ by how many others lie between them",
    ),
    "krippendorff_alpha_interval": (
        "Krippendorff's alpha (interval)",
        "labels differ by the square of their distance",
    ),
    "gwet_ac1": ("Gwet's AC1", "stays put when one label is rare; higher than alpha by design"),
    "gwet_ac2_linear": ("Gwet's AC2, linear weights", "AC1 in which near labels nearly agree"),
    "gwet_ac2_quadratic": (
        "Gwet's AC2, quadratic weights",
        "AC1 in which near labels nearly agree",
    ),
    "masi_alpha": ("Alpha over sets of tags", "tags in common count (MASI)"),
    "overlap": ("Same place, same tag", "shared characters, twice, over all marked (Dice)"),
    "place_overlap": ("Same place, any tag", "shared characters, twice, over all marked (Dice)"),
    "exact_f1": ("Exactly the same passages", "same start, end and tag (F1)"),
    "kendall_tau": ("Same order", "Kendall's tau-b: 1 the same order, −1 the reverse"),
}
MEANING = (
    "Alpha, kappa and AC1 are agreement beyond what chance alone would give: 1 is perfect, 0 is "
    "chance, below 0 is worse. They differ in what they take chance to be: read percent agreement, "
    "alpha and AC1 together, and decide which to report before looking at them."
)
SHARES = ("percent_agreement", "overlap", "place_overlap", "exact_f1")
CHIEF = (
    *("percent_agreement", "krippendorff_alpha_ordinal", "krippendorff_alpha", "gwet_ac1"),
    *("masi_alpha", "overlap", "place_overlap", "exact_f1", "kendall_tau"),
)


def form_of(coefficient: str) -> Form:
    """How a coefficient is written."""
    return "share" if coefficient in SHARES else "kappa"


def words_of(coefficient: str) -> str:
    """A coefficient's name for people."""
    known = COEFFICIENTS.get(coefficient)
    return known[0] if known else coefficient.replace("_", " ").capitalize()


def chief_of(coefficients: Mapping[str, Any]) -> list[str]:
    """Those to be seen at first: percent agreement, the alpha of the scale and AC1, always."""
    there = [one for one in CHIEF if one in coefficients]
    if "krippendorff_alpha_ordinal" in there:
        there.remove("krippendorff_alpha")
    return there or list(coefficients)


def list_of(coefficients: Mapping[str, Any]) -> Markup:
    """Every coefficient with what it is."""
    rows = [
        (words_of(one), figure(fig, form_of(one)), COEFFICIENTS.get(one, ("", ""))[1])
        for one, fig in coefficients.items()
    ]
    columns = ("Coefficient", Column("Value", wide=True), Column("What it counts", wide=True))
    return table("All coefficients", columns, rows, stacked=True)
