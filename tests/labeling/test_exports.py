"""A queue taken away: to files, to folders, over a network, on both databases."""

import csv
import io
import json
import zipfile
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from labeling.draws import DrawRequest, draw_into
from labeling.errors import InvalidLabel
from labeling.exports import ExportOptions, export_queue, stream_export
from storage import Conflict, NotFound, Store
from storage.exports import EXPORTS, FileFormat
from storage.frames import tasks as task_frame
from storage.queries import accounts, queues
from tests import factories

NOW = factories.NOON + timedelta(days=1)
RAW = ExportOptions(labels="raw")
GOOD = ExportOptions(expected="response-if-quality>=4")


@dataclass
class Work:
    store: Store
    folder: Path

    def export(self, format_: str, options: ExportOptions = GOOD, name: str = "out") -> Path:
        path = self.folder / name
        export_queue(self.store, "support", format_, path, options, NOW)
        return path

    def lines(self, options: ExportOptions = GOOD, name: str = "lines.jsonl") -> list[Any]:
        text = self.export("jsonl", options, name).read_bytes()
        return [json.loads(line) for line in text.split(b"\n") if line]


@pytest.fixture
def work(store: Store, tmp_path: Path) -> Work:
    """Eight of ten interactions drawn at random, all labelled by two people; one more imported."""
    with store.write() as session:
        queue_id = factories.queue(session, "support", overlap=2)
        for number in range(10):
            factories.interaction(session, f"req-{number}", category="billing")
        people = [factories.account(session, name) for name in ("ada", "ben")]
    draw_into(store, "support", DrawRequest("random", size=8, seed=5), clock=lambda: NOW)
    with store.write() as session:
        for place, task_id in enumerate(task_frame(session, queue_id)["task"].tolist()):
            for slot, person in enumerate(people):
                held = factories.assignment(session, task_id, person, slot=slot)
                values = {"quality": 5 - (place + slot) % 2, "issues": [], "confidence": "high"}
                factories.label(session, task_id, person, values, assignment_id=held)
        brought = factories.interaction(session, "moved", source="old-tool")
        task_id = factories.task(session, queue_id, brought, purpose="import", position=None)
        factories.label(session, task_id, people[0], {"quality": 1}, role="import")
    return Work(store, tmp_path)


def test_raw_labels_carry_the_chance_with_which_their_task_was_drawn(work: Work) -> None:
    rows = work.lines(RAW)
    assert len(rows) == 17
    drawn = [row["pi"] for row in rows if row["purpose"] == "sample"]
    assert len(drawn) == 16
    assert all(0.5 < pi < 1 for pi in drawn)
    assert [row["pi"] for row in rows if row["purpose"] == "import"] == [None]


def test_settled_answers_are_one_row_a_task(work: Work) -> None:
    rows = work.lines()
    assert len(rows) == 9
    assert {row["origin"]["quality"] for row in rows} == {"median", "single"}
    assert {row["expected_from"] for row in rows} == {"response", None}
    assert all(row["annotators"] == ["ada", "ben"] for row in rows if row["purpose"] == "sample")


def test_tables_hold_the_rows_of_the_lines(work: Work) -> None:
    lines = work.lines(RAW)
    text = work.export("csv", RAW, "raw.csv").read_bytes().decode()
    cells = list(csv.DictReader(io.StringIO(text, newline="")))
    frame = pq.read_table(work.export("parquet", RAW, "raw.parquet")).to_pylist()
    for line, cell, row in zip(lines, cells, frame, strict=True):
        assert cell["label_id"] == str(line["label_id"]) == str(row["label_id"])
        assert cell["values.quality"] == str(line["values"]["quality"])
        assert row["values.quality"] == line["values"]["quality"]
        assert row["query"] == line["interaction"]["messages"][0]["content"] == cell["query"]
        assert json.loads(cell["responses"]) == line["interaction"]["responses"]
        assert row["pi"] == line["pi"]


def test_a_dataset_tells_how_it_was_drawn_and_how_far_people_agree(work: Work) -> None:
    folder = work.export("goldloop")
    dataset = json.loads((folder / "dataset.json").read_text())
    manifest = json.loads((folder / "manifest.json").read_text())
    statistics = dataset["statistics"]
    assert statistics["samples"] == len(dataset["samples"]) == 9
    assert statistics["by_category"] == {"billing": 8}
    kappa = statistics["agreement"]["quality"]["coefficients"]["cohen_kappa"]
    assert kappa["n"] == 8
    assert kappa["value"] == pytest.approx(-1.0)
    [drawn] = manifest["sampling"]["draws"]
    assert (drawn["strategy"], drawn["seed"], drawn["population"], drawn["drawn"]) == (
        "random", 5, 10, 8,
    )  # fmt: skip
    assert manifest["sampling"]["tasks_by_purpose"] == {"sample": 8, "import": 1}
    assert manifest["labels"]["by_annotator"] == {"ada": 9, "ben": 8}
    assert (folder / "guideline.md").read_text() == "# How to judge\n\nRead it twice.\n"
    assert manifest["guideline"]["fields"] == factories.FIELDS


