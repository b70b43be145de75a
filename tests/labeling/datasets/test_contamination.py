"""Items in training data: planted word for word, changed a little, and inside longer texts."""

import gzip
import json

from labeling.datasets.contamination import check_file, check_version
from labeling.datasets.versions import Change, add_version
from labeling.datasets.written import from_file
from storage.sources import FileOptions
from tests import factories

NOW = factories.NOON
LONG = "Please tell me how I can send back the blue kettle that I bought here some days ago"
TEXTS = {
    "same": "Where is my new card, please?",
    "near": "When will the parcel with my shoes be here",
    "run": LONG,
    "clean": "My voucher has run out and nobody answers the telephone",
}


def planted(bench, *lines: str) -> None:
    (bench.folder / "training.jsonl").write_text("\n".join(lines))


def dataset(bench) -> None:
    path = bench.folder / "items.jsonl"
    rows = [{"id": key, "query": text, "expected": "Yes."} for key, text in TEXTS.items()]
    path.write_text("\n".join(json.dumps(row) for row in rows))
    items = from_file(bench.store, path, FileOptions(source="x"), NOW).items
    add_version(bench.store, "bench", Change(items), NOW)


def ids(found, kind: str) -> dict[str, list[str]]:
    return {one["id"]: one["places"] for one in found[kind]["items"]}


def test_what_was_planted_is_found_and_nothing_else(bench):
    dataset(bench)
    planted(
        bench,
        json.dumps({"messages": [{"role": "user", "content": TEXTS["same"].upper()}]}),
        "no JSON { at all \ud83d".encode("utf-8", "replace").decode(),
        "{broken",
        json.dumps({"text": f"Once I read: '{LONG}' and then a lot of other things " * 3}),
        json.dumps({"prompt": TEXTS["near"] + "?", "n": [1, None, {"deep": []}]}),
    )
    with bench.store.read() as session:
        found = check_file(session, "bench", bench.folder / "training.jsonl")
    assert (found["items"], found["texts"]) == (4, 5)
    assert ids(found, "exact") == {"x:same": ["1"]}
    assert ids(found, "near") == {"x:near": ["5"]}
    assert ids(found, "words") == {"x:run": ["4"]}
    assert found["words"]["share"] == {"x:run": 1.0}
    assert found["too_short"] == 3


def test_packed_files_and_lines_of_text_are_read_alike(bench):
    dataset(bench)
    path = bench.folder / "corpus.txt.gz"
    path.write_bytes(gzip.compress(f"x\n\n{TEXTS['same']}\n".encode()))
    with bench.store.read() as session:
        assert ids(check_file(session, "bench", path), "exact") == {"x:same": ["3"]}


def test_another_version_is_compared_without_the_items_that_are_the_same(bench):
    dataset(bench)
    path = bench.folder / "more.jsonl"
    path.write_text(json.dumps({"id": "copy", "query": TEXTS["same"], "expected": "No."}))
    items = from_file(bench.store, path, FileOptions(source="y"), NOW).items
    add_version(bench.store, "bench", Change(items, only=True), NOW)
    with bench.store.read() as session:
        found = check_version(session, "bench", "bench@1")
        assert ids(found, "exact") == {"y:copy": ["x:same"]}
        assert check_version(session, "bench@1", "bench@1")["exact"]["count"] == 0
