"""Every format of EXPORTS through one law: what was written is read back, whatever it holds."""

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import jinja2
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from storage import Conflict
from storage.exports import EXPORTS, About, Column, FileFormat, Kind, Row, new_file, new_folder
from storage.exports.csv import safe
from storage.exports.texts import query_of, text_of

NOON = datetime(2026, 11, 1, 12, 0, 0, 250_000, tzinfo=UTC)
HOSTILE = [
    "=HYPERLINK(\"http://x\";\"y\")",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "'=already",
    "a;=b,\"c\"\nsecond line",
    "-17",
    "Grüße \U0001f600 \u202egnp.exe",
    "nul \x00 here",
    "{{ template }} {% raw %} <script>alert(1)</script>",
    " ",
]  # fmt: skip


def column(name: str, kind: Kind = "text", **rest: Any) -> Column:
    return Column(name, kind, tuple(name.split(".", 1)), **rest)


COLUMNS = (
    column("task_id"),
    column("source"),
    column("interaction_id"),
    column("pi", "number"),
    column("labels", "integer"),
    column("annotators", "texts"),
    column("values.quality", "integer"),
    column("values.notes"),
    column("values.requires_context", "boolean"),
    column("label_ids.quality", "integers"),
    column("never.there", "texts"),
    column("interaction.created_at", "time"),
    Column("query", "text", ("interaction", "messages"), query_of),
    column("interaction.messages", "json"),
    column("expected_answer"),
)
ABOUT = About(
    queue="support",
    created_at=NOON,
    columns=COLUMNS,
    guideline={
        "slug": "toy",
        "version": "1",
        "title": "Toy",
        "hash": "f" * 64,
        "markdown": "# Toy\n",
        "fields": [],
    },
    labels="settled",
    expected="corrected",
    draws=[{"draw_id": 1, "strategy": "random", "seed": 7}],
    agreement=lambda: {"quality": {"coefficients": {"cohen_kappa": {"value": 0.5, "n": 2}}}},
)


def a_row(number: int, text: str = "Paris", **changes: Any) -> Row:
    interaction = {
        "created_at": NOON,
        "session_id": None,
        "model": "m-1",
        "variant": None,
        "category": "geo" if number % 2 else None,
        "tags": ["faq"],
        "confidence": 0.25,
        "flags": None,
        "messages": raw(changes.pop("messages", [{"role": "user", "content": f"{number} {text}"}])),
        "responses": raw([{"id": "r1", "text": text}]),
        "context": raw(changes.pop("context", None)),
    }
    values = {"quality": 4, "notes": text, "difficulty": "easy", "requires_context": True}
    return {
        "task_id": str(2**62 + number),
        "source": "bot",
        "interaction_id": f"req-{number}",
        "purpose": "sample",
        "pi": 0.125,
        "reason": None,
        "labels": 2,
        "annotators": ["ada", "ben"],
        "guidelines": ["f" * 64],
        "annotator_confidence": 0.75,
        "values": values,
        "origin": dict.fromkeys(values, "unanimous"),
        "mean": {"quality": 4.0},
        "label_ids": {"quality": [1, 2]},
        "unsettled": [],
        "expected_answer": text,
        "expected_from": "corrected",
        "interaction": interaction,
    } | changes


def raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


Core = tuple[str, str | None, str | None]
"""Sender's id, expected answer, question: what every format has to bring across."""


def written(name: str, rows: list[Row], folder: Path) -> Path:
    chosen, path = EXPORTS[name], folder / f"out-{name}"
    if isinstance(chosen, FileFormat):
        path.write_bytes(b"".join(chosen.chunks(iter(rows), ABOUT)))
    else:
        path.mkdir()
        chosen.write(iter(rows), path, ABOUT)
    return path


def read_jsonl(path: Path) -> list[Core]:
    rows = [json.loads(line) for line in path.read_bytes().split(b"\n") if line]
    return [
        (row["interaction_id"], row["expected_answer"], query_of(row["interaction"]["messages"]))
        for row in rows
    ]


def armed(text: str) -> str:
    """A cell as it was before it was disarmed."""
    return text[1:] if text.startswith("'") and safe(text[1:]) == text else text


def read_csv(path: Path) -> list[Core]:
    table = csv.DictReader(io.StringIO(path.read_bytes().decode(), newline=""))
    return [
        (armed(row["interaction_id"]), armed(row["expected_answer"]) or None, armed(row["query"]))
        for row in table
    ]


