"""The command line: the loop from a file to a dataset without a server."""

import json
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.cli import goldloop
from server.cli.told import agreement_text
from server.demo.load import load_demo
from server.settings import Settings
from storage import ensure_current, open_store


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Run a command on a store of this test's own."""
    monkeypatch.setenv("GOLDLOOP_DATABASE_URL", f"sqlite:///{tmp_path / 'cli' / 'goldloop.db'}")
    monkeypatch.chdir(tmp_path)

    def runner(*words: str, code: int = 0, **rest: str) -> Result:
        result = CliRunner().invoke(goldloop, words, **rest)
        assert result.exit_code == code, result.output + str(result.exception)
        return result

    return runner


def told(result: Result):
    lines = result.stdout.strip().splitlines()
    assert len(lines) == 1
    return json.loads(lines[0])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "traffic.jsonl"
    rows = [
        {"id": f"i{n}", "query": f"Question {n}?", "response": "Answer.", "confidence": n / 40,
         "category": "ab"[n % 2], "source": "bot"}
        for n in range(40)
    ]  # fmt: skip
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def test_the_loop_from_file_to_dataset(run, file, tmp_path):
    assert told(run("ingest", str(file), "--json"))["accepted"] == 40
    assert told(run("ingest", str(file), "--json"))["duplicate"] == 40
    run("queue", "create", "q", "--guideline", "response-quality", "--overlap", "2")
    dry = told(run("draw", "q", "--size", "20", "--dry-run", "--json"))
    made = told(run("draw", "q", "--size", "20", "--json"))
    assert (dry["drawn"], dry["seed"], made["new_tasks"]) == (20, made["seed"], 20)
    lines = [
        {"source": "bot", "interaction_id": f"i{n}", "annotator": name,
         "values": {"quality": 1 + (n + shift) % 5, "issues": []}}
        for n in range(40) for shift, name in enumerate(("ann", "ben"))
    ]  # fmt: skip
    labels = tmp_path / "labels.jsonl"
    labels.write_text("\n".join(json.dumps(line) for line in lines))
    run("queue", "create", "imported", "--guideline", "response-quality")
    report = told(run("labels", "import", "imported", str(labels), "--json"))
    assert (report["accepted"], report["rejected"]) == (80, [])
    again = told(run("labels", "import", "imported", str(labels), "--json"))
    assert again["duplicate"] == 80
    found = told(run("agreement", "imported", "--json"))
    assert (found["tasks"], found["labels"], found["annotators"]) == (40, 80, 2)
    assert found["coefficients"]["percent_agreement"]["value"] == 0
    ranked = told(run("disagreements", "imported", "--limit", "3", "--json"))
    assert (ranked["open"], len(ranked["tasks"])) == (40, 3)
    assert "40 to settle, 0 settled" in run("disagreements", "imported").stdout
    assert run("report", "imported").stdout.startswith("# Quality of imported\n")
    assert told(run("report", "imported", "--json"))["progress"]["imported_tasks"] == 40
    run("report", "imported", "--format", "html", "--out", str(tmp_path / "report.html"))
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")
    quality = told(run("quality", "imported", "--json"))
    assert quality["estimate"] == {"value": None, "ci": None, "n": 0, "reason": "not sampled"}
    assert quality["unweighted_mean"]["n"] == 40
    out = tmp_path / "labels.csv"
    run("export", "imported", "--format", "csv", "--labels", "raw", "--out", str(out))
    assert len(out.read_text().splitlines()) == 81
    run("export", "imported", "--format", "goldloop", "--out", str(tmp_path / "dataset"))
    assert json.loads((tmp_path / "dataset" / "manifest.json").read_text())


@pytest.mark.parametrize(
    "words",
    [("queue", "list"), ("queue", "show", "q"), ("progress", "q"), ("agreement", "q"),
     ("quality", "q"), ("failures", "q"), ("user", "list"), ("doctor",),
     ("annotators", "q")],
)  # fmt: skip
def test_every_report_speaks_to_people_and_to_machines(run, file, words):
    run("ingest", str(file))
    run("queue", "create", "q", "--guideline", "response-quality")
    assert run(*words).stdout.strip()
    told(run(*words, "--json"))


def test_people(run):
    made = told(run("user", "add", "ann", "--role", "annotator", "--json"))
    assert set(made) == {"name", "role", "token"}
    run("user", "add", "lea", "--role", "lead", "--password", input="correct horse 1\n" * 2)
    other = told(run("user", "token", "ann", "--revoke", "--json"))["token"]
    assert other != made["token"]
    run("user", "password", "lea", input="battery staple 2\n" * 2)
    run("user", "disable", "ann")
    listed = told(run("user", "list", "--json"))
    assert {row["name"]: row["disabled"] for row in listed} == {"ann": True, "lea": False}


