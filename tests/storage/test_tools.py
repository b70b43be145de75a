"""Folders for other tools: each in the shapes that its tool takes, field by field."""

import json
from pathlib import Path
from typing import Any

import jinja2
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import ensure_current, open_store
from storage.exports.chat import chat, transcript, turns
from storage.exports.promptfoo import escaped, inert, literal
from tests.exported import CASES, EVIL, QUEUE, SCORED, TOOL_TALK, fill


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every folder, by its name."""
    from datetime import UTC, datetime

    from labeling.exports import ExportOptions, export_queue
    from storage.exports import EXPORTS, FolderFormat

    folder = tmp_path_factory.mktemp("out")
    store = open_store(f"sqlite:///{folder}/goldloop.db")
    ensure_current(store)
    fill(store)
    now = datetime(2026, 11, 2, tzinfo=UTC)
    for name, one in EXPORTS.items():
        if isinstance(one, FolderFormat):
            export_queue(store, QUEUE, name, folder / name, ExportOptions(), now)
    store.close()
    return folder


def lines(path: Path) -> list[Any]:
    return [json.loads(one) for one in path.read_bytes().split(b"\n") if one]


DATA = {
    "deepeval": "goldens.jsonl",
    "huggingface": "data/test.jsonl",
    "inspect": "data.jsonl",
    "langfuse": "items.jsonl",
    "lm-eval": "bench.jsonl",
    "openai-evals": "data/goldloop/samples.jsonl",
    "phoenix": "items.jsonl",
    "promptfoo": "tests.jsonl",
    "ragas": "data.jsonl",
}


@pytest.mark.parametrize("name", sorted(DATA))
def test_a_folder_parts_what_can_be_scored_from_the_rest(out: Path, name: str) -> None:
    rest = "data/unscored.jsonl" if name == "huggingface" else "unscored.jsonl"
    scored, unscored = lines(out / name / DATA[name]), lines(out / name / rest)
    assert (len(scored), len(unscored)) == (SCORED, len(CASES) + 1 - SCORED)
    assert len({tuple(one) for one in scored}) == 1  # the same keys on every row
    assert all(one.stat().st_size for one in (out / name).rglob("*") if one.is_file())
    readme = (out / name / "README.md").read_text()
    assert "goldloop redaction show" in readme
    assert "    pip install" in readme or "    npx" in readme


@pytest.mark.parametrize("name", sorted(DATA))
def test_what_people_said_stands_beside_a_sample(out: Path, name: str) -> None:
    path = out / name / ("ids.jsonl" if name == "ragas" else DATA[name])
    first = lines(path)[0]
    told = first.get("metadata") or first.get("additional_metadata") or first
    assert (told["human_quality"], told["human_issues"]) == (2, ["incomplete"])


def test_promptfoo_renders_nothing_that_somebody_wrote(out: Path) -> None:
    asked = lines(out / "promptfoo/tests.jsonl")
    evil = asked[3]
    assert json.loads(evil["vars"]["messages"])[-1]["content"] == f"Repeat: {EVIL}"
    [wanted] = evil["assert"]
    assert jinja2.Template(wanted["value"]).render(env={"OPENAI_API_KEY": "sk"}) == EVIL
    for text in (wanted["value"], *evil["vars"].values(), evil["description"]):
        assert not text.startswith("file:")
    assert asked[1]["vars"]["context"] == "Two books are out."
    assert {type(one) for case in asked for one in case["vars"].values()} == {str}
    assert all(case["assert"] == [] for case in lines(out / "promptfoo/unscored.jsonl"))


TEXTS = st.text(st.sampled_from("{}%#'\" \n:/ax-") | st.characters(codec="utf-8"), max_size=40)


@settings(max_examples=50)
@given(TEXTS | st.just(EVIL) | st.sampled_from(["{{", "{%", "{#", "#}", "{{{%#}", "file://x"]))
def test_no_text_is_a_template_for_promptfoo(text: str) -> None:
    engine = jinja2.Environment(keep_trailing_newline=True, newline_sequence="\n")
    plain = text.replace("\r\n", "\n").replace("\r", "\n")  # what the engine does to any text
    assert engine.from_string(literal(plain)).render() == plain
    for shown in (inert(text), escaped([{"role": "user", "content": text}])):
        assert not any(one in shown for one in ("{{", "{%", "{#", "#}"))
    assert json.loads(escaped([{"content": text}])) == [{"content": text}]
    assert not literal(text).startswith(("file:", "package:"))
    assert not inert(text).startswith(("file:", "package:"))


def test_lm_eval_names_columns_instead_of_templates(out: Path) -> None:
    task = (out / "lm-eval/goldloop.yaml").read_text()
    assert "doc_to_text: input\n" in task
    assert "{{" not in task
    assert f"task: goldloop_{QUEUE}\n" in task
    documents = lines(out / "lm-eval/bench.jsonl")
    assert documents[0]["input"] == "What is the capital of France?"
    assert documents[2]["input"].endswith("User: Are you open on Monday?\n\nAssistant:")
    assert "The library is closed on Mondays." in documents[2]["input"]


def test_the_scores_of_lm_eval_are_over_words(out: Path) -> None:
    made: dict[str, Any] = {}
    exec((out / "lm-eval/scores.py").read_text(), made)
    score = made["process_results"]
    assert score({"target": "Paris."}, ["It is paris, of course"]) == {
        "exact_match": 0.0, "includes": 1.0,
    }  # fmt: skip
    assert score({"target": "Paris."}, ["paris"]) == {"exact_match": 1.0, "includes": 1.0}
    assert score({"target": "art"}, ["It is Bartók"])["includes"] == 0.0
    assert score({"target": "?"}, ["!"])["includes"] == 0.0


def test_openai_evals_is_a_registry(out: Path) -> None:
    folder = out / "openai-evals"
    assert f"goldloop-{QUEUE}.test.v1:" in (folder / "evals/goldloop.yaml").read_text()
    samples = lines(folder / "data/goldloop/samples.jsonl")
    assert samples[0]["input"] == [{"role": "user", "content": "What is the capital of France?"}]
    assert samples[0]["ideal"] == "Paris"
    talk = samples[1]["input"]
    assert talk[0] == {"role": "system", "content": "Be brief.\n\nContext:\n\nTwo books are out."}
    assert json.loads(talk[2]["tool_calls"][0]["function"]["arguments"]) == {"items": "all"}
    assert talk[3]["tool_call_id"] == talk[2]["tool_calls"][0]["id"]


def test_deepeval_finds_the_id_where_it_keeps_it(out: Path) -> None:
    first, talk, long, _ = lines(out / "deepeval/goldens.jsonl")
    assert first["name"] == first["additional_metadata"]["id"] == "bot:req/0 {{7*7}}"
    assert (first["context"], talk["retrieval_context"]) == (None, ["Two books are out."])
    assert long["additional_metadata"]["messages"][-1]["content"] == "Are you open on Monday?"
    told = lines(out / "deepeval/conversations.jsonl")
    assert [one["name"] for one in told] == [talk["name"], long["name"]]
    assert told[1]["scenario"] == "Are you open on Monday?"
    assert {one["role"] for case in told for one in case["turns"]} == {"user", "assistant"}


def test_ragas_keeps_kinds_of_samples_apart(out: Path) -> None:
    ids, data = lines(out / "ragas/ids.jsonl"), lines(out / "ragas/data.jsonl")
    assert [one["id"] for one in ids] == [f"bot:req/{n} {{{{7*7}}}}" for n in range(SCORED)]
    assert all(isinstance(one["user_input"], str) for one in data)
    talk, long = lines(out / "ragas/conversations.jsonl")
    assert [one["type"] for one in talk["user_input"]] == ["human", "ai", "tool", "human", "ai"]
    assert talk["user_input"][1]["tool_calls"] == [{"name": "renew", "args": {"items": "all"}}]
    assert long["reference"] == "No, we are closed on Monday."


def test_trl_gets_one_file_for_each_kind_of_lesson(out: Path) -> None:
    folder = out / "trl"
    sft, dpo, kto = (lines(folder / f"{one}.jsonl") for one in ("sft", "dpo", "kto"))
    assert [one["messages"][-1]["content"] for one in sft][:2] == ["Paris", "Two."]
    pair = dpo[-1]
    assert pair["chosen"] == [{"role": "assistant", "content": "Autumn leaves fall."}]
    assert pair["rejected"] == [{"role": "assistant", "content": "A poem."}]
    assert [one["label"] for one in kto] == [False, False, True, True, True, False]
    for row in (*sft, *dpo, *kto):
        for message in row.get("prompt", []) + row.get("messages", []):
            assert set(message) == {"role", "content"}
            assert message["role"] in ("system", "user", "assistant")
    assert {one.name for one in folder.iterdir()} == {
        "README.md", *(f"{a}.{b}" for a in ("sft", "dpo", "kto") for b in ("jsonl", "yaml")),
    }  # fmt: skip


def test_langfuse_items_are_the_bodies_of_its_api(out: Path) -> None:
    captured = Path(__file__).parents[1] / "data/payloads/langfuse_dataset_item_post.json"
    item = lines(out / "langfuse/items.jsonl")[0]
    assert set(item) == set(json.loads(captured.read_text()))
    assert (item["datasetName"], item["expectedOutput"]) == (QUEUE, "Paris")
    assert item["id"] == f"{QUEUE}:bot:req/0 {{{{7*7}}}}"
    compile((out / "langfuse/load.py").read_text(), "load.py", "exec")


def test_phoenix_examples_have_input_output_and_id(out: Path) -> None:
    example = lines(out / "phoenix/items.jsonl")[0]
    assert set(example) == {"id", "input", "output", "metadata"}
    assert example["output"] == {"messages": [{"role": "assistant", "content": "Paris"}]}
    assert lines(out / "phoenix/unscored.jsonl")[0]["output"] == {"messages": []}
    compile((out / "phoenix/load.py").read_text(), "load.py", "exec")


def test_inspect_has_the_ratings_of_what_it_scores(out: Path) -> None:
    rated, data = lines(out / "inspect/human.jsonl"), lines(out / "inspect/data.jsonl")
    assert [one["value"] for one in rated] == [2.0, 1.0, 4.0, 5.0]
    assert [one["id"] for one in rated] == [one["id"] for one in data]
    assert rated[0]["answer"] == data[0]["metadata"]["response"]


MESSAGES = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["system", "user", "assistant", "tool", "developer", "x"])},
        optional={
            "content": st.none() | st.text(max_size=5) | st.lists(st.just({"type": "image"})),
            "tool_call_id": st.sampled_from(["1", "2"]) | st.none(),
            "tool_calls": st.none()
            | st.lists(
                st.fixed_dictionaries(
                    {"id": st.sampled_from(["1", "2"]), "function": st.just({"name": "f"})}
                )
                | st.just("no call"),
                max_size=2,
            ),
        },
    ),
    max_size=6,
)


@given(MESSAGES)
def test_every_chat_is_one_that_a_model_takes(messages: list[dict[str, Any]]) -> None:
    open_calls: list[str] = []
    for one in chat(messages):
        assert isinstance(one["content"], str)
        if one["role"] == "tool":
            open_calls.remove(one["tool_call_id"])
            continue
        assert open_calls == []
        open_calls = [call["id"] for call in one.get("tool_calls", [])]
        assert len(set(open_calls)) == len(open_calls)
    assert open_calls == []
    assert len(turns(messages)) == len(messages)
    assert isinstance(transcript(messages), str)
    msgspec.json.encode(chat(messages))


def test_a_call_that_nobody_answered_is_told_as_text() -> None:
    told = chat(TOOL_TALK[:3])
    assert told[-1] == {"role": "assistant", "content": '[renew({"items":"all"})]'}
    [alone] = chat([TOOL_TALK[3]])
    assert alone == {"role": "user", "content": '[renew] {"renewed": 2}'}
