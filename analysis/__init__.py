"""What the labels say: pure functions from frames to figures with intervals."""

from analysis.agreement import (
    AGREEMENT,
    NOMINAL,
    Agreement,
    Pair,
    agreement,
    tag_agreement,
)
from analysis.clusters import Cluster, failure_clusters
from analysis.coefficients import (
    Coefficient,
    cohen_kappa,
    cohen_kappa_linear,
    cohen_kappa_quadratic,
    percent_agreement,
    weighted_kappa,
)
from analysis.discovery import q_value
from analysis.estimates import effective_n, estimate, estimate_by, plain_mean
from analysis.failures import failing, failure_rate
from analysis.figure import Figure
from analysis.intervals import Interval, clopper_pearson, t_interval, wilson
from analysis.means import Mean, hajek_mean, ht_mean, stratified_mean
from analysis.moments import Survey
from analysis.patterns import Pattern, Search, Support, failure_patterns, failure_slices
from analysis.together import Together, together
from analysis.trends import Change, change_points, releases

__all__ = [
    "AGREEMENT",
    "NOMINAL",
    "Agreement",
    "Change",
    "Cluster",
    "Coefficient",
    "Figure",
    "Interval",
    "Mean",
    "Pair",
    "Pattern",
    "Search",
    "Support",
    "Survey",
    "Together",
    "agreement",
    "change_points",
    "clopper_pearson",
    "cohen_kappa",
    "cohen_kappa_linear",
    "cohen_kappa_quadratic",
    "effective_n",
    "estimate",
    "estimate_by",
    "failing",
    "failure_clusters",
    "failure_patterns",
    "failure_rate",
    "failure_slices",
    "hajek_mean",
    "ht_mean",
    "percent_agreement",
    "plain_mean",
    "q_value",
    "releases",
    "stratified_mean",
    "t_interval",
    "tag_agreement",
    "together",
    "weighted_kappa",
    "wilson",
]
