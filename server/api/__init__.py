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
    langfuse,
    langsmith,
    otlp,
    patterns,
    questions,
    queues,
    redaction,
    reports,
    sending,
    texts,
    webhooks,
)
from server.api.deps import known_query

# The busiest first: routes are tried in order.
ROUTERS = (
    assignments.router,
    interactions.router,
    otlp.router,
    queues.router,
    questions.router,
    reports.router,
    adjudication.router,
    patterns.router,
    texts.router,
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

# What clients of other tools post to, with whatever parameters they like.
OF_OTHERS = (langfuse.router, langsmith.router)


def include(app: FastAPI) -> None:
    """Give an app every route of the interface."""
    for router in ROUTERS:
        app.include_router(router, dependencies=[Depends(known_query)])
    for router in OF_OTHERS:
        app.include_router(router)
    app.include_router(health.router)
