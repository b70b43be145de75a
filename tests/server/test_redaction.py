"""Redaction as people meet it: by REST and command, in answers, in the doctor, in the file."""

import json
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from server.cli import goldloop
from storage.queries.accounts import audit_rows
from tests.pages import ROOT, blocks, commands

MAIL, PHONE, CARD = "zoe.quick@example.com", "+1 415 555 0132", "4111 1111 1111 1111"
SECRET = "sk-proj-abcdEFGH1234ijklMNOP5678qrst"  # an invented one
ORIGINALS = (MAIL, "zoe.quick", "555 0132", CARD, SECRET)
ROW = {
    "id": "1", "source": "bot", "user_id": MAIL, "query": f"I am {MAIL}, call {PHONE}",
    "response": f"Noted {CARD}", "metadata": {"key": SECRET},
    "feedback": {"thumb": "down", "comment": f"mail {MAIL}", "actor": MAIL},
}  # fmt: skip


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The command on a new store in a folder of its own."""
    monkeypatch.setenv("GOLDLOOP_DATABASE_URL", f"sqlite:///{tmp_path}/goldloop.db")

    def run_(*words: str, code: int = 0, **given: str):
        result = CliRunner().invoke(goldloop, words, **given)
        assert result.exit_code == code, result.output
        return result.output

    return run_


def test_no_original_is_in_the_file_of_the_database_whichever_way_it_came(
    sqlite_town, run, monkeypatch, tmp_path, caplog
) -> None:
    caplog.set_level("DEBUG")
    path = Path(str(sqlite_town.house.store.path))
    monkeypatch.setenv("GOLDLOOP_DATABASE_URL", f"sqlite:///{path}")
    engineer = sqlite_town.client("eng")
    answer = engineer.post("/v1/interactions", json=[ROW, {**ROW, "confidence": MAIL}])
    assert answer.json()["redacted"] == {"card": 1, "email": 4, "phone": 1, "secret": 1}
    told = {"source": "bot", "interaction_id": "1", "comment": f"{MAIL} {SECRET}", "actor": MAIL}
    early = {**told, "interaction_id": f"later {MAIL}"}
    assert engineer.post("/v1/feedback", json=[told, early]).json()["waiting"] == 1
    score = {"source": "bot", "interaction_id": "1", "name": f"judge {MAIL}", "kind": "judge",
             "value": MAIL}  # fmt: skip
    refused = engineer.post("/v1/scores", json=[score])
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps({**ROW, "id": "2"}) + "\n" + '{"id": "3", "query": "' + MAIL + "\n")
    said = run("ingest", str(file))
    sqlite_town.queue(tasks=2)
    labels = tmp_path / "labels.jsonl"
    labels.write_text(json.dumps({"source": "bot", "interaction_id": "1", "annotator": "ann",
                                  "values": {"quality": 4, "notes": f"ask {MAIL}"}}))  # fmt: skip
    run("labels", "import", "q", str(labels))
    files = b"".join(one.read_bytes() for one in path.parent.glob(f"{path.name}*"))
    for original in ORIGINALS:
        assert original.encode() not in files
        assert original not in answer.text + refused.text + said + caplog.text
    assert b"<EMAIL_" in files


def test_only_an_admin_decides_and_it_is_written_down(sqlite_town) -> None:
    admin = sqlite_town.client("root")
    wanted = {"policy": "hash", "kinds": ["email"], "regions": ["de"], "patterns": {"t": "T-[0-9]"}}
    answer = admin.put("/v1/redaction/team/bot", json=wanted)
    assert (answer.status_code, answer.json()["regions"]) == (200, ["DE"])
    row = {"id": "1", "source": "team/bot", "query": f"{MAIL} {CARD} T-1", "response": "y"}
    sent = sqlite_town.client("eng").post("/v1/interactions", json=[row])
    assert sent.json()["redacted"] == {"email": 1, "t": 1}
    told = admin.get("/v1/redaction").json()
    assert told["sources"]["team/bot"] == {
        "policy": "hash", "interactions": 1, "before": 0, "stored": {"hash/2": 1},
        "found": {"email": 1, "t": 1},
    }  # fmt: skip
    with sqlite_town.house.store.read() as session:
        (line,) = [one for one in audit_rows(session, 9) if one.action == "redaction_set"]
    assert (line.by, line.subject, line.detail["policy"]) == ("root", "team/bot", "hash")
    for name in ("eng", "lee", "ann"):
        assert sqlite_town.client(name).put("/v1/redaction/x", json=wanted).status_code == 403


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"policy": "hush"}, "policy"),
        ({"policy": "mask", "kinds": ["shoe size"]}, "kinds"),
        ({"policy": "mask", "regions": ["XX"]}, "regions"),
        ({"policy": "mask", "patterns": {"a": "("}}, "patterns.a"),
    ],
)
def test_a_policy_that_cannot_be_is_told_why(sqlite_town, sent, field) -> None:
    answer = sqlite_town.client("root").put("/v1/redaction/bot", json=sent)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)


def test_agreed_answers_that_are_shipped_are_no_texts_that_somebody_forgot_to_redact(
    run, tmp_path
) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(ROW))
    run("ingest", str(file))
    run("queue", "create", "q", "--guideline", "response-quality")
    (line,) = [one for one in run("doctor").splitlines() if " redaction:" in one]
    assert line.startswith("ok "), line
    assert "as they came" not in line


def test_the_doctor_tells_what_was_done_and_when_the_key_is_gone(run, tmp_path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(ROW))
    run("redaction", "set", "bot", "--policy", "off")
    run("ingest", str(file))
    assert "1 of 1 interactions are stored as they came; off for bot" in run("doctor")
    assert "email" in run("redaction", "scan")
    assert MAIL not in run("redaction", "scan", "--json")
    run("redaction", "set", "bot", "--policy", "mask")
    file.write_text(json.dumps({**ROW, "id": "2"}))
    run("ingest", str(file))
    (tmp_path / "redaction.key").unlink()
    assert "redaction key" in run("doctor", code=1)
    run("redaction", "key", code=1)
    run("redaction", "key", "--renew")
    assert "fits" in run("redaction", "key")


def test_a_postgresql_without_a_given_key_is_warned_of(postgres_store, monkeypatch, tmp_path):
    url = postgres_store.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("GOLDLOOP_DATABASE_URL", url)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert "several servers" in CliRunner().invoke(goldloop, ["doctor"]).output
    monkeypatch.setenv("GOLDLOOP_REDACTION_KEY", "k" * 32)
    assert "several servers" not in CliRunner().invoke(goldloop, ["doctor"]).output


def test_a_dataset_says_what_was_done_to_its_texts(sqlite_town, tmp_path) -> None:
    sqlite_town.client("eng").post("/v1/interactions", json=[{**ROW, "id": "bot-0"}])
    sqlite_town.queue(tasks=2)
    from labeling.exports import ExportOptions, export_queue

    store, out = sqlite_town.house.store, tmp_path / "out"
    export_queue(store, "q", "goldloop", out, ExportOptions(), sqlite_town.clock.now)
    told = json.loads((out / "manifest.json").read_text())["redaction"]
    assert (told["recognisers"], told["sources"]["bot"]["policy"]) == ("2", "mask")
    assert told["sources"]["bot"]["found"]["email"] == 4


def test_every_command_of_the_page_works(run, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.jsonl").write_text(json.dumps({**ROW, "source": "support-bot"}))
    for command in commands("redaction.md"):
        run(*shlex.split(command)[1:])


def test_the_page_lists_every_kind_and_shows_what_is_printed(run) -> None:
    from storage.redact.phones import REGIONS
    from storage.redact.spans import KINDS, NAMED_KINDS

    text = (ROOT / "docs" / "redaction.md").read_text("utf-8")
    assert [kind for kind in (*KINDS, *NAMED_KINDS) if f"| `{kind}` |" not in text] == []
    assert ", ".join(REGIONS) in text
    (shown,) = blocks("redaction.md", "text")
    assert (
        run("redaction", "try", commands("redaction.md")[0].split("'")[1]).split("_")[0]
        == (shown.split("_")[0])
    )
