"""One pull of one connection: which window, which page, what is kept when it breaks off.

A window is walked stage by stage. After every page its rows are stored and the place is kept on
the connection, in that order: whoever is killed between the two reads one page again, and rows
that are here count as duplicates. The next window begins a little before the last one ended, and
once a day some days before it, because spans, scores and annotations come late.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

import httpx

from storage.clock import Clock
from storage.engine import AnyRow, Session, Store
from storage.errors import Conflict, PullFault
from storage.intake import Intake, take
from storage.pull.http import Api
from storage.pull.langfuse import Langfuse
from storage.pull.langsmith import Langsmith
from storage.pull.mlflow import Mlflow
from storage.pull.page import TWICE, Asked, Page, Puller
from storage.pull.phoenix import Phoenix
from storage.pull.preview import Preview
from storage.queries import connections
from storage.queries.leases import take_lease
from storage.queries.targets import known_ids
from storage.sources.platforms import parse_scales

PULLERS: dict[str, Callable[[Asked], Puller]] = {
    "phoenix": Phoenix,
    "mlflow": Mlflow,
    "langfuse": Langfuse,
    "langsmith": Langsmith,
}
"""How each kind of platform is asked."""
PAGE_SIZE = 100
OVERLAP_MINUTES = 60
REREAD_DAYS = 7
REREAD_HOURS = 24
LEASE = timedelta(minutes=2)
MOST_PAGES = 20_000
"""Most pages of one pull; the next one goes on."""
_BAD_CURSOR = (400, 404, 410, 422)


@dataclass(frozen=True)
class Outside:
    """What a pull needs of the world."""

    client: httpx.Client
    clock: Clock
    wait: Callable[[float], object]
    secret: Callable[[str], str]
    """A key by its name; raises when it is nowhere."""
    stopped: Callable[[], bool] = lambda: False
    """Whether to end after this page, as the process wants to end."""


@dataclass(frozen=True)
class PullOrder:
    """What is to be pulled."""

    since: datetime | None = None
    """Nothing that began before; None: where the last pull ended."""
    limit: int | None = None
    """Stop after the page that brings this many objects; the next pull goes on there."""
    dry_run: bool = False
    """Look at the first page of every stage and store nothing."""


@dataclass
class PullReport:
    """What a pull brought."""

    connection: str
    since: datetime | None
    until: datetime
    intake: Intake = field(default_factory=Intake)
    pages: int = 0
    finished: bool = False
    fault: PullFault | None = None
    preview: Preview | None = None
    """What would come, of a dry run."""

    def to_json(self) -> dict[str, Any]:
        """The report as it is shown."""
        found: dict[str, Any] = {
            "connection": self.connection,
            "since": self.since,
            "until": self.until,
            "pages": self.pages,
            "finished": self.finished,
        }
        if self.preview is not None:
            return {**found, "dry_run": True, **self.preview.to_json()}
        fault = None if self.fault is None else told_fault(self.fault)
        return {**found, "fault": fault, **self.intake.to_json()}


def told_fault(fault: PullFault) -> str:
    """A fault in one line, with what to do."""
    return fault.message if fault.hint is None else f"{fault.message} ({fault.hint})"


def due_names(session: Session, now: datetime) -> list[str]:
    """Connections whose time has come, the one that waits longest first."""
    due = [
        row
        for row in connections.connection_rows(session)
        if row.every_minutes is not None
        and (row.pulled_at is None or row.pulled_at + timedelta(minutes=row.every_minutes) <= now)
    ]
    return [row.name for row in sorted(due, key=lambda row: str(row.pulled_at or ""))]


def check(store: Store, name: str, outside: Outside) -> str:
    """What the platform says of the project of a connection.

    Raises
    ------
    NotFound
        If there is no such connection.
    PullFault
        If the platform does not answer as it should.
    """
    with store.read() as session:
        row = connections.connection_named(session, name)
    now = outside.clock()
    return PULLERS[row.kind](_asked(store, row, outside, _Window(now, now), PullOrder())).check()


def pull(store: Store, name: str, outside: Outside, order: PullOrder) -> PullReport:
    """Bring what is new on a platform; a fault of the platform is in the report and is kept.

    Raises
    ------
    NotFound
        If there is no such connection.
    Conflict
        `pulling` when another process pulls it at this moment.
    """
    with store.read() as session:
        row = connections.connection_named(session, name)
    if order.dry_run:
        return _look(store, row, outside, order)
    holder = token_hex(8)
    _hold(store, row, holder, outside.clock, LEASE)
    try:
        with store.read() as session:  # as it is now that nobody else moves it on
            row = connections.connection_named(session, name)
        return _Pull(store, row, outside, order, holder).run()
    finally:
        _hold(store, row, holder, outside.clock, timedelta(0))


@dataclass(frozen=True)
class _Window:
    since: datetime | None
    until: datetime
    deep: bool = False
    """Whether it looks back for what came late."""
    stage: str | None = None
    cursor: str | None = None
    wish: bool = False
    """Whether it was asked for beside the usual ones, which then go on where they were."""

    def to_json(self) -> dict[str, Any]:
        since = None if self.since is None else self.since.isoformat()
        return {"since": since, "until": self.until.isoformat(), "deep": self.deep,
                "stage": self.stage, "cursor": self.cursor}  # fmt: skip


def _window(row: AnyRow, order: PullOrder, now: datetime) -> _Window:
    """The window that was left unfinished, or the next one."""
    progress, options = row.progress, row.options
    if order.since is not None:
        return _Window(order.since, now, wish="until" in progress or "window" in progress)
    if left := progress.get("window"):
        return _Window(
            _moment(left["since"]),
            datetime.fromisoformat(left["until"]),
            left["deep"],
            left["stage"],
            left["cursor"],
        )
    until = _moment(progress.get("until"))
    if until is None:
        return _Window(None, now, deep=True)
    reread = _moment(progress.get("reread_at"))
    hours = timedelta(hours=options.get("reread_hours", REREAD_HOURS))
    deep = reread is None or reread + hours <= now
    back = timedelta(minutes=options.get("overlap_minutes", OVERLAP_MINUTES))
    if deep:
        back = max(back, timedelta(days=options.get("reread_days", REREAD_DAYS)))
    return _Window(until - back, now, deep)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _hold(store: Store, row: AnyRow, holder: str, clock: Clock, span: timedelta) -> None:
    now = clock()
    with store.write(durable=False) as session:
        mine = take_lease(session, f"pull:{row.id}", holder, now, now + span)
    if not mine and span:
        raise Conflict("pulling", f"{row.name!r} is being pulled", "wait until it has ended")


def _asked(store: Store, row: AnyRow, outside: Outside, window: _Window, order: PullOrder) -> Asked:
    secret = outside.secret(row.secret) if row.secret else ""
    if not (secret.isascii() and secret.isprintable()):
        raise PullFault(f"the secret {row.secret!r:.80} holds what no header can", "copy it again")
    headers = {"accept": "application/json", **_login(row, secret)}
    size = row.options.get("page_size", PAGE_SIZE)

    def known(ids: Any) -> set[str]:
        with store.read() as session:
            return known_ids(session, row.source, ids)

    scales = {
        name.removeprefix("scale."): value
        for name, value in row.options.items()
        if name.startswith("scale.")
    }
    return Asked(
        api=Api(outside.client, row.url, headers, outside.wait, secret),
        project=row.project,
        since=window.since,
        until=window.until,
        size=size if order.limit is None else max(1, min(size, order.limit)),
        known=known,
        options=row.options,
        scales=parse_scales(scales),
    )


def _login(row: AnyRow, secret: str) -> Mapping[str, str]:
    """The header that each kind of platform wants to see the key in."""
    if not secret:
        return {}
    if row.kind == "langsmith":
        tenant = row.options.get("tenant")
        return {"x-api-key": secret, **({"x-tenant-id": tenant} if tenant else {})}
    if row.kind == "langfuse" or (row.kind == "mlflow" and ":" in secret):
        return {"authorization": f"Basic {b64encode(secret.encode()).decode()}"}
    return {"authorization": f"Bearer {secret}"}


def _look(store: Store, row: AnyRow, outside: Outside, order: PullOrder) -> PullReport:
    """The first page of every stage, read and not stored."""
    window = _window(row, order, outside.clock())
    report = PullReport(row.name, window.since, window.until, preview=Preview())
    asked = _asked(store, row, outside, window, order)
    puller = PULLERS[row.kind](asked)
    for stage in puller.stages:
        page = puller.page(stage, None)
        report.pages += 1
        if report.preview is not None:
            report.preview.add(page, asked.known, outside.clock())
    return report


class _Pull:
    """A window that is being walked."""

    def __init__(
        self, store: Store, row: AnyRow, outside: Outside, order: PullOrder, holder: str
    ) -> None:
        self._store, self._row, self._outside = store, row, outside
        self._order, self._holder = order, holder
        self._window = _window(row, order, outside.clock())
        self._report = PullReport(row.name, self._window.since, self._window.until)

    def run(self) -> PullReport:
        """Walk it to its end, to a fault or to the limit."""
        report, fault = self._report, None
        try:
            asked = _asked(self._store, self._row, self._outside, self._window, self._order)
            report.finished = self._walk(PULLERS[self._row.kind](asked))
        except PullFault as error:
            report.fault = fault = error
            if self._window.cursor is not None and error.status in _BAD_CURSOR:
                self._keep(None)  # the next pull begins this window anew
        values: dict[str, Any] = {"pulled_at": self._outside.clock()}
        values["fault"] = None if fault is None else told_fault(fault)
        if report.finished and not self._window.wish:
            values["progress"] = self._done()
        self._change(values)
        return report

    def _walk(self, puller: Puller) -> bool:
        """Whether the window was walked to its end."""
        stages = list(puller.stages)
        if self._window.stage not in stages:
            self._window = replace(self._window, stage=stages[0], cursor=None)
        for stage, following in zip(stages, [*stages[1:], None], strict=True):
            if stage == self._window.stage and not self._walk_stage(puller, stage, following):
                return False
        return True

    def _walk_stage(self, puller: Puller, stage: str, following: str | None) -> bool:
        """Whether a stage was walked to its end; then the place is the beginning of the next."""
        seen: set[str] = set()
        while True:
            page = puller.page(stage, self._window.cursor)
            enough = self._take(page)
            if page.following is None:
                if following is not None:
                    self._keep_place(following, None)
                return following is None or not enough
            if page.following in seen or page.following == self._window.cursor:
                raise PullFault(TWICE)
            seen.add(page.following)
            self._keep_place(stage, page.following)
            if enough:
                return False

    def _take(self, page: Page) -> bool:
        """Store a page; whether that is as much as was wanted."""
        taken = take(self._store, page.brought, self._row.source, clock=self._outside.clock)
        self._report.intake.add(taken)
        self._report.pages += 1
        seen = self._report.intake.interactions
        brought = seen.accepted + seen.duplicate + seen.rejected_total
        if self._report.pages >= MOST_PAGES or self._outside.stopped():
            return True
        return self._order.limit is not None and brought >= self._order.limit

    def _keep_place(self, stage: str, cursor: str | None) -> None:
        window = self._window
        self._window = replace(window, stage=stage, cursor=cursor)
        _hold(self._store, self._row, self._holder, self._outside.clock, LEASE)
        self._keep(self._window.to_json())

    def _keep(self, window: dict[str, Any] | None) -> None:
        if not self._window.wish:
            progress = {**self._row.progress, "window": window}
            self._change({"progress": {key: one for key, one in progress.items() if one}})

    def _done(self) -> dict[str, Any]:
        """Where the next window begins."""
        progress = {key: one for key, one in self._row.progress.items() if key != "window"}
        progress["until"] = self._window.until.isoformat()
        if self._window.deep or "reread_at" not in progress:
            progress["reread_at"] = self._outside.clock().isoformat()
        return progress

    def _change(self, values: dict[str, Any]) -> None:
        with self._store.write() as session:
            connections.change_connection(session, self._row.id, values)
