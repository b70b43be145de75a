"""The REST interface: routers translate, and call one function each."""

from fastapi import Depends, FastAPI

from server.api import (
    accounts,
    adjudication,
    assignments,
    care,
    connections,
    consensus,
    datasets,
    exports,
    health,
    interactions,
    judging,
    questions,
    queues,
    redaction,
    reports,
    sending,
    webhooks,
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
    consensus.router,
    judging.router,
    care.router,
    exports.router,
    datasets.router,
    accounts.router,
    redaction.router,
    connections.router,
    sending.router,
    webhooks.router,
)


def include(app: FastAPI) -> None:
    """Give an app every route of the interface."""
    for router in ROUTERS:
        app.include_router(router, dependencies=[Depends(known_query)])
    app.include_router(health.router)
