"""When the jobs run. One scheduler works at a time, by a lease in the database."""

import logging
import secrets
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from server import jobs, outgoing
from server.jobs import Clock
from server.settings import Settings
from storage import Store

if TYPE_CHECKING:
    import httpx

log = logging.getLogger("goldloop.scheduler")


class Scheduler:
    """The jobs of one process, started and stopped with it."""

    def __init__(
        self, store: Store, clock: Clock, settings: Settings | None = None, *, seconds: int = 30
    ) -> None:
        """Without settings there are no keys, and nothing is sent to other machines."""
        self._store, self._clock = store, clock
        self._secret = None if settings is None else settings.secret
        self._holder = secrets.token_hex(8)
        self._background = BackgroundScheduler(timezone="UTC")
        once: dict[str, object] = {"coalesce": True, "max_instances": 1}
        self._background.add_job(self._schedules, IntervalTrigger(seconds=seconds), **once)
        self._background.add_job(self._slots, IntervalTrigger(seconds=seconds), **once)
        self._background.add_job(self._reports, IntervalTrigger(seconds=2 * seconds), **once)
        self._background.add_job(self._people, IntervalTrigger(seconds=seconds), **once)
        self._background.add_job(self._logins, IntervalTrigger(hours=1), **once)
        if settings is not None:
            self._background.add_job(self._sendings, IntervalTrigger(seconds=seconds), **once)
            self._background.add_job(self._webhooks, IntervalTrigger(seconds=seconds), **once)

    def start(self) -> None:
        """Begin; the first look at the schedules is at once."""
        self._background.start()
        self._background.add_job(self._schedules, next_run_time=datetime.now().astimezone())

    def stop(self) -> None:
        """End after the running job."""
        self._background.shutdown(wait=True)
        if "_client" in self.__dict__:
            self._client.close()

    @cached_property
    def _client(self) -> "httpx.Client":
        """What other machines are asked with; opened when the first one is."""
        return outgoing.client()

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

    def _sendings(self) -> None:
        if self._secret is not None:
            means = (self._store, self._clock, self._holder, self._secret, self._client)
            for told in outgoing.keep_sendings(*means):
                log.info("sent answers: %s", told)

    def _webhooks(self) -> None:
        if self._secret is not None:
            means = (self._store, self._clock, self._holder, self._secret, self._client)
            told = outgoing.keep_webhooks(*means)
            if told["delivered"] or told["refused"]:
                log.info("told webhooks: %s", told)

    def _logins(self) -> None:
        jobs.forget_logins(self._store, self._clock)
