"""The REST interface: routers translate, and call one function each."""

from fastapi import Depends, FastAPI

from server.api import (
    accounts,
    adjudication,
    assignments,
    care,
    consensus,
    exports,
    health,
    interactions,
    patterns,
    questions,
    queues,
    reports,
    texts,
)
from server.api.deps import known_query

# The busiest first: routes are tried in order.
ROUTERS = (
    assignments.router,
    interactions.router,
    queues.router,
    questions.router,
    reports.router,
    adjudication.router,
    patterns.router,
    texts.router,
    consensus.router,
    care.router,
    exports.router,
    accounts.router,
)


def include(app: FastAPI) -> None:
    """Give an app every route of the interface."""
    for router in ROUTERS:
        app.include_router(router, dependencies=[Depends(known_query)])
    app.include_router(health.router)
