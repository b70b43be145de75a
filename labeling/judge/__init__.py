"""A model as a judge: asked by the guideline, within a budget, its answers kept as scores."""

from labeling.judge.calls import Interrupted
from labeling.judge.cap import check_cap
from labeling.judge.leaving import sends
from labeling.judge.models import Model, model_from, read_models
from labeling.judge.plan import RunRequest, kept, outlook, planned
from labeling.judge.report import run_report
from labeling.judge.run import again, execute, hold, run_named, stop
from labeling.judge.wire import Wire

__all__ = [
    "Interrupted",
    "Model",
    "RunRequest",
    "Wire",
    "again",
    "check_cap",
    "execute",
    "hold",
    "kept",
    "model_from",
    "outlook",
    "planned",
    "read_models",
    "run_named",
    "run_report",
    "sends",
    "stop",
]
