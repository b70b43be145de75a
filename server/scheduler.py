"""When the jobs run. One scheduler works at a time, by a lease in the database."""

import logging
import secrets
from datetime import datetime
from functools import partial
from threading import Event

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from server import jobs
from server.jobs import Clock
from server.outside import open_outside
from server.settings import Settings
from storage import Store

log = logging.getLogger("goldloop.scheduler")


class Scheduler:
    """The jobs of one process, started and stopped with it."""

    def __init__(
        self, store: Store, clock: Clock, settings: Settings | None = None, *, seconds: int = 30
    ) -> None:
        self._store, self._clock = store, clock
        self._holder, self._ending = secrets.token_hex(8), Event()
        self._background = BackgroundScheduler(timezone="UTC")
        once: dict[str, object] = {"coalesce": True, "max_instances": 1}
        self._background.add_job(self._schedules, IntervalTrigger(seconds=seconds), **once)
        self._background.add_job(self._slots, IntervalTrigger(seconds=seconds), **once)
        self._background.add_job(self._reports, IntervalTrigger(seconds=2 * seconds), **once)
        self._background.add_job(self._people, IntervalTrigger(seconds=seconds), **once)
        if settings is not None:
            judges = partial(self._judges, settings)
            self._background.add_job(judges, IntervalTrigger(seconds=5), **once)
        self._background.add_job(self._datasets, IntervalTrigger(seconds=2 * seconds), **once)
        self._background.add_job(self._logins, IntervalTrigger(hours=1), **once)
        self._outside = (
            open_outside(settings, clock, self._ending) if settings is not None else None
        )
        if self._outside is not None:
            self._background.add_job(self._pulls, IntervalTrigger(seconds=seconds), **once)

    def start(self) -> None:
        """Begin; the first look at the schedules is at once."""
        self._background.start()
        self._background.add_job(self._schedules, next_run_time=datetime.now().astimezone())

    def stop(self) -> None:
        """End after the running job."""
        self._ending.set()
        self._background.shutdown(wait=True)
        if self._outside is not None:
            self._outside.client.close()

    def _schedules(self) -> None:
        for drawn in jobs.keep_schedules(self._store, self._clock, self._holder):
            log.info("drew %s tasks into queue %s", drawn["new_tasks"], drawn["queue"])

    def _reports(self) -> None:
        for queue in jobs.keep_reports(self._store, self._clock, self._holder):
            log.debug("made the report of queue %s", queue)

    def _slots(self) -> None:
        jobs.free_slots(self._store, self._clock)

    def _people(self) -> None:
        for told in jobs.learn_people(self._store, self._clock, self._holder):
            log.info("queue %s: %s tasks want one label more", told["queue"], told["grown"])

    def _judges(self, settings: Settings) -> None:
        for run, state in jobs.judge_waiting(self._store, self._clock, settings, self._ending):
            log.info("judge run %s: %s", run, state)

    def _datasets(self) -> None:
        for told in jobs.rotate_datasets(self._store, self._clock, self._holder):
            log.info("dataset %s is at version %s", told["dataset"], told["version"])

    def _pulls(self) -> None:
        if self._outside is None:
            return
        for report in jobs.pull_due(self._store, self._clock, self._holder, self._outside):
            taken = report.intake.interactions.accepted
            fault = report.fault.message if report.fault else "no fault"
            log.info("pulled %s interactions by %s: %s", taken, report.connection, fault)

    def _logins(self) -> None:
        jobs.forget_logins(self._store, self._clock)
