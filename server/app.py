"""Where everything is put together: store, guidelines, routes, pages, guard."""

import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from labeling.desk import Desk
from labeling.guideline import load_guidelines
from labeling.queues import sync_guidelines
from labeling.ui import files
from server import api, logs
from server.api import errors, openapi
from server.api.deps import Clock, House, utc_now
from server.guard import ACCOUNT, Guard
from server.pages.login import build_login
from server.scheduler import Scheduler
from server.settings import Settings, quiet_gradio
from storage import ensure_current, open_store

if TYPE_CHECKING:
    import gradio as gr

NEVER_SECONDS = 3600.0
STATIC_FOLDERS: list[str | tuple[str, str]] = [
    ("labeling.ui", "static"),
    ("server.pages", "static"),
]


def create_app(settings: Settings, *, clock: Clock = utc_now) -> FastAPI:
    """The whole application on the database of the settings."""
    logs.to_stderr(verbose=settings.verbose)
    house = open_house(settings, clock)
    app = assemble(house)
    _mount_pages(app, house)
    return app


def assemble(house: House) -> FastAPI:
    """The application without its Gradio pages: REST, log-in, guard."""
    app = FastAPI(
        title="Goldloop",
        version=version("goldloop"),
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan(house),
        redirect_slashes=False,
    )
    app.state.house = house
    app.openapi = lambda: openapi.describe(app)  # type: ignore[method-assign]
    errors.install(app)
    api.include(app)
    app.include_router(build_login())
    app.mount(files.JOINED_URL, GZipMiddleware(_joined))
    app.mount("/static", GZipMiddleware(StaticFiles(packages=STATIC_FOLDERS)))
    app.add_middleware(Guard, house=house)
    if house.settings.verbose:
        app.add_middleware(logs.AccessLog)
    return app


async def _joined(scope: Scope, receive: Receive, send: Send) -> None:
    name = scope["path"].rpartition("/")[2]
    if name not in files.JOINED:
        raise HTTPException(404)
    kind = "text/css" if name.endswith(".css") else "text/javascript"
    await Response(files.joined(name), media_type=kind)(scope, receive, send)


def open_house(settings: Settings, clock: Clock) -> House:
    """The store at this program's schema, with every queue on the newest guideline."""
    store = open_store(settings.database_url)
    ensure_current(store)
    guidelines = load_guidelines(*settings.guideline_folders())
    with store.write() as session:
        sync_guidelines(session, guidelines, clock())
    return House(settings, store, guidelines, clock)


def _lifespan(house: House) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        scheduler = (
            Scheduler(house.store, house.clock, house.settings.patience())
            if house.settings.scheduler
            else None
        )
        if scheduler is not None:
            scheduler.start()
        gc.collect()
        gc.freeze()  # what is here now stays: no later collection has to go through all of it
        try:
            yield
        finally:
            if scheduler is not None:
                scheduler.stop()
            house.turns.stop()
            house.store.close()

    return lifespan


def _mount_pages(app: FastAPI, house: House) -> None:
    quiet_gradio()
    from labeling.guidance import Guidance
    from labeling.ui import annotate
    from labeling.ui.care import care_calls
    from labeling.ui.guidance import guidance_calls
    from labeling.ui.lists import list_calls
    from server.pages import admin, lead, shell

    desk = Desk(house.store, house.clock)
    calls = [
        *annotate.desk_calls(desk),
        *list_calls(desk),
        *guidance_calls(Guidance(house.store, house.clock)),
        *care_calls(house.store, house.clock),
    ]
    _mount(app, "/label", annotate.build_annotate(calls), annotate.mount_options())
    _mount(app, "/lead", lead.build_lead(house), shell.mount_options())
    _mount(app, "/admin", admin.build_admin(house), shell.mount_options())


def _mount(app: FastAPI, path: str, page: "gr.Blocks", options: dict[str, Any]) -> None:
    import gradio as gr

    # Nothing of ours is queued; Gradio would look into the empty queue a thousand times a second.
    page._queue.sleep_when_free = page._queue.progress_update_sleep_when_free = NEVER_SECONDS
    gr.mount_gradio_app(
        app,
        page,
        path=path,
        auth_dependency=_name_of,
        ssr_mode=False,
        run_history=False,
        footer_links=[],
        show_error=False,
        enable_monitoring=False,
        mcp_server=False,
        pwa=False,
        max_file_size="1mb",
        app_kwargs={"openapi_url": None},
        **options,
    )


def _name_of(request: Request) -> str | None:
    """Who the guard let in."""
    account = request.scope.get(ACCOUNT)
    return None if account is None else str(account.name)