def read_parquet(path: Path) -> list[Core]:
    table = pq.read_table(path, columns=["interaction_id", "expected_answer", "query"])
    return [tuple(row.values()) for row in table.to_pylist()]


def read_goldloop(path: Path) -> list[Core]:
    dataset = json.loads((path / "dataset.json").read_text())
    return [
        (
            one["interaction_id"],
            one["expected_answer"],
            one["query"] if "query" in one else query_of(one["messages"]),
        )
        for one in dataset["samples"]
    ]


def lines_of(folder: Path, *names: str) -> list[Any]:
    """What files of lines hold; those that are not there hold nothing."""
    there = [folder / name for name in names if (folder / name).exists()]
    return [json.loads(one) for path in there for one in path.read_bytes().split(b"\n") if one]


def in_order(found: list[Core]) -> list[Core]:
    return sorted(found, key=lambda core: int(core[0].removeprefix("req-")))


def read_inspect(path: Path) -> list[Core]:
    return in_order([
        (one["metadata"]["interaction_id"], one.get("target", [None])[0], query_of(one["input"]))
        for one in lines_of(path, "data.jsonl", "unscored.jsonl")
    ])  # fmt: skip


def read_promptfoo(path: Path) -> list[Core]:
    return in_order([
        (
            one["metadata"]["interaction_id"],
            rendered(one["assert"][0]["value"]) if one["assert"] else None,
            query_of(json.loads(one["vars"]["messages"])),
        )
        for one in lines_of(path, "tests.jsonl", "unscored.jsonl")
    ])  # fmt: skip


def rendered(text: str) -> str:
    """As a template engine shows it; this one would make every line end alike."""
    engine = jinja2.Environment(keep_trailing_newline=True)
    return engine.from_string(text.replace("\r", "\ue000")).render().replace("\ue000", "\r")


def read_lm_eval(path: Path) -> list[Core]:
    return in_order([
        (one["interaction_id"], one["target"], one["input"])
        for one in lines_of(path, "bench.jsonl", "unscored.jsonl")
    ])  # fmt: skip


def read_openai_evals(path: Path) -> list[Core]:
    return in_order([
        (one["metadata"]["interaction_id"], one["ideal"], query_of(one["input"]))
        for one in lines_of(path, "data/goldloop/samples.jsonl", "unscored.jsonl")
    ])  # fmt: skip


def read_deepeval(path: Path) -> list[Core]:
    return in_order([
        (one["additional_metadata"]["interaction_id"], one["expected_output"], one["input"])
        for one in lines_of(path, "goldens.jsonl", "unscored.jsonl")
    ])  # fmt: skip


def read_ragas(path: Path) -> list[Core]:
    pairs = zip(lines_of(path, "ids.jsonl"), lines_of(path, "data.jsonl"), strict=True)
    rest = ((one, one) for one in lines_of(path, "unscored.jsonl"))
    return in_order([
        (told["interaction_id"], one["reference"], one["user_input"])
        for told, one in [*pairs, *rest]
    ])  # fmt: skip


def read_huggingface(path: Path) -> list[Core]:
    return in_order([
        (one["interaction_id"], one["target"][0] if one["target"] else None, one["input"])
        for one in lines_of(path, "data/test.jsonl", "data/unscored.jsonl")
    ])  # fmt: skip


def read_langfuse(path: Path) -> list[Core]:
    return in_order([
        (
            one["metadata"]["interaction_id"],
            one["expectedOutput"],
            query_of(one["input"]["messages"]),
        )
        for one in lines_of(path, "items.jsonl", "unscored.jsonl")
    ])  # fmt: skip


def read_phoenix(path: Path) -> list[Core]:
    found = []
    for one in lines_of(path, "items.jsonl", "unscored.jsonl"):
        said = [message["content"] for message in one["output"]["messages"]]
        asked = query_of(one["input"]["messages"])
        found.append((one["metadata"]["interaction_id"], said[0] if said else None, asked))
    return in_order(found)


READERS: dict[str, Callable[[Path], list[Core]]] = {
    "csv": read_csv,
    "deepeval": read_deepeval,
    "goldloop": read_goldloop,
    "huggingface": read_huggingface,
    "inspect": read_inspect,
    "jsonl": read_jsonl,
    "langfuse": read_langfuse,
    "lm-eval": read_lm_eval,
    "openai-evals": read_openai_evals,
    "parquet": read_parquet,
    "phoenix": read_phoenix,
    "promptfoo": read_promptfoo,
    "ragas": read_ragas,
}
FOR_TRAINING = {"trl"}
"""Holds only what teaches something; see test_tools.py."""
PLAIN = {"csv", "goldloop", "jsonl", "parquet"}


