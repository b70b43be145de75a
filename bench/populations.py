"""Finite populations in which every outcome is known: one synthetic, one of real answers."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RATES = (0.02, 0.05, 0.10, 0.20, 0.45)
SYSTEMS = ("fid", "gpt35", "chatgpt", "gpt4", "newbing")


@dataclass(frozen=True)
class Population:
    """Candidates as a draw sees them, and the outcomes that labels would find."""

    name: str
    frame: pd.DataFrame
    rates: dict[str, Floats]
    """1 where the interaction fails."""
    ratings: dict[str, Floats]
    scale: tuple[float, float]


def synthetic(size: int = 3000, seed: int = 1) -> Population:
    """One hidden risk behind what is known beforehand and behind five failure rates."""
    rng = np.random.default_rng(seed)
    risk = rng.normal(size=size)
    noise = lambda: rng.normal(size=size)  # noqa: E731 - a fresh one at each use
    ranks = (np.argsort(np.argsort(-risk - 0.7 * noise())) + 0.5) / size
    heard = rng.random(size) < 0.1
    frame = pd.DataFrame(
        {
            "interaction": np.arange(size),
            "sample_key": rng.integers(0, 2**63 - 1, size),
            "confidence": ranks**0.4,
            "flagged": risk + 0.8 * noise() > 1.8,
            "feedback": np.where(heard, (risk + noise() < 0.3).astype(float), np.nan),
            "score:judge": 1 / (1 + np.exp(2.0 - 1.2 * risk - 0.6 * noise())),
            "category": np.digitize(risk + 1.5 * noise(), [-1.0, 0.5, 2.0]).astype(str),
        }
    )
    rates = {}
    for rate in RATES:
        badness = risk + 0.9 * noise()
        rates[f"{rate:.0%} fail"] = (badness > np.quantile(badness, 1 - rate)).astype(float)
    stars = 5.0 - np.digitize(risk + noise(), [0.2, 1.0, 1.8, 2.6])
    return Population("synthetic", frame, rates, {"rating 1 to 5": stars}, (1.0, 5.0))


def evouna(folder: Path) -> Population:
    """Answers of GPT-4 to Natural Questions; confidence, flags and judge derived from the data."""
    items = json.loads((folder / "evouna_nq" / "NQ.json").read_text(encoding="utf-8"))
    judged = [
        item
        for item in items
        if not item["improper"] and None not in [item[f"judge_{name}"] for name in SYSTEMS]
    ]
    right = np.array([[item[f"judge_{name}"] for name in SYSTEMS] for item in judged], dtype=float)
    overlap = np.array([_overlap(item) for item in judged])
    rng, size = np.random.default_rng(5), len(judged)
    of = dict(zip(SYSTEMS, right.T, strict=True))
    heard = rng.random(size) < 0.1
    flipped = rng.random(size) < 0.2
    words = [item["question"].split()[0].lower() for item in judged]
    frame = pd.DataFrame(
        {
            "interaction": np.arange(size),
            "sample_key": rng.integers(0, 2**63 - 1, size),
            "confidence": 0.2 + 0.7 * overlap,
            "flagged": [len(item["answer_gpt4"]) > 400 for item in judged],
            "feedback": np.where(heard, np.abs(of["gpt4"] - flipped), np.nan),
            "score:judge": 1 - np.mean([of[name] for name in SYSTEMS if name != "gpt4"], axis=0),
            "category": [
                word if word in ("who", "when", "where", "what") else "other" for word in words
            ],
        }
    )
    frame["flagged"] |= overlap == 0
    rates = {
        "GPT-4 wrong": 1 - of["gpt4"],
        "Bing wrong": 1 - of["newbing"],
        "all wrong": (right.sum(axis=1) == 0).astype(float),
    }
    return Population(
        "EVOUNA", frame, rates, {"systems right, 0 to 5": right.sum(axis=1)}, (0.0, 5.0)
    )


def _overlap(item: dict[str, str]) -> float:
    """Largest share of a golden answer's words that occur in the answer."""
    said = set(re.findall(r"\w+", item["answer_gpt4"].lower()))
    golden = [set(re.findall(r"\w+", one.lower())) for one in item["golden_answer"].split("/")]
    return max((len(one & said) / len(one) for one in golden if one), default=0.0)
