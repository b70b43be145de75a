"""What answers say of agreement, in the shapes of the public contract."""

from typing import Any

import analysis
from analysis import Figure
from labeling.comparisons import Answers
from labeling.fields import Ranking, Spans, Tags
from labeling.reading import read, warnings_of

WEIGHTED = (
    "cohen_kappa_linear", "cohen_kappa_quadratic", "krippendorff_alpha_ordinal",
    "krippendorff_alpha_interval", "gwet_ac2_linear", "gwet_ac2_quadratic",
)  # fmt: skip


PART_DRAWS = 400
"""Resamples for each of many parts: the page shows dozens of them."""


def told(answers: Answers) -> dict[str, Any]:
    """Everything the answers say of agreement."""
    if isinstance(answers.field, Tags):
        report = _tags(answers)
    elif isinstance(answers.field, Spans):
        report = _spans(answers)
    elif isinstance(answers.field, Ranking):
        tau = analysis.ranking_agreement(answers.frame, cluster=answers.cluster)
        report = {"coefficients": {"kendall_tau": tau.to_json()}, "pairs": [], "warnings": []}
    else:
        report = _categories(answers)
    report |= counted(answers)
    return report | {"reading": read(report["coefficients"], report["warnings"])}


def _categories(answers: Answers) -> dict[str, Any]:
    names = [
        name
        for name in (*analysis.AGREEMENT, *analysis.STATISTICS)
        if answers.ordinal or name not in WEIGHTED
    ]
    values = list(answers.categories) if answers.ordinal else None
    one = analysis.agreement(
        answers.frame, answers.categories, values, names=names, cluster=answers.cluster
    )
    return _told(one)


def _told(one: analysis.Agreement) -> dict[str, Any]:
    return {
        "coefficients": shaped(one.coefficients),
        "shares": {str(category): share for category, share in one.shares.items()},
        "warnings": warnings_of(one.shares),
        "pairs": [
            {"a": pair.a, "b": pair.b, "n": pair.n} | shaped(pair.figures) for pair in one.pairs
        ],
    }


def _tags(answers: Answers) -> dict[str, Any]:
    each = analysis.tag_agreement(answers.frame, answers.categories, cluster=answers.cluster)
    masi = analysis.set_agreement(answers.frame, cluster=answers.cluster)
    return {
        "coefficients": {"masi_alpha": masi.to_json()},
        "pairs": [],
        "warnings": [],
        "tags": {tag: _told(one) for tag, one in each.items()},
    }


def _spans(answers: Answers) -> dict[str, Any]:
    found = analysis.span_agreement(answers.frame, answers.categories, cluster=answers.cluster)
    overall = {"overlap": found.overlap, "place_overlap": found.place, "exact_f1": found.exact}
    return {
        "coefficients": shaped(overall),
        "pairs": [],
        "warnings": [],
        "unmarked_tasks": found.unmarked,
        "marking": _told(found.marking),
        "tags": {
            tag: {"coefficients": {"overlap": one.to_json()}, "pairs": []}
            for tag, one in found.tags.items()
        },
    }


def counted(answers: Answers) -> dict[str, int]:
    """Units with two answers, the answers on them, and who gave those."""
    frame = answers.frame
    shared = frame[frame.groupby("task")["task"].transform("size") >= 2]
    people = int(shared["annotator"].nunique())
    return {"tasks": int(shared["task"].nunique()), "labels": len(shared), "annotators": people}


def chief(answers: Answers) -> dict[str, Figure]:
    """The figures to tell at a glance, of some of the answers."""
    if isinstance(answers.field, Tags):
        return {"masi_alpha": analysis.set_agreement(answers.frame, cluster=answers.cluster)}
    if isinstance(answers.field, Spans):
        found = analysis.span_agreement(answers.frame, answers.categories, cluster=answers.cluster)
        return {"overlap": found.overlap}
    if isinstance(answers.field, Ranking):
        return {"kendall_tau": analysis.ranking_agreement(answers.frame, cluster=answers.cluster)}
    alpha = "krippendorff_alpha_ordinal" if answers.ordinal else "krippendorff_alpha"
    asked = (
        answers.frame,
        answers.categories,
        list(answers.categories) if answers.ordinal else None,
    )
    share = analysis.agreement(*asked, names=["percent_agreement"], cluster=answers.cluster)
    corrected = analysis.agreement_of_all(
        *asked, names=[alpha, "gwet_ac1"], cluster=answers.cluster, draws=PART_DRAWS
    )
    return share.coefficients | corrected


def shaped(figures: dict[str, Figure]) -> dict[str, Any]:
    """Figures in their public shape."""
    return {name: figure.to_json() for name, figure in figures.items()}
