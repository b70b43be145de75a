"""The pages of the sources that send traces: every command is executed."""

import os
import re
import shlex
from getopt import gnu_getopt
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from server.cli import goldloop
from tests.pages import ROOT, commands
from tests.senders.run import environment
from tests.storage.otlp.payloads import FOLDER

FILES = {
    "@traces.pb": "otlp_traces_otel_genai_event_mode.pb",
    "@logs.json": "otlp_logs_otel_genai_event_mode.json",
}


def curl(client: Any, command: str, token: str) -> Any:
    """The answer to a command of curl."""
    options, (url,) = gnu_getopt(shlex.split(command)[1:], "fH:d:u:", ["data-binary="])
    given = dict(options)
    body = given.get("-d", given.get("--data-binary", ""))
    content = (FOLDER / FILES[body]).read_bytes() if body in FILES else body.encode()
    headers = dict(value.split(": ") for name, value in options if name == "-H")
    auth = tuple(given["-u"].split(":")) if "-u" in given else None
    method = "POST" if body else "GET"
    assert token in command or "/info" in url
    return client.request(method, url, content=content, headers=headers, auth=auth)


def test_traces_and_logs_are_sent_and_become_interactions(sqlite_town, monkeypatch) -> None:
    monkeypatch.setenv("GOLDLOOP_DATABASE_URL", sqlite_town.house.settings.database_url)
    token, said = sqlite_town.tokens["eng"], ""
    for command in commands("sources/otlp.md"):
        ready = command.replace("$TOKEN", token)
        if ready.startswith("curl "):
            client = sqlite_town.client(base_url="http://127.0.0.1:7860")
            assert curl(client, ready, token).status_code == 200, command
        else:
            result = CliRunner().invoke(goldloop, shlex.split(ready)[1:])
            assert result.exit_code == 0, result.output
            said = result.output
    assert said.startswith("made now: interactions 6, feedback 2")


@pytest.mark.parametrize(
    ("page", "sender"),
    [
        ("sources/opentelemetry.md", "genai"),
        ("sources/openinference.md", "openinference"),
        ("sources/openllmetry.md", "openllmetry"),
        ("sources/langfuse.md", "langfuse"),
        ("sources/langsmith.md", "langsmith"),
    ],
)
def test_what_is_to_be_set_is_what_the_real_clients_are_run_with(sqlite_town, page, sender) -> None:
    token = sqlite_town.tokens["eng"]
    base = "http://127.0.0.1:7860"
    run_with = environment(base, token, "http://model", sender)
    run_with["LANGSMITH_PROJECT"] = "support-bot"
    for command in commands(page):
        ready = command.replace("$TOKEN", token)
        if ready.startswith("curl "):
            answer = curl(sqlite_town.client(base_url=base), ready, token)
            assert answer.status_code == 200, (command, answer.text)
        else:
            name, value = re.fullmatch(r"export (\w+)=(.+)", ready).groups()
            assert run_with[name] == shlex.split(value)[0], command
    script = (ROOT / "tests" / "senders" / f"{sender}_sender.py").read_text()
    text = (ROOT / "docs" / page).read_text()
    for line in re.findall(r"^from \S+ import \w+$", text, re.M):
        assert line in script


SENDERS = Path(os.environ.get("GOLDLOOP_SENDERS", ROOT / ".venv-senders-ci" / "bin" / "python"))


def test_two_official_clients_send_to_a_live_server() -> None:
    """OpenInference and Langfuse, from an environment of their own (`make setup-dev`)."""
    from tests.senders.run import check, run

    if not SENDERS.exists():
        pytest.skip("no clients: make setup-dev")
    made = run({name: str(SENDERS) for name in ("openinference", "langfuse")})
    for calls in made.values():
        check(calls)
    assert {calls[0]["metadata"]["dialect"] for calls in made.values()} == set(made)
