"""An exported folder: what is in it, and that no bit of it changes unseen."""

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.datasets.canary import canary_text, search
from labeling.datasets.export import Wanted, export_version
from labeling.datasets.manifest import seal, verify
from labeling.datasets.tree import leaf, root
from labeling.datasets.versions import Change, add_version, show
from labeling.datasets.written import from_file
from labeling.errors import InvalidLabel
from storage import Conflict
from storage.exports import EXPORTS
from storage.sources import FileOptions
from tests import factories

NOW = factories.NOON
KEY = b"a key of thirty-two letters or so"


@pytest.fixture
def small(bench) -> Path:
    """A signed export of three short items, all splits."""
    path = bench.folder / "few.jsonl"
    rows = [{"id": f"q{n}", "query": f"{n * 7} is?", "expected": str(n)} for n in range(3)]
    path.write_text("\n".join(json.dumps(row) for row in rows))
    items = from_file(bench.store, path, FileOptions(source="x"), NOW).items
    add_version(bench.store, "bench", Change(items), NOW)
    wanted = Wanted("jsonl", unlock="a test of verify", key=KEY)
    export_version(bench.store, "bench", bench.folder / "out", wanted, NOW)
    return bench.folder / "out"


def test_every_single_bit_of_every_file_is_watched(small):
    """With the key each bit of all files; without it each of all but the signature."""
    assert verify(small, key=KEY).faults == verify(small).faults == ()
    flipped = 0
    for path in sorted(one for one in small.rglob("*") if one.is_file()):
        whole = path.read_bytes()
        signature = path.name == "manifest.hmac"
        for place in range(len(whole)):
            bits = range(8) if place % 40 == 0 else (place % 8,)
            for bit in bits:
                changed = bytearray(whole)
                changed[place] ^= 1 << bit
                path.write_bytes(changed)
                assert verify(small, key=KEY if signature else None).faults, (path, place, bit)
                flipped += 1
        path.write_bytes(whole)
    assert flipped > 5_000
    assert verify(small, key=KEY).faults == ()


def test_what_comes_goes_or_moves_is_seen(small):
    (small / "more.txt").write_text("x")
    assert "'more.txt' is not in the manifest" in verify(small).faults
    (small / "more.txt").rename(small / "README.md")
    assert verify(small).faults == ("'README.md' was changed",)
    (small / "README.md").unlink()
    assert verify(small).faults == ("'README.md' is missing",)
    (small / "manifest.sha256").unlink()
    assert "manifest.sha256 is missing" in verify(small).faults
    (small / "manifest.json").write_bytes(b"[" * 5_000)
    assert len(verify(small).faults) == 2
    (small / "manifest.json").unlink()
    with pytest.raises(InvalidLabel, match=r"no manifest\.json"):
        verify(small)


def test_links_and_what_is_no_file_are_seen(small):
    (small / "elsewhere").symlink_to(small.parent)
    assert verify(small).faults == ("'elsewhere' is not in the manifest",)
    (small / "elsewhere").unlink()
    whole = (small / "README.md").read_bytes()
    (small.parent / "card").write_bytes(whole)
    (small / "README.md").unlink()
    (small / "README.md").symlink_to(small.parent / "card")
    assert verify(small).faults == ("'README.md' is no file of its own",)
    (small / "README.md").unlink()
    os.mkfifo(small / "README.md")
    assert verify(small).faults == ("'README.md' is no file of its own",)


@pytest.mark.parametrize(
    "line",
    [b'{"leaf":"ab","split":"dev","id":7,"sha256":"x"}', b'{"leaf":7,"split":"dev"}', b"[]", b"7",
     b'{"leaf":"\\ud800","split":"dev"}', b"[" * 90_000, b'{"leaf":"ab","split":"d","id":"x"}',
     b'{"leaf":"zz","split":"dev"}'],
)  # fmt: skip
def test_a_list_of_items_that_is_none_is_a_fault_and_no_crash(small, line):
    (small / "items.jsonl").write_bytes(line)
    found = verify(small)
    assert any(one.startswith("items.jsonl ") for one in found.faults)
    assert "'items.jsonl' was changed" in found.faults


def test_a_manifest_that_leaves_the_items_out_vouches_for_nothing(small):
    told = json.loads((small / "manifest.json").read_text())
    about = {key: value for key, value in told.items()
             if key not in ("format", "files", "root_of_files", "items_file")}  # fmt: skip
    (small / "items.jsonl").unlink()
    seal(small, about, None)
    assert any("does not name items.jsonl" in one for one in verify(small).faults)


