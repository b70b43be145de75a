"""What the labels say: pure functions from frames to figures with intervals."""

from analysis.agreement import (
    AGREEMENT,
    NOMINAL,
    Agreement,
    Pair,
    agreement,
    tag_agreement,
)
from analysis.annotators import BesideOthers, beside_others, tags_beside_others
from analysis.coefficients import (
    Coefficient,
    cohen_kappa,
    cohen_kappa_linear,
    cohen_kappa_quadratic,
    percent_agreement,
    weighted_kappa,
)
from analysis.concordance import concordance
from analysis.consensus import dawid_skene, majority, one_coin
from analysis.consensus_beliefs import Beliefs
from analysis.consensus_checks import Reliability, reliability
from analysis.consensus_found import Consensus
from analysis.contrasts import (
    Contrast,
    standing_out,
    stepwise_contrasts,
    task_contrasts,
)
from analysis.estimates import effective_n, estimate, estimate_by, plain_mean
from analysis.failures import Pattern, failing, failure_patterns, failure_rate, q_value
from analysis.figure import Figure
from analysis.intervals import Interval, clopper_pearson, t_interval, wilson
from analysis.means import Mean, hajek_mean, ht_mean, stratified_mean
from analysis.moments import Survey
from analysis.others import Held, Others, with_others
from analysis.pace import OrderEffects, median_seconds, order_effects
from analysis.repeats import Consistency, repeat_consistency
from analysis.shares import accuracy, share_contrasts
from analysis.shrinkage import Shrunken, shrunken

__all__ = [
    "AGREEMENT",
    "NOMINAL",
    "Agreement",
    "Beliefs",
    "BesideOthers",
    "Coefficient",
    "Consensus",
    "Consistency",
    "Contrast",
    "Figure",
    "Held",
    "Interval",
    "Mean",
    "OrderEffects",
    "Others",
    "Pair",
    "Pattern",
    "Reliability",
    "Shrunken",
    "Survey",
    "accuracy",
    "agreement",
    "beside_others",
    "clopper_pearson",
    "cohen_kappa",
    "cohen_kappa_linear",
    "cohen_kappa_quadratic",
    "concordance",
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
    "median_seconds",
    "one_coin",
    "order_effects",
    "percent_agreement",
    "plain_mean",
    "q_value",
    "reliability",
    "repeat_consistency",
    "share_contrasts",
    "shrunken",
    "standing_out",
    "stepwise_contrasts",
    "stratified_mean",
    "t_interval",
    "tag_agreement",
    "tags_beside_others",
    "task_contrasts",
    "weighted_kappa",
    "wilson",
    "with_others",
]
