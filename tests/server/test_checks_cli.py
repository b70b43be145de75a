"""docs/checks.md, executed: rules from a file, flags on what comes in, scores on what is there."""

import json
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.cli import goldloop
from tests.pages import blocks, commands


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Run a command on a store of this test's own."""
    monkeypatch.setenv("GOLDLOOP_DATABASE_URL", f"sqlite:///{tmp_path / 'goldloop.db'}")
    monkeypatch.chdir(tmp_path)

    def runner(line: str, code: int = 0) -> Result:
        result = CliRunner().invoke(goldloop, shlex.split(line)[1:])
        assert result.exit_code == code, result.output + str(result.exception)
        return result

    return runner


def test_every_command_of_the_page_works(run):
    (rules,) = blocks("checks.md", "toml")
    Path("checks.toml").write_text(rules)
    rows = [{"id": "1", "source": "shop", "query": "Hi", "created_at": "2026-11-02",
             "response": "Ask a lawyer about TICKET-7, it is worth it."}]  # fmt: skip
    Path("rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    run("goldloop ingest rows.jsonl")
    said = [run(line).stdout for line in commands("checks.md")]
    assert "refusal = true" in said[0]
    assert said[1].startswith("9 checks in force: empty, refusal,")
    assert said[3].startswith("checked 1 interactions, 9 new scores")
    done = json.loads(said[4])
    assert (done["interactions"], done["scores"]) == (1, 0)
    assert {flag for flag, count in done["failed"].items() if count} == {"legal", "bad_form"}


def test_a_file_that_cannot_be_names_the_rule(run):
    Path("bad.toml").write_text('[[rules]]\nflag = "x"\nregex = "(?<=a)b"')
    told = json.loads(run("goldloop check set bad.toml --json", code=1).stdout)
    assert told["error"]["field"] == "rules[0].regex"
    assert "look-around" in told["error"]["hint"]