def test_every_format_has_a_reader_here() -> None:
    assert set(READERS) | FOR_TRAINING == set(EXPORTS)


@pytest.mark.parametrize("name", sorted(READERS))
def test_a_format_brings_every_text_across(name: str, tmp_path: Path) -> None:
    rows = [a_row(number, text) for number, text in enumerate(HOSTILE)]
    rows.append(a_row(len(HOSTILE), expected_answer=None))
    asked = [(row["interaction_id"], query_of(row["interaction"]["messages"])) for row in rows]
    found = READERS[name](written(name, rows, tmp_path))
    assert [(key, query) for key, _, query in found] == asked
    expected = [row["expected_answer"] for row in rows]
    if name not in PLAIN:
        expected = [None if one is None or not one.strip() else one for one in expected]
    assert [answer for _, answer, _ in found] == expected


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_a_format_can_hold_nothing(name: str, tmp_path: Path) -> None:
    assert READERS[name](written(name, [], tmp_path)) == []


@pytest.mark.parametrize("name", sorted(set(EXPORTS) - PLAIN))
def test_a_tool_is_not_given_an_empty_file(name: str, tmp_path: Path) -> None:
    with pytest.raises(Conflict) as caught:
        written(name, [], tmp_path)
    assert caught.value.code == "nothing_expected"


@pytest.mark.parametrize("name", sorted(set(EXPORTS) - PLAIN))
def test_half_characters_do_not_stop_an_export(name: str, tmp_path: Path) -> None:
    folder = written(name, [a_row(1, expected_answer="half \ud800 of it")], tmp_path)
    texts = [one.read_text("utf-8") for one in folder.rglob("*") if one.is_file()]
    assert "half \ufffd of it" in "".join(texts)


@pytest.mark.parametrize("name", sorted(EXPORTS))
def test_rows_are_written_as_they_come(name: str, tmp_path: Path) -> None:
    """No format collects the rows: hardly any of them is alive at a time."""
    alive: set[int] = set()
    most = 0

    class Watched(dict[str, Any]):
        def __del__(self) -> None:
            alive.discard(id(self))

    def rows() -> Iterator[Row]:
        nonlocal most
        for number in range(5_000):
            row = Watched(a_row(number))
            alive.add(id(row))
            most = max(most, len(alive))
            yield row

    chosen = EXPORTS[name]
    if isinstance(chosen, FileFormat):
        assert sum(1 for _ in chosen.chunks(rows(), ABOUT)) > 1
    else:
        chosen.write(rows(), tmp_path, ABOUT)
    assert most <= 1_001


@pytest.mark.parametrize("text", HOSTILE)
def test_no_csv_cell_can_be_a_formula(text: str) -> None:
    out = b"".join(EXPORTS["csv"].chunks([a_row(1, text)], ABOUT)).decode()  # type: ignore[union-attr]
    for row in csv.reader(io.StringIO(out, newline="")):
        for cell in row:
            assert cell[:1] not in tuple("=+@\t\r\n") or cell.lstrip("+-").isdigit()
            assert not cell.startswith("-") or cell[1:].isdigit()


def test_numbers_in_csv_stay_numbers() -> None:
    row = a_row(1, pi=-0.5, labels=-3, expected_answer="-17")
    out = b"".join(EXPORTS["csv"].chunks([row], ABOUT)).decode()  # type: ignore[union-attr]
    cells = dict(zip(*csv.reader(io.StringIO(out, newline="")), strict=True))
    assert (cells["pi"], cells["labels"], cells["expected_answer"]) == ("-0.5", "-3", "-17")
    assert cells["interaction.created_at"] == "2026-11-01T12:00:00.250000Z"
    assert cells["values.requires_context"] == "true"
    assert cells["never.there"] == ""


@pytest.mark.parametrize("rows", [[], [a_row(1, pi=None, values={}, label_ids={})], [a_row(2)]])
def test_parquet_has_one_schema_whatever_the_rows_hold(rows: list[Row], tmp_path: Path) -> None:
    schema = pq.read_schema(written("parquet", rows, tmp_path))
    assert schema.field("pi").type == pa.float64()
    assert schema.field("values.quality").type == pa.int64()
    assert schema.field("never.there").type == pa.list_(pa.string())
    assert schema.field("interaction.created_at").type == pa.timestamp("us", tz="UTC")


