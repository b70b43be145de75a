"""What the labels say: pure functions from frames to figures with intervals."""

from analysis.agreement import (
    AGREEMENT,
    NOMINAL,
    Agreement,
    Pair,
    agreement,
    tag_agreement,
)
from analysis.coefficients import (
    Coefficient,
    cohen_kappa,
    cohen_kappa_linear,
    cohen_kappa_quadratic,
    percent_agreement,
    weighted_kappa,
)
from analysis.consensus import dawid_skene, majority, one_coin
from analysis.consensus_beliefs import Beliefs
from analysis.consensus_checks import Reliability, reliability
from analysis.consensus_found import Consensus
from analysis.estimates import effective_n, estimate, estimate_by, plain_mean
from analysis.failures import Pattern, failing, failure_patterns, failure_rate, q_value
from analysis.figure import Figure
from analysis.intervals import Interval, clopper_pearson, t_interval, wilson
from analysis.means import Mean, hajek_mean, ht_mean, stratified_mean
from analysis.moments import Survey

__all__ = [
    "AGREEMENT",
    "NOMINAL",
    "Agreement",
    "Beliefs",
    "Coefficient",
    "Consensus",
    "Figure",
    "Interval",
    "Mean",
    "Pair",
    "Pattern",
    "Reliability",
    "Survey",
    "agreement",
    "clopper_pearson",
    "cohen_kappa",
    "cohen_kappa_linear",
    "cohen_kappa_quadratic",
    "dawid_skene",
    "effective_n",
    "estimate",
    "estimate_by",
    "failing",
    "failure_patterns",
    "failure_rate",
    "hajek_mean",
    "ht_mean",
    "majority",
    "one_coin",
    "percent_agreement",
    "plain_mean",
    "q_value",
    "reliability",
    "stratified_mean",
    "t_interval",
    "tag_agreement",
    "weighted_kappa",
    "wilson",
]
