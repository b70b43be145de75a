"""The REST interface: routers translate, and call one function each."""

from fastapi import FastAPI

from server.api import health

ROUTERS = (health.router,)


def include(app: FastAPI) -> None:
    """Give an app every route of the interface."""
    for router in ROUTERS:
        app.include_router(router)