def test_the_manifest_hashes_every_file_and_says_where_all_is_from(tmp_path: Path) -> None:
    folder = written("goldloop", [a_row(1), a_row(2, expected_answer=None)], tmp_path)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert {path.name for path in folder.iterdir()} == {*manifest["files"], "manifest.json"}
    for name, told in manifest["files"].items():
        data = (folder / name).read_bytes()
        assert (sha256(data).hexdigest(), len(data)) == (told["sha256"], told["bytes"])
    assert manifest["version"] == manifest["files"]["dataset.json"]["sha256"]
    assert manifest["parent_version"] is None
    assert manifest["sampling"]["draws"] == [{"draw_id": 1, "strategy": "random", "seed": 7}]
    assert manifest["labels"]["by_annotator"] == {"ada": 2, "ben": 2}
    assert manifest["labels"]["origins"]["quality"] == {"unanimous": 2}
    assert manifest["guideline"]["hash"] == "f" * 64
    assert manifest["redaction"] == "unknown"
    assert (folder / "guideline.md").read_text() == "# Toy\n"


def test_the_dataset_has_the_reference_structure(tmp_path: Path) -> None:
    long = [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Yes?"},
        {"role": "user", "content": "Where is it?"},
    ]
    rows = [a_row(1), a_row(2, messages=long, context=["A passage", {"text": "Another"}])]
    dataset = json.loads((written("goldloop", rows, tmp_path) / "dataset.json").read_text())
    assert dataset["dataset_id"] == "support-20261101T120000Z"
    assert dataset["created_at"] == "2026-11-01T12:00:00.250000Z"
    first, second = dataset["samples"]
    assert (first["query"], first["difficulty"], first["requires_context"], first["tags"]) == (
        "1 Paris", "easy", True, ["faq"],
    )  # fmt: skip
    assert "messages" not in first
    assert second["messages"] == long
    assert second["context"] == ["A passage", "Another"]
    statistics = dataset["statistics"]
    assert statistics["samples"] == 2
    assert (statistics["by_category"], statistics["without_category"]) == ({"geo": 1}, 1)
    assert statistics["by_difficulty"] == {"easy": 2}
    assert statistics["mean_annotator_confidence"]["value"] == 0.75
    assert statistics["mean_annotator_confidence"]["n"] == 2
    assert statistics["agreement"]["quality"]["coefficients"]["cohen_kappa"]["value"] == 0.5


def test_confidence_that_nobody_stated_is_null_with_a_reason(tmp_path: Path) -> None:
    folder = written("goldloop", [a_row(1, annotator_confidence=None)], tmp_path)
    statistics = json.loads((folder / "dataset.json").read_text())["statistics"]
    assert statistics["mean_annotator_confidence"]["value"] is None
    assert "how sure" in statistics["mean_annotator_confidence"]["reason"]


def test_sample_ids_are_never_given_twice(tmp_path: Path) -> None:
    twice = [
        a_row(1),
        a_row(1, purpose="import"),
        a_row(1, source="bot#import"),
        a_row(1, source="a:b", interaction_id="c"),
        a_row(1, source="a", interaction_id="b:c"),
    ]
    dataset = json.loads((written("goldloop", twice, tmp_path) / "dataset.json").read_text())
    ids = [one["id"] for one in dataset["samples"]]
    assert ids[:2] == ["bot:req-1", "bot#import:req-1"]
    assert len(set(ids)) == len(ids)


TOOLS = [
    {"role": "developer", "content": "Be brief."},
    {"role": "user", "content": [{"type": "text", "text": "Renew"}, {"type": "image_url"}]},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "c1", "type": "function",
             "function": {"name": "renew", "arguments": "{\"all\": true}"}},
            {"name": "log", "arguments": {"x": 1}},
            {"id": "c3", "function": {"name": "broken", "arguments": "{not json"}},
        ],
    },
    {"role": "tool", "tool_call_id": "c1", "name": "renew", "content": "done"},
    {"role": "critic", "content": "And?"},
]  # fmt: skip


def test_inspect_gets_messages_in_its_own_shapes(tmp_path: Path) -> None:
    folder = written("inspect", [a_row(1, messages=TOOLS)], tmp_path)
    told = json.loads((folder / "data.jsonl").read_text())
    assert told["target"] == ["Paris"]
    assert [one["role"] for one in told["input"]] == [
        "system", "user", "assistant", "tool", "user",
    ]  # fmt: skip
    assert told["input"][1]["content"] == "Renew\n[image_url]"
    assert told["input"][2]["content"] == ""
    assert told["input"][2]["tool_calls"] == [
        {"id": "c1", "function": "renew", "arguments": {"all": True}},
        {"id": "call_2", "function": "log", "arguments": {"x": 1}},
        {"id": "c3", "function": "broken", "arguments": {"raw": "{not json"}},
    ]
    assert told["input"][3] == {
        "role": "tool", "content": "done", "tool_call_id": "c1", "function": "renew",
    }  # fmt: skip


