"""How the three kinds of endpoint are asked, and where their answers stand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from labeling.errors import JudgeError
from labeling.judge.models import Model
from labeling.judge.prompt import Prompt

ANTHROPIC_VERSION = "2023-06-01"
_FORM = "answer"


@dataclass(frozen=True)
class Answer:
    """What a model said, and what it says that it used."""

    text: str
    input_tokens: int | None
    output_tokens: int | None
    fault: str | None
    """truncated or declined, when the endpoint says so."""


class StrangeReply(JudgeError):
    """A reply that is not what the endpoint promises."""


def body_of(model: Model, prompt: Prompt) -> bytes:
    """The body of the request; the same for the same question."""
    made, extra = _BODIES[model.endpoint](model, prompt), dict(model.extra)
    if "options" in made:
        extra["options"] = {**extra.get("options", {}), **made["options"]}
    return msgspec.json.encode(made | extra)


def address_of(model: Model) -> str:
    """Where the request goes."""
    return model.url.rstrip("/") + _PATHS[model.endpoint]


def headers_of(model: Model, key: str | None) -> dict[str, str]:
    """The headers of the request; the only place that the key goes to."""
    told = {"content-type": "application/json"}
    if model.endpoint == "anthropic":
        told["anthropic-version"] = ANTHROPIC_VERSION
        return told | ({"x-api-key": key} if key else {})
    return told | ({"authorization": f"Bearer {key}"} if key else {})


def answer_of(model: Model, reply: bytes) -> Answer:
    """The answer in the body of a reply.

    Raises
    ------
    StrangeReply
        If there is none.
    """
    try:
        said = msgspec.json.decode(reply)
        return _ANSWERS[model.endpoint](said)
    except (msgspec.DecodeError, RecursionError, LookupError, TypeError, AttributeError) as error:
        raise StrangeReply(f"no reply of an {model.endpoint} endpoint") from error


def _turns(prompt: Prompt) -> list[dict[str, str]]:
    return [{"role": role, "content": text} for role, text in prompt.turns]


def _warmth(model: Model) -> dict[str, Any]:
    return {} if model.temperature is None else {"temperature": model.temperature}


def _openai_body(model: Model, prompt: Prompt) -> dict[str, Any]:
    form: dict[str, Any] = {}
    if model.structured == "json_schema":
        schema = {"name": _FORM, "strict": True, "schema": prompt.schema}
        form = {"response_format": {"type": "json_schema", "json_schema": schema}}
    elif model.structured == "json_object":
        form = {"response_format": {"type": "json_object"}}
    return {
        "model": model.model,
        "messages": [{"role": "system", "content": prompt.system}, *_turns(prompt)],
        model.limit_key: model.max_output_tokens,
        **_warmth(model),
        **form,
    }


def _anthropic_body(model: Model, prompt: Prompt) -> dict[str, Any]:
    told = "Gives the judgement."
    return {
        "model": model.model,
        "system": prompt.system,
        "messages": _turns(prompt),
        "max_tokens": model.max_output_tokens,
        "tools": [{"name": _FORM, "description": told, "input_schema": prompt.schema}],
        "tool_choice": {"type": "tool", "name": _FORM},
        **_warmth(model),
    }


def _ollama_body(model: Model, prompt: Prompt) -> dict[str, Any]:
    return {
        "model": model.model,
        "messages": [{"role": "system", "content": prompt.system}, *_turns(prompt)],
        "stream": False,
        "format": prompt.schema,
        "options": {"num_predict": model.max_output_tokens, **_warmth(model)},
    }


def _openai_answer(said: Mapping[str, Any]) -> Answer:
    choice = said["choices"][0]
    message, usage = choice["message"], said.get("usage") or {}
    fault = {"length": "truncated", "content_filter": "declined"}.get(choice.get("finish_reason"))
    if message.get("refusal"):
        fault = "declined"
    text = message.get("refusal") or message.get("content")
    return _answer(text, usage, ("prompt_tokens", "completion_tokens"), fault)


def _anthropic_answer(said: Mapping[str, Any]) -> Answer:
    usage = dict(said.get("usage") or {})
    for name in ("cache_creation_input_tokens", "cache_read_input_tokens"):
        usage["input_tokens"] = (usage.get("input_tokens") or 0) + (usage.get(name) or 0)
    fault = {"max_tokens": "truncated", "refusal": "declined"}.get(said.get("stop_reason") or "")
    parts = [
        msgspec.json.encode(one["input"]).decode() if one["type"] == "tool_use" else one["text"]
        for one in said["content"]
        if one["type"] in ("tool_use", "text")
    ]
    forms = [one for one in said["content"] if one["type"] == "tool_use"]
    text = msgspec.json.encode(forms[0]["input"]).decode() if forms else "\n".join(parts)
    return _answer(text, usage, ("input_tokens", "output_tokens"), fault)


def _ollama_answer(said: Mapping[str, Any]) -> Answer:
    fault = "truncated" if said.get("done_reason") == "length" else None
    return _answer(said["message"]["content"], said, ("prompt_eval_count", "eval_count"), fault)


def _answer(
    text: object, usage: Mapping[str, Any], names: tuple[str, str], fault: str | None
) -> Answer:
    if text is not None and not isinstance(text, str):
        raise TypeError("the answer is no text")
    counts = [
        value if isinstance(value := usage.get(name), int) and 0 <= value < 2**31 else None
        for name in names
    ]
    return Answer(text or "", counts[0] or None, counts[1], fault)  # nobody reads nothing


_PATHS: Mapping[str, str] = {
    "openai": "/chat/completions",
    "anthropic": "/messages",
    "ollama": "/api/chat",
}
_BODIES: Mapping[str, Callable[[Model, Prompt], dict[str, Any]]] = {
    "openai": _openai_body,
    "anthropic": _anthropic_body,
    "ollama": _ollama_body,
}
_ANSWERS: Mapping[str, Callable[[Mapping[str, Any]], Answer]] = {
    "openai": _openai_answer,
    "anthropic": _anthropic_answer,
    "ollama": _ollama_answer,
}
