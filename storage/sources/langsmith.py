"""LangSmith: runs and feedback, as its API gives them and its SDK posts them.

An interaction is a run of type llm, its id the id of the run; of a trace without one it is the
root run. What was posted when a run began and patched when it ended is one run.
"""

from collections.abc import Mapping
from typing import Any

from storage.errors import BadRow
from storage.sources.brought import (
    Brought,
    Json,
    Opinion,
    Scales,
    add_opinion,
    inner,
    milliseconds,
    names_of,
    present,
    read_each,
)  # fmt: skip
from storage.sources.chats import messages_of, responses_of
from storage.sources.jsonl import Row

_MACHINES = {"model": "LLM", "auto_eval": "LLM"}


def recognises(value: Json) -> bool:
    """Whether an object is certainly one of LangSmith's."""
    run = "run_type" in value and ("dotted_order" in value or "trace_id" in value)
    return run or _is_feedback(value)


def read(objects: list[Row], scales: Scales) -> Brought:
    """What runs and feedback bring; the parts of a run are put together first."""
    runs: dict[str, dict[str, Any]] = {}

    def one(index: int, value: Json, found: Brought) -> None:
        if _is_feedback(value):
            add_feedback(index, value, found, scales)
        else:
            name = str(value.get("id"))
            run = runs.setdefault(name, {"index": index})
            run |= {key: part for key, part in value.items() if part not in (None, {}, [])}

    found = read_each(objects, one)
    brought = read_runs(list(runs.values()))
    found.interactions += brought.interactions
    found.passed += brought.passed
    return found


def read_runs(runs: list[dict[str, Any]]) -> Brought:
    """The interactions among runs, each with the place it had as `index`."""
    of_models = {str(run.get("trace_id")) for run in runs if run.get("run_type") == "llm"}
    chosen: list[Row] = []
    passed = 0
    for run in runs:
        alone = not run.get("parent_run_id") and str(run.get("trace_id")) not in of_models
        if (run.get("run_type") == "llm" or alone) and run.get("end_time") is not None:
            chosen.append((run.get("index", 0), run))
        else:
            passed += 1
    found = read_each(chosen, _interaction)
    found.passed += passed
    return found


def add_feedback(index: int, value: Json, found: Brought, scales: Scales) -> None:
    """What feedback says of a run, or of the last interaction of its trace."""
    source = inner(value, "feedback_source")
    score = value.get("score")
    shown = value.get("value")
    said = Opinion(
        interaction_id=value.get("run_id"),
        trace_id=value.get("trace_id") or value.get("run_id"),
        name=value.get("key"),
        by=_MACHINES.get(str(source.get("type")), "HUMAN"),
        value=score if score is not None else shown,
        label=shown if score is not None and isinstance(shown, str) else None,
        comment=value.get("comment"),
        actor=source.get("user_id") or inner(source, "metadata").get("user"),
        created_at=value.get("created_at"),
        expected=value.get("correction"),
    )
    add_opinion(found, index, said, scales)


def _is_feedback(value: Json) -> bool:
    return "run_id" in value and "key" in value and "feedback_source" in value


def _interaction(index: int, run: Json, found: Brought) -> None:
    if "inputs" not in run:
        hint = "put what was posted and what was patched into one file"
        raise BadRow("inputs", "missing: this is only the end of a run", hint)
    about = inner(run, "extra", "metadata")
    said = run.get("outputs")
    told = inner(run, "outputs", "usage_metadata") or inner(run, "outputs", "usage")
    failed = bool(run.get("error"))
    row = {
        "id": run.get("id"),
        "trace_id": run.get("trace_id"),
        "messages": messages_of(run.get("inputs")),
        "responses": [] if failed and not said else responses_of(said),
        "created_at": run.get("start_time"),
        "latency_ms": milliseconds(run.get("start_time"), run.get("end_time")),
        "session_id": _first(about, "session_id", "conversation_id", "thread_id"),
        "user_id": about.get("user_id"),
        "model": inner(said).get("model") or about.get("ls_model_name"),
        "tags": names_of(run.get("tags")),
        "usage": {
            "input_tokens": _count(run, told, "prompt_tokens", "input_tokens"),
            "output_tokens": _count(run, told, "completion_tokens", "output_tokens"),
        },
        "cost_usd": run.get("total_cost") or None,
        "flags": ["error"] if failed else None,
        "metadata": _metadata(run, about),
    }
    found.interactions.append((index, present(row)))


def _count(run: Json, told: Mapping[str, Any], *names: str) -> Any:
    return next((one[key] for one in (told, run) for key in names if one.get(key)), None)


def _first(about: Json, *names: str) -> Any:
    return next((about[name] for name in names if about.get(name)), None)


def _metadata(run: Json, about: Json) -> dict[str, Any]:
    own = {key: one for key, one in about.items() if not key.startswith(("LANGSMITH_", "ls_"))}
    kept = {
        "platform": "langsmith",
        "run_name": run.get("name"),
        "run_type": run.get("run_type"),
        "parent_run_id": run.get("parent_run_id"),
        "project": run.get("session_name"),
        "error": run.get("error"),
    }
    return own | present(kept)
