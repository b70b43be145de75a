"""The models that may judge: where each is asked, with which parameters, and what it costs."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from labeling.errors import InvalidLabel
from storage.values import MAX_NAME, is_own_name

Endpoint = Literal["openai", "anthropic", "ollama"]
ENDPOINTS = ("openai", "anthropic", "ollama")
STRUCTURED = ("json_schema", "json_object", "none")
LIMIT_KEYS = ("max_tokens", "max_completion_tokens")
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "endpoint": ENDPOINTS, "structured": STRUCTURED, "limit_key": LIMIT_KEYS
}  # fmt: skip
OURS = (
    *LIMIT_KEYS, "max_output_tokens", "model", "messages", "system", "stream", "n", "best_of",
    "tools", "tool_choice", "response_format", "format", "plugins", "web_search_options",
)  # fmt: skip
"""Keys of a request that say what is asked, or that make a call cost more than `Model.most`."""
MILLION = 1_000_000
TOKEN_MARGIN = 1_000
"""Tokens that a provider may add to a request, for the form of the answer or a tool."""
_RANGES: Mapping[str, tuple[float, float]] = {
    "usd_per_million_input": (0, 100_000),
    "usd_per_million_output": (0, 100_000),
    "max_output_tokens": (16, 100_000),
    "temperature": (0, 2),
    "timeout_seconds": (0.05, 600),
    "concurrency": (1, 64),
    "retries": (0, 10),
    "max_case_chars": (1_000, 2_000_000),
}


@dataclass(frozen=True)
class Model:
    """One model as it was configured, without its key."""

    name: str
    """What runs call it."""
    endpoint: Endpoint
    url: str
    """Where the interface begins, such as https://api.openai.com/v1."""
    model: str
    """What the endpoint calls it."""
    usd_per_million_input: float
    usd_per_million_output: float
    secret: str | None = None
    """Name of its key in the settings; none for a model without."""
    max_output_tokens: int = 1_000
    temperature: float | None = None
    """Sent only when given: some models take none."""
    timeout_seconds: float = 60
    """For a whole reply."""
    concurrency: int = 4
    """Calls at the same time."""
    retries: int = 4
    """After 429, 5xx, a timeout or a broken reply."""
    structured: str = "json_schema"
    """How an OpenAI-compatible endpoint is asked for the form of the answer."""
    limit_key: str = "max_tokens"
    """What an OpenAI-compatible endpoint calls the limit of the answer."""
    max_case_chars: int = 100_000
    """Larger cases are not judged; nothing is cut off."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """More keys of the request's body."""

    def to_json(self) -> dict[str, Any]:
        """For the store: everything but the key, which it does not know."""
        return asdict(self)

    def parameters(self) -> dict[str, Any]:
        """What the answers depend on."""
        names = ("endpoint", "model", "max_output_tokens", "temperature", "structured", "extra")
        told = self.to_json()
        return {name: told[name] for name in names}

    def cost(self, input_tokens: int, output_tokens: int) -> float:
        """US dollars for that many tokens."""
        spent = input_tokens * self.usd_per_million_input
        return (spent + output_tokens * self.usd_per_million_output) / MILLION

    def most(self, body: bytes) -> float:
        """US dollars that a request can cost at most: a token has at least one byte."""
        return self.cost(len(body) + TOKEN_MARGIN, self.max_output_tokens)


def read_models(text: str) -> dict[str, Model]:
    """The models of a TOML text with one table `[models.NAME]` each.

    Raises
    ------
    InvalidLabel
        Naming the key, what is wrong with its value, and the fix.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidLabel("models", f"no TOML: {error}", "see toml.io for the syntax") from error
    tables = raw.get("models")
    if set(raw) != {"models"} or not isinstance(tables, dict):
        raise InvalidLabel("models", "not there", "[models.NAME] with endpoint, url, model, prices")
    return {name: model_from(name, table) for name, table in tables.items()}


def model_from(name: str, raw: object) -> Model:
    """One model from its table, or as `to_json` wrote it."""
    at = f"models.{name:.80}"
    if not is_own_name(name) or len(name) > MAX_NAME // 2:
        raise InvalidLabel(at, "cannot be a name", "at most 100 printable characters")
    if not isinstance(raw, Mapping):
        raise InvalidLabel(at, "is no table", "endpoint, url, model and prices")
    given = {key: value for key, value in raw.items() if key != "name"}
    known = [one.name for one in fields(Model) if one.name != "name"]
    for key in given:
        if key not in known:
            raise InvalidLabel(f"{at}.{key}", "unknown key", f"possible: {', '.join(known)}")
    for key in known[:5]:
        if given.get(key) is None:
            hint = "prices are needed for the budget; 0 for a model of your own"
            raise InvalidLabel(f"{at}.{key}", "is missing", hint if "usd" in key else None)
    for key, value in given.items():
        _check(f"{at}.{key}", key, value)
    return Model(name=name, **given)


def _check(at: str, key: str, value: Any) -> None:
    if key in _RANGES:
        _check_number(at, key, value)
    elif key == "extra":
        _check_extra(at, value)
    elif not (isinstance(value, str) and value.strip()) and not (key == "secret" and value is None):
        raise InvalidLabel(at, f"{value!r:.80} is no text", None)
    elif key in _CHOICES and value not in _CHOICES[key]:
        hint = f"one of: {', '.join(_CHOICES[key])}"
        raise InvalidLabel(at, f"{value!r:.80} is not known", hint)
    elif key == "url":
        _check_url(at, str(value))


def _check_extra(at: str, extra: object) -> None:
    if not isinstance(extra, Mapping):
        raise InvalidLabel(at, "is no table", "keys of the request's body")
    for key in OURS:
        if key in extra:
            hint = "the budget rests on it: it is set by the keys of the model, or not at all"
            raise InvalidLabel(f"{at}.{key}", "cannot be given", hint)
    if not isinstance(extra.get("options", {}), Mapping):
        raise InvalidLabel(f"{at}.options", "is no table", "such as options = { num_ctx = 32768 }")


def _check_number(at: str, key: str, value: Any) -> None:
    if value is None and key == "temperature":
        return
    low, high = _RANGES[key]
    default = cast(Any, Model.__dataclass_fields__[key].default)
    whole = isinstance(default, int) and key not in ("timeout_seconds",)
    fits = isinstance(value, int) if whole else isinstance(value, int | float)
    if isinstance(value, bool) or not fits or not low <= value <= high:
        kind = "a whole number" if whole else "a number"
        raise InvalidLabel(at, f"{value!r:.80} is not possible", f"{kind} from {low} to {high}")


def _check_url(at: str, url: str) -> None:
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    except ValueError:
        fits = False
    if not fits or "?" in url or "#" in url:
        hint = "http(s)://HOST/PATH; the key goes under `secret`, by its name"
        raise InvalidLabel(at, "cannot be an address", hint)
