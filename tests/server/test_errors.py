"""Every error that is raised on purpose has its line in the table; every answer has one shape."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

import labeling
import storage
from labeling.errors import GuidelineError, InvalidLabel, LabelingError, NotAllowed, NotAssigned
from server.api.errors import TOLD, Refused, error_body, known, said
from storage import BadRow, Conflict, NotFound, StorageError, StoreOutdated

SAMPLES: dict[type[Exception], tuple[Exception, int, dict[str, str]]] = {
    NotFound: (
        NotFound("queue", "q"), 404, {"code": "not_found", "message": "no queue 'q'"}
    ),
    Conflict: (
        Conflict("exists", "there is one", "take another"),
        409,
        {"code": "exists", "message": "there is one", "hint": "take another"},
    ),
    BadRow: (
        BadRow("id", "is missing", "give one"),
        422,
        {"code": "invalid", "message": "is missing", "field": "id", "hint": "give one"},
    ),
    StoreOutdated: (
        StoreOutdated("old"), 503,
        {"code": "store_outdated", "message": "old", "hint": "goldloop migrate"},
    ),
    InvalidLabel: (
        InvalidLabel("quality", "9 is out of range"),
        422,
        {"code": "invalid", "message": "9 is out of range", "field": "quality"},
    ),
    NotAssigned: (
        NotAssigned(7), 404, {"code": "not_found", "message": "no assignment 7 of yours"}
    ),
    Refused: (
        Refused(418, "teapot", "no coffee", field="cup"),
        418,
        {"code": "teapot", "message": "no coffee", "field": "cup"},
    ),
}  # fmt: skip


def raised_on_purpose() -> Iterator[type[Exception]]:
    """Every exception class of the rooms below, wherever it is written."""
    for room in (storage, labeling):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if ".migrations" in module.name or "pages" in module.name:
                continue
            for _, found in inspect.getmembers(importlib.import_module(module.name)):
                if (
                    inspect.isclass(found)
                    and issubclass(found, Exception)
                    and found.__module__.split(".")[0] == room.__name__
                    and found not in (StorageError, LabelingError)
                ):
                    yield found


def test_every_exception_class_has_its_line() -> None:
    classes = set(raised_on_purpose())
    assert {NotFound, Conflict, BadRow, InvalidLabel, NotAllowed, GuidelineError} <= classes
    assert {one.__name__ for one in classes if not any(k in TOLD for k in one.__mro__)} == set()


@pytest.mark.parametrize("kind", SAMPLES, ids=lambda kind: kind.__name__)
def test_status_and_body(kind: type[Exception]) -> None:
    error, status, body = SAMPLES[kind]
    told = said(error)
    assert told is not None
    assert (told.status, error_body(error)) == (status, body)


def test_a_guideline_error_names_the_key() -> None:
    error = GuidelineError("fields.toml", 3, "fields[0].min", "is no number", "write min = 1")
    assert error_body(error)["field"] == "fields[0].min"
    assert error_body(error)["message"] == "fields.toml:3: fields[0].min: is no number"
    assert error_body(error)["hint"] == "write min = 1"
    assert error_body(error)["code"] == "bad_guideline"


def test_a_fault_is_not_known() -> None:
    assert not known(RuntimeError("boom"))


def test_not_found_and_wrong_method(sqlite_town) -> None:
    client = sqlite_town.client("root")
    missing = client.get("/v1/nothing")
    assert missing.status_code == 404
    assert missing.json() == {"error": {"code": "not_found", "message": "Not Found"}}
    wrong = client.delete("/v1/queues")
    assert wrong.status_code == 405
    assert wrong.json()["error"]["code"] == "method_not_allowed"


def test_a_bad_query_parameter_is_named(sqlite_town) -> None:
    sqlite_town.queue(tasks=0)
    answer = sqlite_town.client("root").post("/v1/queues/q/draws?dry_run=perhaps", json={})
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == "dry_run"


def test_a_missing_query_parameter_is_named(sqlite_town) -> None:
    sqlite_town.queue(tasks=0)
    answer = sqlite_town.client("root").get("/v1/queues/q/export")
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == "format"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{", None),
        (b"[]", None),
        (b'{"guideline": "response-quality"}', "name"),
        (b'{"name": "a", "guideline": "response-quality", "overlap": "two"}', "overlap"),
        (b'{"name": "a", "guideline": "response-quality", "overlp": 2}', "overlp"),
        (b"\xff\xfe", None),
    ],
)
def test_a_bad_body_names_its_field(sqlite_town, body: bytes, field: str | None) -> None:
    answer = sqlite_town.client("lee").post("/v1/queues", content=body)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "invalid"
    assert error.get("field") == field


def test_a_body_past_the_limit(sqlite_town) -> None:
    limit = sqlite_town.house.settings.max_request_bytes
    answer = sqlite_town.client("lee").post("/v1/queues", content=b" " * (limit + 1))
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "too_large"


def test_a_body_without_declared_length_past_the_limit(sqlite_town) -> None:
    def endless():
        for _ in range(10):
            yield b" " * (sqlite_town.house.settings.max_request_bytes // 5)

    answer = sqlite_town.client("lee").post("/v1/queues", content=endless())
    assert answer.status_code == 413


def test_a_fault_tells_nothing(sqlite_town, caplog: pytest.LogCaptureFixture) -> None:
    @sqlite_town.app.get("/v1/broken")
    def broken() -> None:
        raise RuntimeError("the secret of the house")

    client = TestClient(sqlite_town.app, raise_server_exceptions=False)
    answer = client.get("/v1/broken")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal"
    assert "secret" not in answer.text
    assert "the secret of the house" in caplog.text
