"""Which interactions deserve a person's minute: candidates in, draws with known chances out."""

from sampling.base import Strategy
from sampling.draw import Drawn, Plan, draw
from sampling.hashing import HASH_VERSION, priority_of, uniform
from sampling.inclusion import Design, design
from sampling.record import STRATEGIES, DrawRecord, StratumDraw, replay, strategy_from
from sampling.sketch import Sketch

__all__ = [
    "HASH_VERSION",
    "STRATEGIES",
    "Design",
    "DrawRecord",
    "Drawn",
    "Plan",
    "Sketch",
    "Strategy",
    "StratumDraw",
    "design",
    "draw",
    "priority_of",
    "replay",
    "strategy_from",
    "uniform",
]