def test_a_name_that_is_taken_fails_with_code_1(run):
    run("user", "add", "ann", "--role", "annotator")
    result = run("user", "add", "ann", "--role", "lead", code=1)
    assert "ann" in result.stderr
    error = told(run("user", "add", "ann", "--role", "lead", "--json", code=1))["error"]
    assert error["code"] == "exists"


@pytest.mark.parametrize(
    "words",
    [("user", "add", "x", "--role", "king"), ("draw",), ("nonsense",), ("export", "q"),
     ("draw", "q", "--where", "no-equals-sign", "--size", "1")],
)  # fmt: skip
def test_wrong_usage_is_code_2(run, words):
    run("user", "add", "ann", "--role", "annotator")
    run(*words, code=2)


def test_what_is_kept_is_readable_for_its_owner_alone(run, file, tmp_path):
    run("ingest", str(file))
    run("backup", str(tmp_path / "all.zip"))
    kept = [*(tmp_path / "cli").iterdir(), tmp_path / "all.zip"]
    assert {one.stat().st_mode & 0o077 for one in kept} == {0}


def test_a_home_is_found_in_the_address_of_a_store(run, file, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GOLDLOOP_DATABASE_URL", "sqlite:///~/at-home.db")
    run("ingest", str(file))
    assert (tmp_path / "at-home.db").exists()


@pytest.mark.parametrize("command", [("serve",), ("demo", "--no-browser")])
def test_a_port_in_use_is_said_before_anything_is_done(run, tmp_path, command):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run(*command, "--port", str(port), code=1)
    assert f"port {port} is in use; choose another" in result.stderr
    assert not (tmp_path / "cli").exists()


def test_a_queue_is_shown_in_words(run):
    run("queue", "create", "q", "--guideline", "response-quality", "--overlap", "2")
    shown = run("queue", "show", "q").stdout
    assert "overlap    2 labels on 100 % of the tasks" in shown
    assert "draws      by hand" in shown
    assert "None" not in shown
    assert "{" not in shown


def test_every_report_of_the_demo_can_be_read(run, tmp_path, monkeypatch):
    store = open_store(f"sqlite:///{tmp_path / 'cli' / 'goldloop.db'}")
    ensure_current(store)
    settings = Settings(demo_logins=tmp_path / "logins.json")
    load_demo(store, settings, lambda: datetime(2026, 11, 1, tzinfo=UTC))
    store.close()
    for field in ("quality", "issues"):
        assert "n 60" in run("agreement", "help-answers", "--field", field).stdout
        assert "60 labelled tasks" in run("quality", "help-answers", "--field", field).stdout
    failures = run("failures", "help-answers").stdout
    assert "model brook-mini: lift 1." in failures
    assert "variant B: undefined: fewer than 20" in failures
    assert "slices tested" in failures
    single = json.loads(
        run("failures", "help-answers", "--depth", "1", "--by", "model", "--json").stdout
    )
    assert {key for one in single["patterns"] for key in one["where"]} == {"model"}
    grouped = told(run("failures", "help-answers", "--clusters", "--json"))
    assert isinstance(grouped["clusters"], list)
    listed = run("failures", "help-answers", "--where", "model=brook-mini").stdout
    assert "labelled tasks fail" in listed
    assert listed.splitlines()[2].split()[3] == "yes"
    wrong = run("failures", "help-answers", "--where", "model=none", code=1)
    assert "no labelled task has model 'none'" in wrong.stderr
    assert "134 of 180 labels" in run("progress", "help-answers").stdout


def test_rows_without_a_response_and_rejected_rows_do_not_go_unnoticed(run, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("id,query,answr\na,Why?,So.\nb,When?,Now.\n,Where?,Here.\n")
    result = run("ingest", str(path))
    assert "without a response: 2" in result.stdout
    assert "there are: query, answr" in result.stdout
    run("ingest", str(path), "--strict", code=1)
    run("ingest", str(path), "--map", "answr=response", code=1)


def test_a_draw_of_nothing_is_not_stored(run, file):
    run("ingest", str(file))
    run("queue", "create", "q", "--guideline", "response-quality")
    words = ("draw", "q", "--size", "5", "--where", "category=nowhere")
    assert "no interaction matches the filter" in run(*words, code=1).stderr
    assert "would draw 0" in run(*words, "--dry-run").stdout


def test_without_a_store_reports_say_how_to_begin(run):
    assert "goldloop ingest" in run("queue", "list", code=1).stderr


def test_bad_rows_are_named_and_good_ones_kept(run, tmp_path):
    path = tmp_path / "mixed.jsonl"
    path.write_text('{"id": "a", "query": "q", "response": "r"}\nnot json\n{"query": "no id"}\n')
    result = run("ingest", str(path))
    assert "accepted 1, duplicate 0, rejected 2" in result.stdout
    assert "mixed.jsonl row 2: " in result.stdout
    assert "mixed.jsonl row 3: id" in result.stdout


def test_a_schedule_is_set_and_shown(run, file):
    run("ingest", str(file))
    run("queue", "create", "q", "--guideline", "response-quality")
    run("queue", "schedule", "q", "--every", "3600", "--size", "10", "--strategy", "random")
    found = told(run("queue", "show", "q", "--json"))["schedule"]
    assert (found["every_seconds"], found["size"], found["enabled"]) == (3600, 10, True)
    run("queue", "schedule", "q", "--off")
    stopped = told(run("queue", "show", "q", "--json"))["schedule"]
    assert (stopped["enabled"], stopped["size"]) == (False, 10)
    run("queue", "pause", "q")
    assert told(run("queue", "show", "q", "--json"))["paused"] is True
    run("queue", "pause", "q", "--resume")


def test_backup_and_restore(run, file, tmp_path, monkeypatch):
    run("ingest", str(file))
    run("backup", str(tmp_path / "all.goldloop"))
    monkeypatch.setenv("GOLDLOOP_DATABASE_URL", f"sqlite:///{tmp_path / 'other.db'}")
    run("restore", str(tmp_path / "all.goldloop"))
    assert told(run("ingest", str(file), "--json"))["duplicate"] == 40


def test_migrate_repeated_says_nothing_to_do(run):
    assert told(run("migrate", "--json"))["changed"] is True
    assert told(run("migrate", "--json"))["changed"] is False


def test_the_doctor_warns_of_a_queue_whose_guideline_is_gone(run, tmp_path, monkeypatch):
    folder = tmp_path / "own" / "tone"
    folder.mkdir(parents=True)
    (folder / "guideline.md").write_text("# Tone")
    form = 'version = "1"\ntitle = "Tone"\n[[fields]]\nname = "tone"\n'
    (folder / "fields.toml").write_text(form + 'kind = "rating"\nlabel = "Tone?"\n')
    monkeypatch.setenv("GOLDLOOP_GUIDELINES", str(folder))  # the folder itself does as well
    run("queue", "create", "calls", "--guideline", "tone")
    assert "\nwarn" not in run("doctor").stdout
    monkeypatch.delenv("GOLDLOOP_GUIDELINES")
    (line,) = [one for one in run("doctor").stdout.splitlines() if one.startswith("warn")]
    assert "calls (tone)" in line
    (folder / "fields.toml").write_text(form + 'kind = "rating"\nlable = "Tone?"\n')
    monkeypatch.setenv("GOLDLOOP_GUIDELINES", str(folder.parent))
    refused = run("queue", "create", "mails", "--guideline", "tone", code=1).stderr
    assert refused.splitlines()[1:] == ["  label?"]
    assert "label?" not in refused.splitlines()[0]


def test_the_doctor_finds_an_outdated_store(run, tmp_path):
    from sqlalchemy import text

    run("migrate")
    store = open_store(f"sqlite:///{tmp_path / 'cli' / 'goldloop.db'}")
    with store.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    store.close()
    result = run("doctor", code=1)
    assert "goldloop migrate" in result.stdout


def test_answers_per_turn_are_counted_and_planned_in_turns() -> None:
    planned = {"krippendorff_alpha": {"half_width": 0.2, "more_tasks": 62, "reason": None}}
    found = {"field": "each", "scale": "per_turn", "labels": 96, "annotators": 2, "tasks": 48,
             "reading": None, "warnings": [], "coefficients": {}, "pairs": [],
             "by": {part: {} for part in ("week", "guideline", "category", "model")},
             "plan": {"half_width": 0.1, "coefficients": planned}}  # fmt: skip
    said = agreement_text(found)
    assert "on 48 turns" in said
    assert "more turns with two labels" in said
    assert "more tasks" in agreement_text({**found, "scale": "ordinal"})


def test_help_names_every_command_in_a_section_with_its_whole_sentence(run):
    text = run("--help").stdout
    assert [name for name in goldloop.commands if f"\n  {name} " not in text] == []
    assert "..." not in text.partition("\nOptions:")[2]
    places = [text.index(f"\n{title}:\n") for title in ("Run", "In", "Label", "Numbers", "Out")]
    assert places == sorted(places)


def test_what_is_not_found_leads_to_the_list_of_what_there_is(run, file):
    run("ingest", str(file))
    refused = run("progress", "nowhere", code=1)
    assert refused.stderr == "error: no queue 'nowhere'\n  goldloop queue list\n"
    run("queue", "create", "q", "--guideline", "response-quality")
    assert "goldloop connection list" in run("send", "q", "traces", code=1).stderr
    told_ = json.loads(run("progress", "nowhere", "--json", code=1).stdout)
    assert told_["error"]["hint"] == "goldloop queue list"
