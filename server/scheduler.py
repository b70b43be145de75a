"""When the jobs run. One scheduler works at a time, by a lease in the database."""

import logging
import secrets
from datetime import datetime

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from server import jobs
from server.jobs import Clock
from storage import Store

log = logging.getLogger("goldloop.scheduler")


class Scheduler:
    """The jobs of one process, started and stopped with it."""

    def __init__(self, store: Store, clock: Clock, *, seconds: int = 30) -> None:
        self._store, self._clock = store, clock
        self._holder = secrets.token_hex(8)
        self._background = BackgroundScheduler(timezone="UTC")
        once: dict[str, object] = {"coalesce": True, "max_instances": 1}
        self._background.add_job(self._schedules, IntervalTrigger(seconds=seconds), **once)
        self._background.add_job(self._slots, IntervalTrigger(seconds=seconds), **once)
        self._background.add_job(self._reports, IntervalTrigger(seconds=2 * seconds), **once)
        self._background.add_job(self._people, IntervalTrigger(seconds=seconds), **once)
        self._background.add_job(self._texts, IntervalTrigger(seconds=seconds), **once)
        self._background.add_job(self._logins, IntervalTrigger(hours=1), **once)

    def start(self) -> None:
        """Begin; the first look at the schedules is at once."""
        self._background.start()
        self._background.add_job(self._schedules, next_run_time=datetime.now().astimezone())

    def stop(self) -> None:
        """End after the running job."""
        self._background.shutdown(wait=True)

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

    def _texts(self) -> None:
        jobs.read_texts(self._store, self._clock, self._holder)

    def _logins(self) -> None:
        jobs.forget_logins(self._store, self._clock)
