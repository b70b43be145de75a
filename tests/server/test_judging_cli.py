"""docs/judge.md, executed against a loopback model: a run, its report, what it is worth."""

import json
import random
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.cli import goldloop
from tests.model_server import model_server, plain
from tests.pages import blocks, commands

ROWS = 150


def quality_of(number: int) -> int:
    """What people say of an answer."""
    return 1 + random.Random(number).choices(range(5), (10, 15, 20, 30, 25))[0]


def said(case, form):
    """A judge that is a point off in every third case."""
    number = int(case["response"]["text"].split()[1].rstrip("."))
    off = random.Random(number + 7).choice((-1, 0, 0))
    return {**plain(case, form), "quality": min(max(quality_of(number) + off, 1), 5)}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Run a command on a store of this test's own."""
    monkeypatch.setenv("GOLDLOOP_DATABASE_URL", f"sqlite:///{tmp_path / 'goldloop.db'}")
    monkeypatch.setenv("GOLDLOOP_JUDGES", str(tmp_path / "judges.toml"))
    monkeypatch.setenv("GOLDLOOP_SECRET_MAKER", "a-key-of-nobody")
    monkeypatch.chdir(tmp_path)

    def runner(line: str, code: int = 0) -> Result:
        result = CliRunner().invoke(goldloop, shlex.split(line)[1:])
        assert result.exit_code == code, result.output + str(result.exception)
        return result

    return runner


def labelled(count: int) -> None:
    """Let somebody label that many of the tasks of the queue, straight through the rooms."""
    from datetime import UTC, datetime

    from labeling.assignment import claim
    from labeling.submit import Submission, submit
    from server.settings import Settings
    from storage import open_store
    from storage.queries import accounts

    store, now = open_store(Settings().database_url), datetime.now(UTC)
    with store.write() as session:
        ann = accounts.add_account(session, "ann", "annotator", now)
    for _ in range(count):
        with store.write() as session:
            (held,) = claim(session, "support", ann, now=now)
            number = int(held.external_id.removeprefix("r"))
            submit(session, held.id, ann,
                   Submission({"quality": quality_of(number)}), now)  # fmt: skip
    store.close()


def test_every_command_of_the_page_works_and_the_estimate_gains(run):
    rows = [
        {"id": f"r{n}", "query": f"Question {n}?", "response": f"Answer {n}."} for n in range(ROWS)
    ]
    Path("rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    run("goldloop ingest rows.jsonl")
    run("goldloop queue create support --guideline response-quality")
    run("goldloop draw support --strategy random --size 120")
    labelled(120)
    with model_server(said=said) as server:
        (models,) = blocks("judge.md", "toml")
        Path("judges.toml").write_text(models.replace("http://127.0.0.1:8400/v1", server.url))
        told = {}
        for line in commands("judge.md"):
            if "resume 2" in line:
                begin = "goldloop judging run support --model small --budget-usd 5 --json "
                begun = run(begin + "--rate 1 --calls 10 --field quality")
                assert json.loads(begun.stdout)["state"] == "budget_spent"
                begun = run(begin + "--size 3 --calls 1 --name early --where source=default "
                            "--field issues")  # fmt: skip
                assert json.loads(begun.stdout)["calls_sent"] == 1
            told[line.partition(" --")[0] + (" dry" if "dry-run" in line else "")] = run(
                line
            ).stdout
    assert server.asked[0][1]["authorization"] == "Bearer a-key-of-nobody"
    assert "small  openai    small-1" in told["goldloop judging models"]
    assert "would judge 150 of 150 interactions" in told["goldloop judging run support dry"]
    assert "scored 150 of 150, open 0" in told["goldloop judging run support"]
    assert "replies  answered           150" in told["goldloop judging show 1"]
    assert told["goldloop judging resume 2"].startswith("run 2 of support by small@")
    assert "scored 150 of 150" in told["goldloop judging resume 2"]
    assert "run 3 of support" in told["goldloop judging stop 3"]
    assert "with the judge" in told["goldloop quality support"]
    assert "Your judge saves you" in told["goldloop judge support"]
    found = json.loads(run("goldloop judge support --json").stdout)["judge"]
    assert (found["name"], found["used"], found["scored"]) == ("quality", True, 150)
    assert found["correlation"]["value"] > 0.8
    plain_width, width = (one["ci"][1] - one["ci"][0] for one in
                          (found["without"], found["estimate"]))  # fmt: skip
    assert width < 0.75 * plain_width
    assert "1,000,000 interactions" in told["goldloop layers"]


def test_layers_take_what_is_known_from_a_queue_and_name_what_cannot_be(run):
    line = "goldloop layers --traffic 1000 --call-usd 0.1 --labels 2000 --json"
    told = json.loads(run(line, code=1).stdout)["error"]
    assert "labels must be above 0 and at most traffic" in told["message"]
    line = "goldloop layers --traffic 100000 --call-usd 0.001 --labels 500 --json"
    found = json.loads(run(line + " --correlation 0.7 --rate 0.2").stdout)
    assert (found["judge_usd"], round(found["people_usd"], 6)) == (100, 500)
    assert found["half_width_judged"] < found["half_width"]
    assert "pays for itself" in found["sentence"]
    assert json.loads(run(line).stdout)["unused"]


def test_a_model_that_is_not_there_is_told_with_those_that_are(run):
    run("goldloop queue create support --guideline response-quality")
    line = "goldloop judging run support --model x --budget-usd 1 --calls 1 --rate 1 --json"
    assert "judges.toml" in run(line, code=1).stdout
    Path("judges.toml").write_text('[models.small]\nendpoint = "openai"\nurl = "ftp://x"\n'
                                   'model = "m"\nusd_per_million_input = 0\n'
                                   "usd_per_million_output = 0")  # fmt: skip
    assert json.loads(run(line, code=1).stdout)["error"]["field"] == "models.small.url"
    Path("judges.toml").write_text(Path("judges.toml").read_text().replace("ftp", "http"))
    assert json.loads(run(line, code=1).stdout)["error"]["hint"] == "there are: small"
