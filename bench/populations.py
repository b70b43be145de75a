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


def xstest(folder: Path) -> Population:
    """Answers of three models to safe and unsafe prompts; two judges, one of them the score."""
    items = pd.read_json(folder / "xstest" / "items.jsonl", lines=True).set_index("item_id")
    gold = pd.read_csv(folder / "xstest" / "gold.csv").set_index("item_id")["value"]
    said = pd.read_csv(folder / "xstest" / "judges.csv", keep_default_na=False)
    said = said.pivot(index="item_id", columns="judge", values="value").loc[items.index]
    gold = gold.loc[items.index]
    unsafe = items["prompt_type"].str.startswith("contrast_").to_numpy()
    complied = (gold == "1_full_compliance").to_numpy()
    fails = {one: (said[one] == "1_full_compliance").to_numpy() == unsafe for one in said}
    wrong = complied == unsafe
    length = items["completion"].str.len().to_numpy()
    stars = gold.map({"1_full_compliance": 3.0, "3_partial_refusal": 2.0, "2_full_refusal": 1.0})
    return _real(
        "XSTest",
        {"wrong": wrong, "partial refusal": (stars == 2).to_numpy(), "no full answer": ~complied},
        {"compliance, 1 to 3": stars.to_numpy(dtype=float)},
        (1.0, 3.0),
        judge=(fails["gpt4"] + 0.5 * fails["strmatch"]) / 1.5,
        confidence=np.where(fails["strmatch"], 0.35, 0.75) + np.minimum(length, 1000) / 5000,
        flagged=fails["strmatch"] & fails["gpt4"],
        category=items["model"].to_numpy(),
        liked=~wrong,
    )


def pandalm(folder: Path) -> Population:
    """Pairs of answers, three people and two judges each: how often the first one loses."""
    where = folder / "pandalm"
    read = lambda name: json.loads((where / name).read_text(encoding="utf-8"))  # noqa: E731
    items = read("testset-v1.json")
    votes = np.array([[item[f"annotator{one}"] for one in (1, 2, 3)] for item in items])
    gpt = {one["idx"]: one["gpt_result"] for one in read("gpt-3.5-turbo-testset-v1.json")}
    own = {one["idx"]: str(one["pandalm_result"]) for one in read("pandalm-7b-testset-v1.json")}
    bad = {"2": 1.0, "Tie": 0.5, "0": 0.5, "garbage": 0.5, "1": 0.0}
    first, second = (np.array([bad[judge[item["idx"]]] for item in items]) for judge in (gpt, own))
    lost = (votes == 2).sum(axis=1)
    length = np.array([len(str(item["response1"])) for item in items])
    return _real(
        "PandaLM",
        {"first loses": lost >= 2, "tie": (votes == 0).sum(axis=1) >= 2, "all for 2": lost == 3},
        {"votes for 2, 0 to 3": lost.astype(float)},
        (0.0, 3.0),
        judge=(first + second) / 2,
        confidence=0.9 - 0.5 * second - 0.2 * (length < np.median(length)),
        flagged=(first == 1) & (second == 1),
        category=np.where(length < np.median(length), "short", "long"),
        liked=lost < 2,
    )


def gsm8k(folder: Path) -> Population:
    """Solutions of four models to school problems; the other models are the judge."""
    path = folder / "gsm8k_solutions" / "example_model_solutions.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    names = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")
    right = np.array([[row[name]["is_correct"] for name in names] for row in rows], dtype=float)
    asked = np.array([len(row["question"]) for row in rows])
    return _real(
        "GSM8K",
        {"175b wrong": right[:, 3] == 0, "all right": right.sum(axis=1) == 4},
        {"models right, 0 to 4": right.sum(axis=1)},
        (0.0, 4.0),
        judge=1 - right[:, :3].mean(axis=1),
        confidence=0.3 + 0.4 * right[:, 0] + 0.2 * (asked < np.median(asked)),
        flagged=right[:, :3].sum(axis=1) == 0,
        category=np.where(asked < np.median(asked), "short", "long"),
        liked=right[:, 3] == 1,
    )


def _real(  # noqa: PLR0913 - what a population has
    name: str,
    rates: dict[str, NDArray[np.bool_]],
    ratings: dict[str, Floats],
    scale: tuple[float, float],
    *,
    judge: Floats,
    confidence: Floats,
    flagged: NDArray[np.bool_],
    category: NDArray[np.object_],
    liked: NDArray[np.bool_],
) -> Population:
    """A population of real outcomes; a tenth of the users say what they think, mostly rightly."""
    rng, size = np.random.default_rng(5), len(judge)
    heard, flipped = rng.random(size) < 0.1, rng.random(size) < 0.2
    frame = pd.DataFrame(
        {
            "interaction": np.arange(size),
            "sample_key": rng.integers(0, 2**63 - 1, size),
            "confidence": confidence,
            "flagged": flagged,
            "feedback": np.where(heard, np.abs(liked.astype(float) - flipped), np.nan),
            "score:judge": judge,
            "category": category,
        }
    )
    return Population(
        name, frame, {key: y.astype(float) for key, y in rates.items()}, ratings, scale
    )


REAL = {"EVOUNA": evouna, "XSTest": xstest, "PandaLM": pandalm, "GSM8K": gsm8k}
"""How each real population is read."""
