"""The parts of a judge: budget, what is asked, what is read, what is sent where."""

import json
import threading
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.errors import InvalidLabel
from labeling.fields import fields_from_json
from labeling.guideline import load_guidelines
from labeling.judge import read_models
from labeling.judge.budget import Budget, BudgetSpent
from labeling.judge.endpoints import StrangeReply, answer_of, body_of
from labeling.judge.models import model_from
from labeling.judge.prompt import judged_fields, prompt_for, schema_of, version_of
from labeling.judge.reading import Unusable, check_score_names, read_reply

GUIDELINES = load_guidelines(Path(__file__).resolve().parents[3] / "guidelines")
QUALITY = GUIDELINES["response-quality"]
FIELDS = judged_fields(QUALITY.fields)
MODEL = {"endpoint": "openai", "url": "http://127.0.0.1:1/v1", "model": "m",
         "usd_per_million_input": 1, "usd_per_million_output": 2}  # fmt: skip
GOOD = {"reason": "so", "quality": 4, "issues": ["unsafe"], "confidence": "low",
        "difficulty": "easy", "requires_context": True}  # fmt: skip


@given(
    st.floats(0, 10),
    st.integers(1, 40),
    st.lists(st.tuples(st.floats(0.001, 5), st.floats(0, 1)), max_size=60),
)
def test_a_budget_is_never_exceeded_by_calls_that_keep_to_their_most(usd, calls, wishes):
    budget, made = Budget(usd, calls), 0
    for most, share in wishes:
        try:
            budget.take(most)
        except BudgetSpent:
            continue
        made += 1
        budget.settle(most, most * share)
    assert budget.spent_usd <= usd
    assert made == budget.sent <= calls


def test_a_call_waits_for_those_under_way_before_the_budget_counts_as_spent():
    budget, done = Budget(10.0, 10), []
    budget.take(6.0)
    second = threading.Thread(target=lambda: (budget.take(6.0), done.append("taken")))
    second.start()
    assert done == []
    budget.settle(6.0, 1.0)
    second.join(10)
    assert done == ["taken"]
    budget.settle(6.0, 6.0)
    with pytest.raises(BudgetSpent):
        budget.take(3.5)
    budget.take(3.0)


def test_everything_a_judge_can_answer_is_asked_with_its_meaning():
    names = [one.name for one in FIELDS]
    assert names == ["quality", "issues", "confidence", "difficulty", "requires_context"]
    case = {"messages": [{"role": "user", "content": "Why?"}], "context": ["Because."]}
    prompt = prompt_for(QUALITY, FIELDS, case, [{"id": "1", "text": "So."}])
    for told in ("How good is the response?", "2: Poor", '"hallucination"', QUALITY.markdown):
        assert told in prompt.system
    assert "Because." in prompt.turns[0][1]
    assert list(schema_of(FIELDS)["properties"]) == ["reason", *names]
    with pytest.raises(InvalidLabel, match="cannot be judged"):
        judged_fields(QUALITY.fields, ("notes",))


@pytest.mark.parametrize("slug", sorted(GUIDELINES))
def test_a_form_takes_what_it_asks_for(slug):
    fields = judged_fields(GUIDELINES[slug].fields)
    form = schema_of(fields)
    assert form["required"] == list(form["properties"])
    case = {"messages": [], "context": None}
    order = [{"id": "a", "text": "x"}, {"id": "b", "text": "y"}]
    for endpoint in ("openai", "anthropic", "ollama"):
        body = body_of(model_from("n", MODEL | {"endpoint": endpoint}),
                       prompt_for(GUIDELINES[slug], fields, case, order))  # fmt: skip
        assert json.loads(body)["model"] == "m"


