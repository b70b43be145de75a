"""What `/openapi.json` says: FastAPI's description with our errors and our tokens."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string", "description": "Stable, for machines."},
                "message": {"type": "string"},
                "field": {"type": "string", "description": "What the message is about."},
                "hint": {"type": "string", "description": "What would be right."},
            },
        }
    },
}
REFUSED = {
    "description": "Refused; the body says why.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}
DONE = {"200": "Done", "201": "Made"}


def describe(app: FastAPI) -> dict[str, Any]:
    """The description, made once."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, routes=app.routes)
        for path, operations in made["paths"].items():
            for operation in operations.values():
                _amend(operation, secured=path.startswith("/v1/"))
        made["components"] = {
            "schemas": {"Error": ERROR},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        }
        app.openapi_schema = made
    return app.openapi_schema


def _amend(operation: dict[str, Any], *, secured: bool) -> None:
    replies = operation["responses"]
    replies.pop("422", None)
    for status, told in replies.items():
        told["description"] = DONE.get(status, told["description"])
    if secured:
        replies["4XX"] = REFUSED
        operation["security"] = [{"token": []}]
