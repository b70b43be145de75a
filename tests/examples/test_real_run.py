"""The loader against a real server, with the published sets that GOLDLOOP_DATA names.

The folder holds `evouna_nq/`, `pandalm/`, `xstest/` and the `reference_values.json` that other
implementations gave for them. Without it nothing here is collected (see conftest.py).
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.stage import ROOT, Server, stage

DATA = Path(os.environ.get("GOLDLOOP_DATA", ""))
QUESTIONS = 150
"""How many of EVOUNA's questions are sent; each becomes up to five interactions."""
ANSWERED = 6


@dataclass
class Loaded:
    """A server that the loader has been run against."""

    url: str
    data: Path
    tokens: dict[str, str]
    printed: str
    """What the first run of the loader said."""

    def run(self) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "examples" / "load_real_data.py"), str(self.data)]
        command += ["--url", self.url, "--token", self.tokens["boss"]]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def client(self, who: str = "boss") -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60)

    def get(self, path: str, **params: str) -> Any:
        with self.client() as client:
            return client.get(path, params=params).raise_for_status().json()

    def lines(self, path: str) -> list[dict[str, Any]]:
        with self.client() as client:
            text = client.get(path).raise_for_status().text
        return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published sets, EVOUNA cut short."""
    folder = tmp_path_factory.mktemp("data")
    for name in ("pandalm", "xstest"):
        (folder / name).symlink_to(DATA / name, target_is_directory=True)
    questions = json.loads((DATA / "evouna_nq" / "NQ.json").read_text(encoding="utf-8"))
    (folder / "evouna_nq").mkdir()
    short = json.dumps(questions[:QUESTIONS], ensure_ascii=False)
    (folder / "evouna_nq" / "NQ.json").write_text(short, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def loaded(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    """A server on an SQLite file, with everything loaded once."""
    folder = tmp_path_factory.mktemp("server")
    url = f"sqlite:///{folder / 'goldloop.db'}"
    with stage(url, people=2) as made, pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOLDLOOP_GUIDELINES", str(ROOT / "examples" / "guidelines"))
        server = Server(url, log=folder / "server.log")
        server.start()
        try:
            found = Loaded(server.base, data, made.tokens, "")
            first = found.run()
            assert first.returncode == 0, first.stdout + first.stderr
            found.printed = first.stdout
            yield found
        finally:
            server.stop()


@pytest.fixture(scope="module")
def reference() -> dict[str, float]:
    """Reference values by id."""
    told = json.loads((DATA / "reference_values.json").read_text(encoding="utf-8"))
    return {entry["id"]: entry["value"] for entry in told["entries"]}


def near(value: float) -> Any:
    return pytest.approx(value, abs=1e-6)


def test_every_row_was_taken(loaded: Loaded) -> None:
    assert "interactions: 999 new, 0 known, 0 refused" in loaded.printed
    assert "labels: 2997 new, 0 known, 0 refused" in loaded.printed
    assert "interactions: 1350 new, 0 known, 0 refused" in loaded.printed
    assert "labels: 2700 new, 0 known, 0 refused" in loaded.printed
    assert "400 of " in loaded.printed


def test_agreement_on_preferences_is_the_reference(
    loaded: Loaded, reference: dict[str, float]
) -> None:
    report = loaded.get("/v1/queues/pandalm-published/agreement", field="preference")
    assert (report["tasks"], report["labels"], report["annotators"]) == (999, 2997, 3)
    share = report["coefficients"]["percent_agreement"]
    assert share["value"] == near(reference["pandalm/percent_agreement/kind=pairwise"])
    kappas = {}
    for pair in report["pairs"]:
        raters = ",".join(sorted(one.removeprefix("pandalm-") for one in (pair["a"], pair["b"])))
        kappas[raters] = pair["cohen_kappa"]["value"]
    assert kappas == {
        raters: near(reference[f"pandalm/cohen_kappa/raters={raters}"])
        for raters in ("annotator1,annotator2", "annotator1,annotator3", "annotator2,annotator3")
    }
    mean = sum(kappas.values()) / 3  # all three pairs share all tasks
    assert report["coefficients"]["cohen_kappa"]["value"] == near(mean)


def test_agreement_on_refusals_is_the_reference(
    loaded: Loaded, reference: dict[str, float]
) -> None:
    report = loaded.get("/v1/queues/xstest-published/agreement", field="refusal")
    assert (report["tasks"], report["labels"], report["annotators"]) == (1350, 2700, 2)
    kappa = "xstest/cohen_kappa/raters=A1,A2,weights={},scale=compliance<partial<refusal"
    share = "xstest/percent_agreement/kind=mean over items of share of agreeing pairs"
    told = {name: figure["value"] for name, figure in report["coefficients"].items()}
    expected = {
        "percent_agreement": near(reference[share]),
        "cohen_kappa": near(reference[kappa.format("identity")]),
        "cohen_kappa_linear": near(reference[kappa.format("linear")]),
        "cohen_kappa_quadratic": near(reference[kappa.format("quadratic")]),
        "fleiss_kappa": near(reference["xstest/fleiss_kappa/"]),
        "krippendorff_alpha": near(reference["xstest/krippendorff_alpha/level=nominal"]),
        "gwet_ac1": near(reference["xstest/gwet_ac1/"]),
        "gwet_ac2_quadratic": near(reference["xstest/gwet_ac2/weights=quadratic"]),
    }
    assert {name: told[name] for name in expected} == expected


@pytest.mark.parametrize("model", ["gpt4", "mistralguard", "mistralinstruct"])
def test_agreement_of_one_model_is_the_reference(
    loaded: Loaded, reference: dict[str, float], model: str
) -> None:
    report = loaded.get("/v1/queues/xstest-published/agreement", field="refusal", model=model)
    assert report["tasks"] == 450
    expected = reference[f"xstest/cohen_kappa/raters=A1,A2,model={model}"]
    assert report["coefficients"]["cohen_kappa"]["value"] == near(expected)


def test_imports_give_no_estimate_of_the_traffic(loaded: Loaded) -> None:
    report = loaded.get("/v1/queues/xstest-published/quality", field="refusal")
    assert report["estimate"]["value"] is None
    assert report["estimate"]["reason"] == "not sampled"
    assert report["unweighted_mean"]["n"] == 1350


def answer(client: httpx.Client) -> tuple[str, int]:
    """Claim a task, label it; the interaction and the rating."""
    claimed = client.post("/v1/queues/evouna-answers/assignments").raise_for_status().json()
    interaction = claimed["task"]["interaction"]
    assert "published_correct" not in json.dumps(claimed)
    quality = 2 if len(interaction["responses"][0]["text"]) > 100 else 4
    values: dict[str, Any] = {"quality": quality, "issues": ["incomplete"] if quality < 3 else []}
    path = f"/v1/assignments/{claimed['assignment_id']}/label"
    sent = {"values": values, "seconds": 9.5}
    client.post(path, json=sent).raise_for_status()
    return claimed["task"]["interaction_id"], quality


def test_drawn_answers_are_labelled_and_exported(loaded: Loaded) -> None:
    with loaded.client("p0") as client:
        given = dict(answer(client) for _ in range(ANSWERED))
    assert len(given) == ANSWERED
    rows = loaded.lines("/v1/queues/evouna-answers/export?format=jsonl&labels=raw")
    assert {row["interaction_id"]: row["values"]["quality"] for row in rows} == given
    assert {row["source"] for row in rows} == {"evouna-nq"}
    tasks = loaded.lines("/v1/queues/evouna-answers/tasks")
    assert len(tasks) == 400
    assert all(0 < task["pi"] <= 1 for task in tasks if task["interaction_id"] in given)
    quality = loaded.get("/v1/queues/evouna-answers/quality")
    assert quality["labelled"] == ANSWERED
    assert 1 <= quality["estimate"]["value"] <= 5


def told_by(loaded: Loaded) -> dict[str, Any]:
    """All that the server says about the three queues."""
    queues = [queue["name"] for queue in loaded.get("/v1/queues")]
    lines = chain.from_iterable(
        ((f"{queue}/{kind}", loaded.lines(f"/v1/queues/{queue}/{kind}")) for kind in kinds)
        for queue in queues
        for kinds in [("tasks", "labels")]
    )
    reports = {
        f"{queue}/{kind}": loaded.get(f"/v1/queues/{queue}/{kind}")
        for queue in queues
        for kind in ("progress", "agreement")
    }
    return {"queues": loaded.get("/v1/queues")} | dict(lines) | reports


def test_loading_again_changes_nothing(loaded: Loaded) -> None:
    before = told_by(loaded)
    again = loaded.run()
    assert again.returncode == 0, again.stdout + again.stderr
    assert again.stdout.count(" 0 new, ") == 5
    assert again.stdout.count("there already") == 3
    assert "made in an earlier run" in again.stdout
    assert told_by(loaded) == before
