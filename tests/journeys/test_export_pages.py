"""From labels to a score: the commands of a page, run with the real tool.

The model is a loopback server that speaks the OpenAI protocol. Inspect AI lives in an environment
of its own (`make setup-dev`); GOLDLOOP_INSPECT names its command if it is elsewhere. `datasets` is
among what the tests need. The other tools are run by `make exports`.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.cli import goldloop
from storage import Store, ensure_current, open_store
from tests.exported import CASES, RIGHT, SCORED, Model, fill, run_page, served
from tests.pages import commands

ROOT = Path(__file__).resolve().parents[2]
INSPECT = Path(os.environ.get("GOLDLOOP_INSPECT", ROOT / ".venv-inspect" / "bin" / "inspect"))


@pytest.fixture
def model() -> Iterator[Model]:
    with served(server := Model()):
        yield server


@pytest.fixture
def database(tmp_path: Path) -> str:
    """The address of a store with labelled conversations."""
    url = f"sqlite:///{tmp_path}/goldloop.db"
    store: Store = open_store(url)
    ensure_current(store)
    fill(store)
    store.close()
    return url


@pytest.mark.skipif(not INSPECT.exists(), reason=f"no Inspect AI at {INSPECT}")
def test_an_exported_folder_is_scored_by_inspect(
    database: str, model: Model, tmp_path: Path
) -> None:
    env = {
        "MODEL": "openai-api/fake/fake-mini", "FAKE_BASE_URL": model.url, "FAKE_API_KEY": "none",
        "INSPECT_DISPLAY": "plain", "INSPECT_LOG_FORMAT": "json", "INSPECT_LOG_DIR": "logs",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }  # fmt: skip
    done = run_page("exports/inspect.md", tmp_path, database, str(INSPECT.parent), env)
    assert done.returncode == 0, done.stdout + done.stderr
    [log] = (tmp_path / "bench" / "logs").glob("*.json")
    told = json.loads(log.read_text())
    assert told["status"] == "success"
    scores = {one["name"]: one for one in told["results"]["scores"]}
    assert set(scores) == {"includes", "exact", "f1"}
    # those without an expected answer are not scored
    assert scores["includes"]["scored_samples"] == SCORED
    assert scores["includes"]["metrics"]["accuracy"]["value"] == pytest.approx(RIGHT / SCORED)
    assert scores["exact"]["metrics"]["mean"]["value"] == pytest.approx(1 / SCORED)

    asked = {str(messages[-1]["content"]): messages for messages in model.asked}
    assert len(asked) == SCORED
    talk = asked["How many are renewed?"]
    roles = ["system", "system", "user", "assistant", "tool", "user"]
    assert [one["role"] for one in talk] == roles
    assert "Two books are out." in talk[0]["content"]
    assert talk[3]["tool_calls"][0]["function"]["name"] == "renew"
    assert talk[4]["tool_call_id"] == "call_1"

    replayed = json.loads((tmp_path / "bench" / "scored.json").read_text())
    rated = {one["name"]: one["metrics"] for one in replayed["results"]["scores"]}
    assert set(rated) == {"includes", "exact", "f1", "human_rating"}
    assert rated["human_rating"]["mean"]["value"] == pytest.approx((2 + 1 + 4 + 5) / 4)


def test_an_exported_folder_is_loaded_by_datasets(database: str, tmp_path: Path) -> None:
    env = {"HF_HUB_OFFLINE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    bin_ = str(Path(sys.executable).parent)
    done = run_page("exports/huggingface.md", tmp_path, database, bin_, env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"num_rows: {SCORED}\n" in done.stdout
    assert f"num_rows: {len(CASES) + 1 - SCORED}\n" in done.stdout


PAGES = (
    "exports/deepeval.md",
    "exports/langfuse.md",
    "exports/lm-eval.md",
    "exports/openai-evals.md",
    "exports/phoenix.md",
    "exports/promptfoo.md",
    "exports/ragas.md",
    "exports/trl.md",
)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_exports_what_its_other_commands_run(
    database: str, page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`make exports` executes all of a page; here the files are there that it names."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GOLDLOOP_DATABASE_URL", database)
    export, *others = commands(page)
    goldloop.main(export.split()[1:], standalone_mode=False)
    folder = tmp_path / next(one.split()[1] for one in others if one.startswith("cd "))
    words = {word for one in others for word in one.split()}
    named = {word for word in words if word.endswith((".py", ".yaml"))}
    assert all((folder / word).exists() for word in named)
    readme = (folder / "README.md").read_text()
    installs = [one for one in others if one.startswith("pip install")]
    assert all(one in readme for one in installs)
