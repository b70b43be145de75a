"""What went wrong, as every client sees it: one table, one shape.

{"error": {"code", "message", "field"?, "hint"?}}
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from labeling.errors import GuidelineError, InvalidLabel, JudgeError, NotAllowed, NotAssigned
from server.gate import TooMany
from server.settings import Settings, SettingsError
from storage import BadRow, Conflict, NotFound, PullFault, StoreOutdated, Unavailable
from storage.sinks import NotTaken
from storage.types import encode_json

log = logging.getLogger("goldloop.api")


class Refused(Exception):
    """A request that the server does not take as it is."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        field: str | None = None,
        hint: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.field, self.hint = field, hint
        self.headers = dict(headers or {})


class Said(NamedTuple):
    """An error as it is told."""

    status: int
    code: str
    message: str
    field: str | None = None
    hint: str | None = None

    def body(self) -> dict[str, str]:
        """The `error` object of the public contract."""
        told = {
            "code": self.code, "message": self.message, "field": self.field, "hint": self.hint
        }  # fmt: skip
        return {key: value for key, value in told.items() if value is not None}


def _invalid(error: ValidationError) -> Said:
    first = error.errors(include_url=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or None
    hint = None if first["type"] == "missing" else f"it was {first['input']!r:.80}"
    message = str(first["msg"]).removeprefix("Value error, ")
    if error.title == Settings.__name__ and field is not None:
        message = f"GOLDLOOP_{field.upper()}: {message}"
    return Said(422, "invalid", message, field, hint)


def unfit_body(error: ValidationError, keys: Sequence[str]) -> Refused:
    """A body that does not have the form asked for: the first fault, and what would be right."""
    told = _invalid(error)
    message, hint = told.message, told.hint
    kind = error.errors(include_url=False, include_context=False, include_input=False)[0]["type"]
    if kind == "extra_forbidden":
        message, hint = "there is no such key", f"possible: {', '.join(keys)}"
    elif kind == "missing":
        message, hint = "is missing", "send it in the JSON object of the body"
    elif kind == "json_invalid":
        hint = "the body is one JSON object in UTF-8"
    return Refused(422, "invalid", message, field=told.field, hint=hint)


# Each line: what is raised, what is told.
TOLD: dict[type[Exception], Callable[[Any], Said]] = {
    NotFound: lambda e: Said(404, "not_found", str(e)),
    Conflict: lambda e: Said(409, e.code, e.message, None, e.hint),
    BadRow: lambda e: Said(422, "invalid", e.message, e.field, e.hint),
    StoreOutdated: lambda e: Said(503, "store_outdated", str(e), None, "goldloop migrate"),
    PullFault: lambda e: Said(502, "platform_fault", e.message, None, e.hint),
    InvalidLabel: lambda e: Said(422, "invalid", e.message, e.field, e.hint),
    NotAssigned: lambda e: Said(404, "not_found", str(e)),
    NotAllowed: lambda e: Said(
        403, "not_allowed", str(e), None, "ask the lead of the queue to let you in"
    ),
    JudgeError: lambda e: Said(502, "judge_failed", str(e) or "the judge could not be asked"),
    GuidelineError: lambda e: Said(422, "bad_guideline", e.told, e.key, e.hint),
    Refused: lambda e: Said(e.status, e.code, e.message, e.field, e.hint),
    ValidationError: _invalid,
    NotTaken: lambda e: Said(502, "not_taken", e.message),
    TooMany: lambda e: Said(429, "too_many", str(e), None, "send it again in a moment"),
    Unavailable: lambda e: Said(503, "unavailable", str(e), None, "send it again in a moment"),
    SettingsError: lambda e: Said(500, "bad_settings", str(e)),
}

HTTP_CODES = {404: "not_found", 405: "method_not_allowed"}


def said(error: Exception) -> Said | None:
    """What is told of an error that is raised on purpose; None for a fault of ours."""
    for kind in type(error).__mro__:
        if kind in TOLD:
            return TOLD[kind](error)
    return None


def known(error: Exception) -> bool:
    """Whether an error is one that we raise on purpose."""
    return said(error) is not None


def error_body(error: Exception) -> dict[str, str]:
    """The `error` object of an error that is raised on purpose."""
    found = said(error)
    return {"code": "internal", "message": str(error)} if found is None else found.body()


def error_response(told: Said, headers: Mapping[str, str] | None = None) -> Response:
    """The reply that tells of an error."""
    content = encode_json({"error": told.body()}).encode()
    return Response(content, told.status, dict(headers or {}), "application/json")


def install(app: FastAPI) -> None:
    """Let every error of an app answer in the one shape."""
    for kind in TOLD:
        app.add_exception_handler(kind, _expected)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _parameters)
    app.add_exception_handler(Exception, _fault)


async def _expected(_request: Request, error: Exception) -> Response:
    told = said(error) or Said(500, "internal", "an error of the server")
    return error_response(told, error.headers if isinstance(error, Refused) else None)


async def _http(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = str(error.detail) if isinstance(error, HTTPException) else "an error of the server"
    headers = error.headers if isinstance(error, HTTPException) else None
    return error_response(Said(status, HTTP_CODES.get(status, "refused"), detail), headers)


async def _parameters(_request: Request, error: Exception) -> Response:
    """A query or path parameter of the wrong type."""
    first = error.errors()[0] if isinstance(error, RequestValidationError) else {}
    field = ".".join(str(part) for part in first.get("loc", ())[1:]) or None
    message = "is missing" if first.get("type") == "missing" else str(first.get("msg", "invalid"))
    return error_response(Said(422, "invalid", message, field, f"say ?{field}=..."))


async def _fault(request: Request, error: Exception) -> Response:
    """A fault of ours: the log has it all, the client nothing that helps an attacker."""
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return error_response(Said(500, "internal", "an error of the server; its log says more"))
