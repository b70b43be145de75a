"""What the labels say: pure functions from frames to figures with intervals."""

from analysis.agreement import NOMINAL, Agreement, agreement, tag_agreement
from analysis.agreement_of_all import agreement_of_all
from analysis.chance_corrected import fleiss_kappa, gwet_ac1, gwet_ac2, krippendorff_alpha
from analysis.coefficients import (
    Coefficient,
    cohen_kappa,
    cohen_kappa_linear,
    cohen_kappa_quadratic,
    percent_agreement,
    weighted_kappa,
)
from analysis.estimates import effective_n, estimate, estimate_by, plain_mean
from analysis.failures import Pattern, failing, failure_patterns, failure_rate, q_value
from analysis.figure import Figure
from analysis.intervals import Interval, clopper_pearson, t_interval, wilson
from analysis.means import Mean, hajek_mean, ht_mean, stratified_mean
from analysis.moments import Survey
from analysis.narrowing import Narrowing, tasks_to_narrow
from analysis.pair_figures import AGREEMENT, Pair
from analysis.passages import Passages, span_agreement
from analysis.rankings import kendall_tau, ranking_agreement
from analysis.sets import masi_distance, set_agreement
from analysis.vote_statistics import STATISTICS

__all__ = [
    "AGREEMENT",
    "NOMINAL",
    "STATISTICS",
    "Agreement",
    "Coefficient",
    "Figure",
    "Interval",
    "Mean",
    "Narrowing",
    "Pair",
    "Passages",
    "Pattern",
    "Survey",
    "agreement",
    "agreement_of_all",
    "clopper_pearson",
    "cohen_kappa",
    "cohen_kappa_linear",
    "cohen_kappa_quadratic",
    "effective_n",
    "estimate",
    "estimate_by",
    "failing",
    "failure_patterns",
    "failure_rate",
    "fleiss_kappa",
    "gwet_ac1",
    "gwet_ac2",
    "hajek_mean",
    "ht_mean",
    "kendall_tau",
    "krippendorff_alpha",
    "masi_distance",
    "percent_agreement",
    "plain_mean",
    "q_value",
    "ranking_agreement",
    "set_agreement",
    "span_agreement",
    "stratified_mean",
    "t_interval",
    "tag_agreement",
    "tasks_to_narrow",
    "weighted_kappa",
    "wilson",
]
