"""What the labels say: pure functions from frames to figures with intervals."""

from analysis.agreement import (
    AGREEMENT,
    NOMINAL,
    Agreement,
    Pair,
    agreement,
    tag_agreement,
)
from analysis.calibration import Bin, Calibration, calibration
from analysis.coefficients import (
    Coefficient,
    cohen_kappa,
    cohen_kappa_linear,
    cohen_kappa_quadratic,
    percent_agreement,
    weighted_kappa,
)
from analysis.estimates import effective_n, estimate, estimate_by, label_worth, plain_mean
from analysis.failures import Pattern, failing, failure_patterns, failure_rate, q_value
from analysis.figure import Figure
from analysis.intervals import Interval, clopper_pearson, t_interval, wilson
from analysis.judge import Judged, JudgeEstimate, estimate_with_judge
from analysis.judge_agreement import agreement_shift, judge_agreement
from analysis.means import Mean, hajek_mean, ht_mean, stratified_mean
from analysis.moments import Survey
from analysis.planner import (
    judge_worth,
    labels_for_change,
    labels_for_shift,
    labels_for_width,
    pairs_for_change,
)
from analysis.poststrata import poststratified, quartile_cuts, response_rates
from analysis.prediction import ppi_mean, stratified_ppi_mean

__all__ = [
    "AGREEMENT",
    "NOMINAL",
    "Agreement",
    "Bin",
    "Calibration",
    "Coefficient",
    "Figure",
    "Interval",
    "JudgeEstimate",
    "Judged",
    "Mean",
    "Pair",
    "Pattern",
    "Survey",
    "agreement",
    "agreement_shift",
    "calibration",
    "clopper_pearson",
    "cohen_kappa",
    "cohen_kappa_linear",
    "cohen_kappa_quadratic",
    "effective_n",
    "estimate",
    "estimate_by",
    "estimate_with_judge",
    "failing",
    "failure_patterns",
    "failure_rate",
    "hajek_mean",
    "ht_mean",
    "judge_agreement",
    "judge_worth",
    "label_worth",
    "labels_for_change",
    "labels_for_shift",
    "labels_for_width",
    "pairs_for_change",
    "percent_agreement",
    "plain_mean",
    "poststratified",
    "ppi_mean",
    "q_value",
    "quartile_cuts",
    "response_rates",
    "stratified_mean",
    "stratified_ppi_mean",
    "t_interval",
    "tag_agreement",
    "weighted_kappa",
    "wilson",
]