def test_what_has_no_expected_answer_is_not_scored(tmp_path: Path) -> None:
    rows = [a_row(1), a_row(2, expected_answer=None), a_row(3, expected_answer=" \n")]
    rows.append(a_row(4, messages=[]))
    folder = written("inspect", rows, tmp_path)
    scored = [json.loads(one) for one in (folder / "data.jsonl").read_text().splitlines()]
    rest = [json.loads(one) for one in (folder / "unscored.jsonl").read_text().splitlines()]
    assert [one["id"] for one in scored] == ["bot:req-1"]
    assert [one["id"] for one in rest] == ["bot:req-2", "bot:req-3", "bot:req-4"]
    assert not any("target" in one for one in rest)


def test_there_is_no_empty_file_of_unscored_samples(tmp_path: Path) -> None:
    folder = written("inspect", [a_row(1)], tmp_path)
    assert {one.name for one in folder.iterdir()} == {"data.jsonl", "task.py", "README.md"}
    assert "inspect eval task.py@bench" in (folder / "README.md").read_text()


def test_a_folder_with_nothing_to_score_is_refused(tmp_path: Path) -> None:
    form = {"fields": [{"kind": "tags", "name": "t"}, {"kind": "rating", "name": "tone", "max": 4}]}
    rows, about = [a_row(1, expected_answer=None)], replace(ABOUT, guideline=form)
    with pytest.raises(Conflict, match="none of 1 labelled tasks") as caught:
        EXPORTS["inspect"].write(rows, tmp_path, about)
    assert caught.value.code == "nothing_expected"
    assert caught.value.hint == (
        "take good responses as expected ones: --expected 'response-if-tone>=3'"
    )
    again = replace(about, expected="response-if-tone>=4")
    with pytest.raises(Conflict) as caught:
        EXPORTS["inspect"].write(rows, tmp_path, again)
    assert "--expected" not in str(caught.value.hint)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, ""),
        ("plain", "plain"),
        ([{"type": "text", "text": "a"}, "b"], "a\nb"),
        ([{"type": "image_url", "image_url": {}}], "[image_url]"),
        ({"type": "text", "content": "c"}, "c"),
        (7, "7"),
    ],
)
def test_the_text_of_any_content(content: Any, text: str) -> None:
    assert text_of(content) == text


def test_a_file_takes_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "out.jsonl"
    with pytest.raises(TypeError), new_file(path) as out:
        out.writelines([b"half", None])  # type: ignore[list-item]
    assert list(path.parent.iterdir()) == []
    with new_file(path) as out:
        out.write(b"whole")
    with pytest.raises(Conflict, match="exists"), new_file(path):
        pass
    with new_file(path, force=True) as out:
        out.write(b"new")
    assert path.read_bytes() == b"new"
    with pytest.raises(Conflict, match="is a folder"), new_file(path.parent, force=True):
        pass


def test_a_folder_takes_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "set"
    with pytest.raises(FileNotFoundError), new_folder(path) as folder:
        (folder / "data.jsonl" / "nested").write_text("half")
    assert list(tmp_path.iterdir()) == []
    with new_folder(path) as folder:
        (folder / "data.jsonl").write_text("whole")
    with pytest.raises(Conflict, match="exists"), new_folder(path):
        pass
    with new_folder(path, force=True) as folder:
        (folder / "data.jsonl").write_text("new")
    assert [one.read_text() for one in path.iterdir()] == ["new"]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("as_folder", [True, False])
def test_force_never_takes_away_what_is_not_an_export(tmp_path: Path, as_folder: bool) -> None:
    path = tmp_path / "home"
    kept = path / "thesis.tex" if as_folder else path
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("years")
    with pytest.raises(Conflict) as caught, new_folder(path, force=True) as folder:
        (folder / "data.jsonl").write_text("new")
    assert caught.value.code == "not_an_export"
    assert kept.read_text() == "years"


@pytest.mark.skipif(sys.platform == "win32", reason="file modes of POSIX")
def test_an_export_is_as_readable_as_any_new_file(tmp_path: Path) -> None:
    usual = tmp_path / "usual"
    usual.touch()
    with new_file(tmp_path / "out") as out:
        out.write(b"x")
    assert (tmp_path / "out").stat().st_mode == usual.stat().st_mode
