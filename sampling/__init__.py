"""Which interactions deserve a person's minute: pure functions from candidates to draws."""

from sampling.base import Strategy
from sampling.draw import Drawn, Plan, draw, finished, sketch_for
from sampling.hashing import HASH_VERSION, priority_of, uniform
from sampling.inclusion import Design, design
from sampling.prefix import Chance, Standing, Told, counting, sides
from sampling.record import DrawRecord, StratumDraw, classes, knowing, replay
from sampling.sketch import Sketch, Tally
from sampling.strategies import STRATEGIES, strategy_from

__all__ = [
    "HASH_VERSION",
    "STRATEGIES",
    "Chance",
    "Design",
    "DrawRecord",
    "Drawn",
    "Plan",
    "Sketch",
    "Standing",
    "Strategy",
    "StratumDraw",
    "Tally",
    "Told",
    "classes",
    "counting",
    "design",
    "draw",
    "finished",
    "knowing",
    "priority_of",
    "replay",
    "sides",
    "sketch_for",
    "strategy_from",
    "uniform",
]
