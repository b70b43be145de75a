"""Three published sets, read from their files into the shapes that the server takes.

EVOUNA (Natural Questions): five systems' answers to the same questions, to be labelled here.
PandaLM: two models' responses side by side, with the preferences of three people.
XSTest: three models' answers to requests that sound unsafe, with the ratings of two people.

None of them is production traffic. What a product would have measured is derived for EVOUNA from
what its file holds, and it looks at the golden answer, which no product has:

- confidence: 0.2 + 0.7 x the share of the golden answer's words that occur in the answer (the best
  of its alternatives), less 0.1 when the answer hedges;
- flags: `no_lexical_match` when no alternative occurs in the answer as it is written, `long_answer`
  above 300 characters, `hedged` for wordings such as "as an AI" or "I'm sorry".

What the publishers did not judge is left out: the improper questions and, of the others, one answer
of New Bing. Counted as wrong it would lower New Bing's share of correct answers; left out, the
shares are the publishers'. Four judged answers are empty in the file; they are sent empty.

The other two sets get neither confidence nor flags. Six responses of PandaLM stand in its file as
true, not as text; they are sent as the word that the model wrote, "True".
"""

import csv
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = dict[str, Any]

SYSTEMS = {
    "fid": "fid",
    "gpt35": "gpt-3.5",
    "chatgpt": "chatgpt",
    "gpt4": "gpt-4",
    "newbing": "new-bing",
}
ASKING = ("who", "when", "what", "where", "how", "which")
LONG_ANSWER_CHARS = 300
HEDGES = re.compile(
    r"as an ai\b|i'?m sorry|i am sorry|i (?:do not|don'?t|could not|couldn'?t) (?:have|know|find)"
    r"|knowledge cutoff",
    re.IGNORECASE,
)
PREFERENCES = {0: "tie", 1: "1", 2: "2"}
REFUSALS = {"1_full_compliance": 1, "3_partial_refusal": 2, "2_full_refusal": 3}


@dataclass(frozen=True)
class RealSet:
    """One set, ready to be sent, and the queue it goes to."""

    source: str
    queue: Row
    field: str
    interactions: list[Row]
    labels: list[Row]
    note: str


def evouna(folder: Path) -> RealSet:
    """Answers to label: one interaction per question and system."""
    questions = json.loads((folder / "NQ.json").read_text(encoding="utf-8"))
    proper = [(n, one) for n, one in enumerate(questions) if not one["improper"]]
    rows = [row for number, one in proper for row in _answers(number, one)]
    unjudged = len(proper) * len(SYSTEMS) - len(rows)
    return RealSet(
        source="evouna-nq",
        queue={
            "name": "evouna-answers",
            "guideline": "response-quality",
            "overlap": 2,
            "overlap_rate": 0.2,
        },
        field="quality",
        interactions=rows,
        labels=[],
        note=(
            f"left out: {len(questions) - len(proper)} questions marked improper, "
            f"answers without a published judgement: {unjudged}. Confidence and flags are derived "
            "from the golden answer and the answer's length and wording, not measured."
        ),
    )


def pandalm(folder: Path) -> RealSet:
    """Pairs of responses with the published preference of three people."""
    items = json.loads((folder / "testset-v1.json").read_text(encoding="utf-8"))
    return RealSet(
        source="pandalm",
        queue={"name": "pandalm-published", "guideline": "pandalm-preference", "overlap": 3},
        field="preference",
        interactions=[_pair(item) for item in items],
        labels=[
            {
                "source": "pandalm",
                "interaction_id": f"pandalm-{item['idx']}",
                "annotator": f"pandalm-annotator{person}",
                "values": {"preference": PREFERENCES[item[f"annotator{person}"]]},
            }
            for item in items
            for person in (1, 2, 3)
        ],
        note="no confidence and no flags: the set holds nothing to derive them from.",
    )


def xstest(folder: Path) -> RealSet:
    """Answers to requests that sound unsafe, with the published ratings of two people."""
    lines = (folder / "items.jsonl").read_text(encoding="utf-8").splitlines()
    with (folder / "ratings.csv").open(encoding="utf-8", newline="") as file:
        ratings = list(csv.DictReader(file))
    return RealSet(
        source="xstest",
        queue={"name": "xstest-published", "guideline": "xstest-refusal", "overlap": 2},
        field="refusal",
        interactions=[_completion(json.loads(line)) for line in lines],
        labels=[
            {
                "source": "xstest",
                "interaction_id": rating["item_id"],
                "annotator": f"xstest-{rating['rater_id']}",
                "values": {"refusal": REFUSALS[rating["value"]]},
            }
            for rating in ratings
        ],
        note="no confidence and no flags: the set holds nothing to derive them from.",
    )


def _answers(number: int, question: Row) -> Iterator[Row]:
    golden = [_words(one) for one in (question["golden_answer"] or "").split("/")]
    golden = [one for one in golden if one]
    word = question["question"].split()[0].lower()
    for system, model in SYSTEMS.items():
        correct = question[f"judge_{system}"]
        if correct is None:
            continue
        answer = question[f"answer_{system}"] or ""
        yield {
            "id": f"nq-{number:04d}-{system}",
            "source": "evouna-nq",
            "query": question["question"],
            "response": answer,
            "model": model,
            "category": word if word in ASKING else "other",
            "confidence": _confidence(answer, golden),
            "flags": _flags(answer, golden),
            "metadata": {
                "golden_answer": question["golden_answer"],
                "published_correct": correct,
                "confidence_and_flags": "derived",
            },
        }


def _confidence(answer: str, golden: list[list[str]]) -> float:
    said = set(_words(answer))
    shares = [len(said.intersection(one)) / len(set(one)) for one in golden]
    return round(0.2 + 0.7 * max(shares, default=0.0) - 0.1 * bool(HEDGES.search(answer)), 3)


def _flags(answer: str, golden: list[list[str]]) -> list[str]:
    said = f" {' '.join(_words(answer))} "
    checks = {
        "no_lexical_match": not any(f" {' '.join(one)} " in said for one in golden),
        "long_answer": len(answer) > LONG_ANSWER_CHARS,
        "hedged": bool(HEDGES.search(answer)),
    }
    return [name for name, hit in checks.items() if hit]


def _words(text: str) -> list[str]:
    """Words in small letters without accents: Röntgen and rontgen are the same answer."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return re.findall(r"\w+", "".join(one for one in plain if not unicodedata.combining(one)))


def _pair(item: Row) -> Row:
    first, second = item["cmp_key"].split("_")
    instruction = item["instruction"] + ("\n\n" + item["input"] if item["input"] else "")
    return {
        "id": f"pandalm-{item['idx']}",
        "source": "pandalm",
        "messages": [{"role": "user", "content": instruction}],
        "responses": [
            {"id": "1", "text": str(item["response1"]), "model": first},
            {"id": "2", "text": str(item["response2"]), "model": second},
        ],
        "category": item["motivation_app"],
    }


def _completion(item: Row) -> Row:
    return {
        "id": item["item_id"],
        "source": "xstest",
        "query": item["prompt"],
        "response": item["completion"],
        "model": item["model"],
        "category": item["prompt_type"],
    }
