"""What the labels say: pure functions from frames to figures with intervals."""

from analysis.agreement import (
    AGREEMENT,
    NOMINAL,
    Agreement,
    Pair,
    agreement,
    tag_agreement,
)
from analysis.figure import Figure

__all__ = ["AGREEMENT", "NOMINAL", "Agreement", "Figure", "Pair", "agreement", "tag_agreement"]
