"""docs/datasets.md, executed: every command in its place."""

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.cli import goldloop
from tests import pages

WORDS = "kettle lamp shoes invoice parcel refund address login password invoice card fee".split()  # noqa: SIM905


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Run a command line of the page on a store of this test's own, and expect its exit code."""
    monkeypatch.setenv("GOLDLOOP_DATABASE_URL", f"sqlite:///{tmp_path / 'goldloop.db'}")
    monkeypatch.chdir(tmp_path)

    def runner(line: str, code: int = 0) -> Result:
        words = shlex.split(line)
        env = dict(words.pop(0).split("=", 1) for _ in range("=" in words[0]))
        assert words.pop(0) == "goldloop"
        result = CliRunner().invoke(goldloop, words, env=env)
        assert result.exit_code == code, (line, result.output, result.exception)
        return result

    return runner


@pytest.fixture
def support(run, tmp_path: Path) -> None:
    """A queue `support` with thirty labelled tasks, and the files that the page names."""
    rows = [
        {"id": f"i{n}", "source": "bot", "confidence": n / 30, "category": "ab"[n % 2],
         "query": f"{n * 7919} {WORDS[n % 12]} {WORDS[n * 5 % 11]} {n * n} what about it?",
         "response": f"This is the answer to {n}."}
        for n in range(30)
    ]  # fmt: skip
    labels = [
        {"source": "bot", "interaction_id": f"i{n}", "annotator": name,
         "values": {"quality": (5 if n % 3 else 2) - (n % 7 == shift), "issues": []}}
        for n in range(30) for shift, name in enumerate(("ann", "ben"))
    ]  # fmt: skip
    training = [{"text": "nothing of it"}, {"prompt": rows[3]["query"], "completion": "x"}]
    questions = [
        {"id": "q1", "query": "How long may I keep a kettle that I do not like at all?",
         "expected": "30 days."},
        {"id": "q2", "query": 5},
    ]  # fmt: skip
    files = {"traffic": rows, "labels": labels, "training": training, "questions": questions}
    for name, lines in files.items():
        text = "\n".join(json.dumps(line) for line in lines)
        (tmp_path / f"{name}.jsonl").write_text(text)
    (tmp_path / "refunds.toml").write_text(pages.blocks("datasets.md", "toml")[0])
    run("goldloop ingest traffic.jsonl")
    run("goldloop queue create support --guideline response-quality")
    run("goldloop labels import support labels.jsonl")


def test_every_command_of_the_page_does_what_it_says(run, support, tmp_path: Path) -> None:
    told = {line: run(line).stdout for line in pages.commands("datasets.md")}
    first = json.loads(run("goldloop dataset splits bench@1 --json").stdout)
    assert first["leaking_clusters"] == 0
    assert first["items"] == sum(first["splits"].values()) > 10
    files = [one for one in (tmp_path / "bench-v1").glob("*.jsonl") if one.name != "items.jsonl"]
    exported = [json.loads(line) for one in files for line in one.read_text().splitlines()]
    assert {row["split"] for row in exported} == {"dev", "validation"}
    assert len(exported) == first["items"] - first["splits"]["test"]
    assert all(row["expected_answer"] and row["item_origin"] == "production" for row in exported)
    assert not any("nothing in them is redacted" in one for one in told.values())
    assert re.search(
        r"\d\d:\d\d:\d\d UTC  +First draw$", run("goldloop dataset show bench").stdout, re.M
    )
    held = json.loads((tmp_path / "bench-test" / "test" / "dataset.json").read_text())
    assert len(held["samples"]) == first["splits"]["test"]
    card = (tmp_path / "signed" / "README.md").read_text()
    assert "Openings so far, over all versions: 1." in card
    assert "Release 2 is measured" in card
    assert "krippendorff" in card
    last = json.loads(run("goldloop dataset show bench --json").stdout)
    assert [one["items"] for one in last["versions"]][1:] == [9, 8, first["items"]], last
    assert told["goldloop verify bench-v1"].startswith("as exported:")
    assert "only the folder itself" in told["goldloop verify bench-v1"]
    signed = "GOLDLOOP_SECRET_BENCH=correct-horse goldloop verify signed --key BENCH"
    assert "only the folder" not in told[signed]


def test_what_the_page_says_is_refused_is_refused(run, support, tmp_path: Path) -> None:
    run("goldloop dataset create bench --licence CC0")
    run("goldloop dataset add bench --from support")
    run("goldloop dataset export bench --format jsonl --split test --out held", code=1)
    assert not (tmp_path / "held").exists()
    run("goldloop dataset add bench", code=2)
    run("goldloop dataset check bench", code=2)
    run("goldloop dataset export bench --format jsonl --out out --unlock 'all of it'")
    root = json.loads(run("goldloop verify out --json").stdout)["root"]
    assert run("goldloop dataset show bench").stdout.count(root) == 1
    run(f"goldloop verify out --root {root}")
    run(f"goldloop verify out --root {'0' * 64}", code=1)
    run("GOLDLOOP_SECRET_K=a goldloop verify out --key K", code=1)
    found = run("goldloop dataset canary out/manifest.json --json", code=1).stdout
    assert json.loads(found)[0]["dataset"] == "bench"
    again = run("goldloop dataset add bench --from support").stdout
    assert re.match("nothing is different: still version 1", again)


def test_a_secret_never_shows(run, support, tmp_path: Path) -> None:
    run("goldloop dataset create bench --licence CC0")
    run("goldloop dataset add bench --from support")
    key = "horse-battery-staple"
    line = "goldloop dataset export bench --format jsonl --out out --key K"
    told = run(f"GOLDLOOP_SECRET_K={key} {line}").output
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert key.encode() not in files
    assert key not in told
    run(line.replace("--out out", "--out other"), code=1)
