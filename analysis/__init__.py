"""What the labels say: pure functions from frames to figures with intervals."""

from analysis.agreement import NOMINAL, Agreement, agreement, tag_agreement
from analysis.agreement_of_all import agreement_of_all
from analysis.annotators import BesideOthers, beside_others, tags_beside_others
from analysis.calibration import Bin, Calibration, calibration
from analysis.chance_corrected import fleiss_kappa, gwet_ac1, gwet_ac2, krippendorff_alpha
from analysis.clusters import Cluster, failure_clusters
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
from analysis.discovery import q_value
from analysis.estimates import effective_n, estimate, estimate_by, label_worth, plain_mean
from analysis.failures import failing, failure_rate
from analysis.figure import Figure
from analysis.intervals import Interval, clopper_pearson, t_interval, wilson
from analysis.judge import Judged, JudgeEstimate, estimate_with_judge
from analysis.judge_agreement import agreement_shift, judge_agreement
from analysis.layers import LayerCosts, Layers, layer_costs
from analysis.means import Mean, hajek_mean, ht_mean, stratified_mean
from analysis.moments import Survey
from analysis.narrowing import Narrowing, tasks_to_narrow
from analysis.others import Held, Others, with_others
from analysis.pace import OrderEffects, median_seconds, order_effects
from analysis.pair_figures import AGREEMENT, Pair
from analysis.passages import Passages, span_agreement
from analysis.patterns import Pattern, Search, Support, failure_patterns, failure_slices
from analysis.planner import (
    judge_worth,
    labels_for_change,
    labels_for_shift,
    labels_for_width,
    pairs_for_change,
)
from analysis.poststrata import poststratified, quartile_cuts, response_rates, unmet
from analysis.prediction import ppi_mean, stratified_ppi_mean
from analysis.rankings import kendall_tau, ranking_agreement
from analysis.repeats import Consistency, repeat_consistency
from analysis.sets import masi_distance, set_agreement
from analysis.shares import accuracy, share_contrasts
from analysis.shrinkage import Shrunken, shrunken
from analysis.standouts import (
    Contrast,
    standing_out,
    stepwise_contrasts,
    task_contrasts,
)
from analysis.text_rules import TextRule, terms_of
from analysis.together import Together, together
from analysis.trends import Change, change_points, releases
from analysis.vote_statistics import STATISTICS

__all__ = [
    "AGREEMENT",
    "NOMINAL",
    "STATISTICS",
    "Agreement",
    "Beliefs",
    "BesideOthers",
    "Bin",
    "Calibration",
    "Change",
    "Cluster",
    "Coefficient",
    "Consensus",
    "Consistency",
    "Contrast",
    "Figure",
    "Held",
    "Interval",
    "JudgeEstimate",
    "Judged",
    "LayerCosts",
    "Layers",
    "Mean",
    "Narrowing",
    "OrderEffects",
    "Others",
    "Pair",
    "Passages",
    "Pattern",
    "Reliability",
    "Search",
    "Shrunken",
    "Support",
    "Survey",
    "TextRule",
    "Together",
    "accuracy",
    "agreement",
    "agreement_of_all",
    "agreement_shift",
    "beside_others",
    "calibration",
    "change_points",
    "clopper_pearson",
    "cohen_kappa",
    "cohen_kappa_linear",
    "cohen_kappa_quadratic",
    "concordance",
    "dawid_skene",
    "effective_n",
    "estimate",
    "estimate_by",
    "estimate_with_judge",
    "failing",
    "failure_clusters",
    "failure_patterns",
    "failure_rate",
    "failure_slices",
    "fleiss_kappa",
    "gwet_ac1",
    "gwet_ac2",
    "hajek_mean",
    "ht_mean",
    "judge_agreement",
    "judge_worth",
    "kendall_tau",
    "krippendorff_alpha",
    "label_worth",
    "labels_for_change",
    "labels_for_shift",
    "labels_for_width",
    "layer_costs",
    "majority",
    "masi_distance",
    "median_seconds",
    "one_coin",
    "order_effects",
    "pairs_for_change",
    "percent_agreement",
    "plain_mean",
    "poststratified",
    "ppi_mean",
    "q_value",
    "quartile_cuts",
    "ranking_agreement",
    "releases",
    "reliability",
    "repeat_consistency",
    "response_rates",
    "set_agreement",
    "share_contrasts",
    "shrunken",
    "span_agreement",
    "standing_out",
    "stepwise_contrasts",
    "stratified_mean",
    "stratified_ppi_mean",
    "t_interval",
    "tag_agreement",
    "tags_beside_others",
    "task_contrasts",
    "tasks_to_narrow",
    "terms_of",
    "together",
    "unmet",
    "weighted_kappa",
    "wilson",
    "with_others",
]