def test_a_forged_manifest_is_seen_by_root_or_key_only(small, bench):
    (sealed,) = [one["root"] for one in _shown(bench)["exports"]]
    data = next(path for path in small.glob("*.jsonl") if path.name != "items.jsonl")
    data.write_text(data.read_text().replace("is?", "was?"))
    told = json.loads((small / "manifest.json").read_text())
    about = {key: value for key, value in told.items()
             if key not in ("format", "files", "root_of_files", "items_file")}  # fmt: skip
    seal(small, about, None)
    forged = verify(small)
    assert (forged.faults, forged.trusted) == ((), None)
    assert verify(small, expected=sealed).faults
    assert verify(small, key=KEY).faults


def test_the_list_of_items_gives_the_hash_of_the_version(small):
    lines = [json.loads(line) for line in (small / "items.jsonl").read_text().splitlines()]
    assert root([one["leaf"] for one in lines]) == verify(small).about["hash"]
    (small / "items.jsonl").write_text("\n".join(json.dumps(one) for one in lines[1:]))
    assert "items.jsonl does not give the hash of the version" in verify(small).faults


def test_the_root_is_that_of_any_other_program(small):
    found = hashlib.sha256((small / "manifest.json").read_bytes()).hexdigest()
    assert found == verify(small).root
    checked = subprocess.run(
        ["sha256sum", "-c", "manifest.sha256"], cwd=small, capture_output=True, check=False
    )
    assert checked.returncode == 0


@pytest.mark.parametrize("format_", sorted(EXPORTS))
def test_every_format_leaves_the_test_split_out_unless_it_is_opened(bench, format_):
    bench.add(needs_expected=True)
    target = bench.folder / "out"
    plain = export_version(bench.store, "bench", target, Wanted(format_), NOW)
    assert "test" not in plain["splits"]
    assert all(not name.startswith("test") for name in plain["splits"])
    assert not any(one.name.startswith("test") for one in target.iterdir())
    assert verify(target, expected=plain["root"]).faults == ()
    with pytest.raises(Conflict, match="held out"):
        export_version(bench.store, "bench", bench.folder / "no", Wanted(format_, ("test",)), NOW)
    opened = Wanted(format_, ("test",), unlock="the release is measured\n# Heading")
    found = export_version(bench.store, "bench", bench.folder / "yes", opened, NOW)
    assert found["items"] == _shown(bench)["versions"][0]["splits"]["test"]
    card = (bench.folder / "yes" / "README.md").read_text()
    assert "the release is measured \\# Heading" in card
    again = replace(Wanted(format_), force=True)
    export_version(bench.store, "bench", target, again, NOW)
    assert "Openings so far, over all versions: 1." in (target / "README.md").read_text()
    reasons = [one["reason"] for one in _shown(bench)["exports"]]
    assert reasons == [None, opened.unlock, None]


def test_the_canary_is_in_every_file_of_a_plain_format_and_found_there(bench):
    bench.add(needs_expected=True)
    canary = _shown(bench)["canary"]
    for format_ in sorted(set(EXPORTS) - {"parquet"}):  # it is packed in there
        target = bench.folder / format_
        export_version(bench.store, "bench", target, Wanted(format_), NOW)
        files = [one for end in ("jsonl", "csv") for one in target.rglob(f"*.{end}")]
        data = [one for one in files if one.name != "items.jsonl" or one.parent != target]
        assert data or format_ == "goldloop"
        for one in [*data, *target.rglob("dataset.json")]:
            assert search(one, {})[0]["canary"] == canary, one
        assert search(target / "README.md", {canary: "bench"})[0]["dataset"] == "bench"


@settings(max_examples=30)
@given(st.integers(0, 3 << 20), st.booleans())
def test_a_canary_is_found_wherever_it_stands(tmp_path_factory, before, named):
    guid = "6f95115d-c10b-4522-9f2f-f1aaaa67ae53"
    path = tmp_path_factory.mktemp("canary") / "file"
    told = canary_text(guid) if named else guid
    path.write_bytes(b"x " * (before // 2) + told.encode() + b" y" * 50)
    known = {} if named else {guid: "bench"}
    assert [one["times"] for one in search(path, known)] == [1]
    shutil.rmtree(path.parent)


@given(st.lists(st.text(max_size=3), max_size=6), st.integers(0, 5), st.text(max_size=3))
def test_a_tree_of_other_leaves_has_another_root(texts, place, other):
    changed = list(texts)
    changed[place : place + 1] = [other]
    leaves = [[leaf(one) for one in side] for side in (texts, changed)]
    assert (root(leaves[0]) == root(leaves[1])) == (texts == changed)


def _shown(bench):
    with bench.store.read() as session:
        return show(session, "bench")