def test_a_question_that_hangs_on_another_is_null_until_it_is_asked():
    fields = judged_fields(
        fields_from_json(
            [
                {"kind": "rating", "name": "quality", "label": "Q", "min": 1, "max": 5},
                {"kind": "boolean", "name": "harm", "label": "H",
                 "asked_when": {"field": "quality", "at_most": 2}},
            ]
        )
    )  # fmt: skip
    assert {"type": "null"} in schema_of(fields)["properties"]["harm"]["anyOf"]
    good = json.dumps({"reason": "", "quality": 4, "harm": None})
    assert read_reply(good, fields, ["1"]).values == {"quality": 4}
    bad = json.dumps({"reason": "", "quality": 1, "harm": None})
    with pytest.raises(Unusable, match="null"):
        read_reply(bad, fields, ["1"])
    only = judged_fields(fields, ("harm", "quality"))
    assert [one.name for one in only] == ["quality", "harm"]
    with pytest.raises(InvalidLabel):
        judged_fields(fields, ("harm",))


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"quality": "4"}, "out_of_scale"),
        ({"quality": True}, "out_of_scale"),
        ({"quality": 4.5}, "out_of_scale"),
        ({"quality": None}, "wrong_schema"),
        ({"issues": "unsafe"}, "out_of_scale"),
        ({"issues": [["unsafe"]]}, "out_of_scale"),
        ({"confidence": "very"}, "out_of_scale"),
        ({"reason": 3}, "wrong_schema"),
        ({"score": 3}, "wrong_schema"),
    ],
)
def test_a_value_that_is_not_on_the_scale_is_refused(changed, kind):
    assert read_reply(json.dumps(GOOD), FIELDS, ["1"]).values["quality"] == 4
    with pytest.raises(Unusable) as caught:
        read_reply(json.dumps(GOOD | changed), FIELDS, ["1"])
    assert caught.value.kind == kind


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))  # fmt: skip
def test_no_reply_upsets_the_reading(said):
    for text in (msgspec.json.encode(said).decode(), str(said)):
        with pytest.raises(Unusable):
            read_reply(text, FIELDS, ["1"])
    for endpoint in ("openai", "anthropic", "ollama"):
        with pytest.raises(StrangeReply):
            answer_of(model_from("n", MODEL | {"endpoint": endpoint}), msgspec.json.encode(said))


def test_another_judge_has_another_version():
    one = model_from("n", MODEL)
    versions = {
        version_of(one, QUALITY, FIELDS),
        version_of(model_from("n", MODEL | {"model": "m2"}), QUALITY, FIELDS),
        version_of(model_from("n", MODEL | {"temperature": 0}), QUALITY, FIELDS),
        version_of(one, QUALITY, FIELDS[:1]),
        version_of(one, GUIDELINES["factuality"], FIELDS),
    }
    assert len(versions) == 5
    cheaper = model_from("n", MODEL | {"usd_per_million_input": 0.5, "concurrency": 9})
    assert version_of(cheaper, QUALITY, FIELDS) in versions


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"endpoint": "bard"}, "endpoint"),
        ({"url": "file:///etc/passwd"}, "url"),
        ({"url": "http://me:secret@host/v1"}, "url"),
        ({"usd_per_million_input": None}, "usd_per_million_input"),
        ({"usd_per_million_output": -1}, "usd_per_million_output"),
        ({"concurrency": 2.5}, "concurrency"),
        ({"temperature": True}, "temperature"),
        ({"timeout_seconds": "9"}, "timeout_seconds"),
        ({"structured": "xml"}, "structured"),
        ({"url": "http://secret@host/v1"}, "url"),
        ({"extra": "x"}, "extra"),
        ({"extra": {"max_tokens": 90_000}}, "extra.max_tokens"),
        ({"extra": {"n": 8}}, "extra.n"),
        ({"extra": {"stream": True}}, "extra.stream"),
        ({"limit_key": "limit"}, "limit_key"),
        ({"key": "sk-1"}, "key"),
    ],
)
def test_a_model_that_cannot_be_is_refused_by_key(changed, field):
    with pytest.raises(InvalidLabel) as caught:
        model_from("n", MODEL | changed)
    assert caught.value.field == f"models.n.{field}"
    assert "secret@" not in str(caught.value)


def test_options_of_a_server_stand_beside_the_limit_that_the_budget_rests_on():
    given = {"endpoint": "ollama", "extra": {"options": {"num_ctx": 9_000, "num_predict": 9_000}}}
    model = model_from("n", MODEL | given)
    body = json.loads(
        body_of(model, prompt_for(QUALITY, FIELDS, {"messages": []}, [{"text": "a"}]))
    )
    assert body["options"]["num_ctx"] == 9_000
    assert body["options"]["num_predict"] == model.max_output_tokens


def test_a_score_that_could_not_be_stored_is_refused_before_it_is_paid():
    options = [{"value": "b" * 180, "label": "b"}, {"value": "c", "label": "c"}]
    fields = fields_from_json(
        [{"kind": "choice", "name": "kind", "label": "K", "options": options}]
    )
    check_score_names(fields, None)
    with pytest.raises(InvalidLabel, match="over 200 characters"):
        check_score_names(fields, "a" * 40)


def test_a_file_of_models_is_read_or_says_what_is_wrong():
    text = """
        [models.a]
        endpoint = "ollama"
        url = "http://127.0.0.1:11434"
        model = "q"
        usd_per_million_input = 0
        usd_per_million_output = 0
    """
    assert read_models(text)["a"].model == "q"
    for text in ("[models", "x = 1", "[models]\na = 3"):
        with pytest.raises(InvalidLabel):
            read_models(text)
