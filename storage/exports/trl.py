"""Training data for TRL, as conversations: sft, dpo and kto, each in a file if there is any.

sft    expected answers
dpo    the better of two responses, by a comparison or a ranking; a corrected answer and what it
       corrects
kto    a response, and whether people found it good

Ties and pairs with the same text teach nothing and are left out. Tools are told as text: templates
of models differ too much in what they take.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

from storage.errors import Conflict
from storage.exports.cases import Case, cases, marked, put, slug
from storage.exports.chat import Json, turns
from storage.exports.format import About, Row
from storage.exports.lines import Lines
from storage.exports.texts import decoded, text_of

KINDS = ("sft", "dpo", "kto")


def write(rows: Iterable[Row], folder: Path, about: About) -> int:
    """Write the folder; the number of tasks that were read.

    Raises
    ------
    Conflict
        `nothing_expected` when nothing in the labels says which response is good.
    """
    fields = about.guideline["fields"]
    compared = next((one for one in fields if one["kind"] in ("pairwise", "ranking")), None)
    rating = next((one for one in fields if one["kind"] == "rating"), None)
    read = 0
    with Lines(folder) as out:
        for case in cases(rows, about):
            read += 1
            prompt, mark = turns(case.asked), marked(case)
            if not prompt:
                continue
            if case.expected:
                said = [{"role": "assistant", "content": case.expected}]
                out.write("sft.jsonl", {"id": case.id, "messages": prompt + said} | mark)
            for number, (good, bad) in enumerate(_pairs(case, compared), 1):
                name = {"id": f"{case.id}/{number}", "prompt": prompt} | mark
                out.write("dpo.jsonl", name | {"chosen": _said(good), "rejected": _said(bad)})
            liked = _liked(case, rating)
            if liked is not None and case.response:
                name = {"id": case.id, "prompt": prompt} | mark
                out.write("kto.jsonl", name | {"completion": _said(case.response), "label": liked})
    if not out.counts:
        hint = "have answers corrected, compared or rated, then export"
        raise Conflict("nothing_expected", f"{read} labelled tasks, nothing to learn from", hint)
    _tell(folder, about, out, rating)
    return read


def _pairs(case: Case, compared: Json | None) -> Iterator[tuple[str, str]]:
    """Better and worse texts, as people or a correction tell."""
    texts = {
        str(one.get("id")): text_of(one.get("text"))
        for one in decoded(case.row["interaction"]["responses"]) or ()
    }
    told = case.row["values"].get(compared["name"]) if compared else None
    for better, worse in _ordered(told, list(texts)):
        above, below = texts.get(better, ""), texts.get(worse, "")
        if above.strip() and below.strip() and above != below:
            yield above, below
    good, bad = case.expected, case.response
    corrected = case.row["expected_from"] == "corrected"
    if corrected and good and bad and bad.strip() not in ("", good.strip()):
        yield good, bad


def _ordered(told: Any, ids: list[str]) -> Iterator[tuple[str, str]]:
    """Pairs of ids, the better first: of a comparison its one, of a ranking every one."""
    if isinstance(told, str) and told in ids:
        yield from ((told, other) for other in ids if other != told)
    elif isinstance(told, list):
        for above, below in combinations(told, 2):
            yield from ((better, worse) for better in above for worse in below)


def _liked(case: Case, rating: Json | None) -> bool | None:
    """Whether a rating calls the response good; None in the middle of a scale without a limit."""
    value = case.row["values"].get(rating["name"]) if rating else None
    if rating is None or not isinstance(value, int):  # another form may ask the same otherwise
        return None
    limit = rating.get("failure_below")
    if limit is not None:
        return bool(value >= limit)
    middle = (rating["min"] + rating["max"]) / 2
    return None if value == middle else bool(value > middle)


def _said(text: str) -> list[Json]:
    return [{"role": "assistant", "content": text}]


def _tell(folder: Path, about: About, out: Lines, rating: Json | None) -> None:
    kinds = [one for one in KINDS if out.counts[f"{one}.jsonl"]]
    for kind in kinds:
        put(folder / f"{kind}.yaml", CONFIG.format(kind=kind, name=slug(about.queue)))
    limit = rating.get("failure_below") if rating else None
    told = "" if rating is None else LIKED.format(
        name=rating["name"],
        how=f"{limit} or more" if limit is not None else "above the middle of its scale",
    )  # fmt: skip
    files = ", ".join(f"{out.counts[f'{one}.jsonl']} in `{one}.jsonl`" for one in kinds)
    commands = "".join(
        f"    trl {one} --config {one}.yaml --model_name_or_path MODEL\n" for one in kinds
    )
    put(folder / "README.md", README.format(
        queue=about.queue, files=files, commands=commands, liked=told))  # fmt: skip


CONFIG = """\
datasets:
  - path: json
    data_files: {kind}.jsonl
output_dir: {name}-{kind}
"""
LIKED = """
`kto.jsonl`: a response is good when `{name}` is {how}.
"""
README = """\
# {queue}

Examples to train on: {files}. Texts are as they are stored;
`goldloop redaction show` tells how they were redacted before.

    pip install trl
{commands}
`dpo.jsonl` holds what people preferred, and corrected answers over what they correct.
{liked}"""