def test_a_dataset_of_raw_labels_carries_them_in_its_samples(work: Work) -> None:
    folder = work.export("goldloop", RAW)
    samples = json.loads((folder / "dataset.json").read_text())["samples"]
    assert [one["annotator"] for one in samples[0]["given"]] == ["ada", "ben"]


@pytest.mark.parametrize("format_", sorted(EXPORTS))
def test_what_is_streamed_is_what_is_written(work: Work, format_: str) -> None:
    sent = b"".join(stream_export(work.store, "support", format_, GOOD, NOW))
    path = work.export(format_)
    if isinstance(EXPORTS[format_], FileFormat):
        assert sent == path.read_bytes()
        return
    with zipfile.ZipFile(io.BytesIO(sent)) as archive:
        hashes = {name: sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
    assert hashes == {
        f"support/{one.relative_to(path).as_posix()}": sha256(one.read_bytes()).hexdigest()
        for one in path.rglob("*")
        if one.is_file()
    }


@pytest.mark.parametrize("format_", sorted(EXPORTS))
def test_what_is_there_is_replaced_only_by_force(work: Work, format_: str) -> None:
    path = work.export(format_)
    with pytest.raises(Conflict, match="exists"):
        work.export(format_)
    forced = ExportOptions(expected=GOOD.expected, force=True)
    report = export_queue(work.store, "support", format_, path, forced, NOW)
    assert report.to_json() | {"redaction": None} == {
        "queue": "support", "format": format_, "labels": "settled", "rows": 9, "path": str(path),
        "redaction": None,
    }  # fmt: skip
    assert "mask" in str(report.redaction)


def test_a_file_can_go_to_standard_output(
    work: Work, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    export_queue(work.store, "support", "jsonl", "-", GOOD, NOW)
    assert capsysbinary.readouterr().out == work.export("jsonl").read_bytes()


def test_a_folder_cannot_go_to_standard_output(work: Work) -> None:
    with pytest.raises(InvalidLabel, match="goldloop is a folder"):
        export_queue(work.store, "support", "goldloop", "-", GOOD, NOW)


@pytest.mark.parametrize(
    ("queue", "format_", "options", "error", "words"),
    [
        ("support", "xlsx", GOOD, InvalidLabel, "no format 'xlsx'"),
        ("support", "jsonl", ExportOptions(labels="all"), InvalidLabel, "'all' is neither"),
        ("support", "jsonl", ExportOptions(expected="best"), InvalidLabel, "'best' is not a rule"),
        ("nowhere", "jsonl", GOOD, NotFound, "no queue 'nowhere'"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    work: Work,
    queue: str,
    format_: str,
    options: ExportOptions,
    error: type[Exception],
    words: str,
) -> None:
    with pytest.raises(error, match=words):
        export_queue(work.store, queue, format_, work.folder / "no", options, NOW)
    with pytest.raises(error, match=words):
        stream_export(work.store, queue, format_, options, NOW)
    assert not (work.folder / "no").exists()


SCORING = ("deepeval", "inspect", "lm-eval", "openai-evals", "promptfoo", "ragas")


@pytest.mark.parametrize("format_", SCORING)
def test_nothing_to_score_leaves_no_folder(work: Work, format_: str) -> None:
    with pytest.raises(Conflict) as caught:
        work.export(format_, ExportOptions(expected="none"))
    assert caught.value.code == "nothing_expected"
    assert not (work.folder / "out").exists()
    with pytest.raises(Conflict, match="expected answer"):
        stream_export(work.store, "support", format_, ExportOptions(expected="none"), NOW)


@pytest.mark.parametrize("format_", sorted(set(EXPORTS) - {"csv", "goldloop", "jsonl", "parquet"}))
def test_a_tool_is_given_one_answer_a_task(work: Work, format_: str) -> None:
    with pytest.raises(InvalidLabel, match=f"{format_} takes one answer a task"):
        work.export(format_, RAW)


def test_an_export_with_folders_in_it_is_replaced_but_nothing_else_is(work: Work) -> None:
    path = work.export("huggingface")
    forced = ExportOptions(expected="none", force=True)
    export_queue(work.store, "support", "huggingface", path, forced, NOW)
    assert [one.name for one in (path / "data").iterdir()] == ["unscored.jsonl"]
    (path / "data" / "mine.txt").write_text("precious")
    with pytest.raises(Conflict, match=r"data/mine\.txt"):
        export_queue(work.store, "support", "huggingface", path, forced, NOW)
    assert (path / "data" / "mine.txt").read_text() == "precious"


@pytest.mark.parametrize("format_", ["csv", "goldloop", "jsonl", "parquet"])
def test_a_queue_without_labels_gives_an_empty_export(
    store: Store, tmp_path: Path, format_: str
) -> None:
    with store.write() as session:
        factories.queue(session, "support")
    report = export_queue(store, "support", format_, tmp_path / "out", GOOD, NOW)
    assert report.rows == 0
    assert (tmp_path / "out").exists()


def test_a_stream_shows_one_moment_while_people_label(work: Work) -> None:
    chunks = stream_export(work.store, "support", "parquet", RAW, NOW)
    first = next(chunks)
    with work.store.write() as session:
        asked = factories.interaction(session)
        queue_id = session.exec_driver_sql("SELECT id FROM queue").scalar_one()
        person = session.exec_driver_sql("SELECT id FROM account LIMIT 1").scalar_one()
        factories.label(session, factories.task(session, queue_id, asked), person, {"quality": 3})
    rows = pq.read_table(io.BytesIO(first + b"".join(chunks)))
    assert rows.num_rows == 17
    assert len(work.lines(RAW)) == 18


@pytest.mark.parametrize(
    ("name", "folder"), [("..", "export"), ("support bot: week 1", "support-bot-week-1")]
)
def test_a_zip_unpacks_into_one_folder_right_here(
    sqlite_store: Store, name: str, folder: str
) -> None:
    with sqlite_store.write() as session:
        factories.queue(session, name)
    sent = b"".join(stream_export(sqlite_store, name, "goldloop", GOOD, NOW))
    with zipfile.ZipFile(io.BytesIO(sent)) as archive:
        assert {one.split("/")[0] for one in archive.namelist()} == {folder}


def test_only_the_tasks_of_a_pattern_are_taken(work: Work) -> None:
    pattern = ExportOptions(where={"category": "billing", "source": "bot"})
    assert len(work.lines()) - len(work.lines(pattern, "some.jsonl")) == 1
    raw = ExportOptions(labels="raw", where={"source": "old-tool"})
    assert [row["interaction_id"] for row in work.lines(raw, "moved.jsonl")] == ["moved"]
    with pytest.raises(InvalidLabel, match="no labelled task has category 'refunds'"):
        work.lines(ExportOptions(where={"category": "refunds"}), "none.jsonl")


def test_a_dataset_says_which_pattern_it_is_of(work: Work) -> None:
    folder = work.export("goldloop", ExportOptions(where={"category": "billing"}), "set")
    told = json.loads((folder / "manifest.json").read_text())
    assert told["labels"]["where"] == {"category": "billing"}


def test_a_dataset_of_a_pattern_tells_how_far_people_agree_on_that(work: Work) -> None:
    with work.store.write() as session:
        queue_id = queues.queue_named(session, "support").id
        people = [accounts.account_named(session, name) for name in ("ada", "ben")]
        for number in range(3):
            one = factories.interaction(session, f"calm-{number}", category="greetings")
            task_id = factories.task(session, queue_id, one, position=20 + number)
            for person in people:
                values = {"quality": 1 + number, "issues": []}
                factories.label(session, task_id, person.id, values)
    found = {}
    for name in ("billing", "greetings"):
        folder = work.export("goldloop", ExportOptions(where={"category": name}), name)
        told = json.loads((folder / "dataset.json").read_text())["statistics"]["agreement"]
        found[name] = (told["quality"]["tasks"], told["quality"]["coefficients"]["cohen_kappa"])
    assert [tasks for tasks, _ in found.values()] == [8, 3]
    assert [kappa["value"] for _, kappa in found.values()] == pytest.approx([-1.0, 1.0])
    folder = work.export("goldloop", ExportOptions(where={"source": "old-tool"}), "moved")
    told = json.loads((folder / "dataset.json").read_text())["statistics"]["agreement"]
    assert told["quality"]["coefficients"]["cohen_kappa"]["value"] is None


def test_a_pattern_without_tasks_is_refused_before_the_first_byte(work: Work) -> None:
    wrong = ExportOptions(where={"model": "none"})
    with pytest.raises(InvalidLabel, match="no labelled task has model 'none'"):
        stream_export(work.store, "support", "jsonl", wrong, NOW)
