"""When the jobs run. One scheduler works at a time, by leases in the database."""

import logging
import secrets
from datetime import datetime
from threading import Event

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from server import jobs, outgoing
from server.jobs import Clock
from server.outside import open_outside
from server.settings import Settings
from storage import Store

log = logging.getLogger("goldloop.scheduler")

SECOND, HOUR = 1, 3600


class Scheduler:
    """The jobs of one process, started and stopped with it."""

    def __init__(
        self, store: Store, clock: Clock, settings: Settings, *, seconds: int = 30
    ) -> None:
        self._store, self._clock, self._settings = store, clock, settings
        self._holder, self._ending = secrets.token_hex(8), Event()
        self._outside = open_outside(settings, clock, self._ending)
        self._background = BackgroundScheduler(timezone="UTC")
        for job, every in (
            (self._schedules, seconds),
            (self._slots, seconds),
            (self._people, seconds),
            (self._texts, seconds),
            (self._reports, 2 * seconds),
            (self._datasets, 2 * seconds),
            (self._traces, SECOND),
            (self._judges, 5 * SECOND),
            (self._pulls, seconds),
            (self._sendings, seconds),
            (self._webhooks, seconds),
            (self._logins, HOUR),
        ):
            trigger = IntervalTrigger(seconds=every)
            self._background.add_job(
                job, trigger, coalesce=True, max_instances=1, misfire_grace_time=None
            )

    def start(self) -> None:
        """Begin; the first look at the schedules is at once."""
        self._background.start()
        at_once = datetime.now().astimezone()
        self._background.add_job(self._schedules, next_run_time=at_once, misfire_grace_time=None)

    def stop(self) -> None:
        """End after the running jobs, which are told to hurry."""
        self._ending.set()
        self._background.shutdown(wait=True)
        self._outside.client.close()

    def _schedules(self) -> None:
        for drawn in jobs.keep_schedules(self._store, self._clock, self._holder):
            log.info("drew %s tasks into queue %s", drawn["new_tasks"], drawn["queue"])

    def _slots(self) -> None:
        jobs.free_slots(self._store, self._clock)

    def _people(self) -> None:
        for told in jobs.learn_people(self._store, self._clock, self._holder):
            log.info("queue %s: %s tasks want one label more", told["queue"], told["grown"])

    def _reports(self) -> None:
        for queue in jobs.keep_reports(self._store, self._clock, self._holder):
            log.debug("made the report of queue %s", queue)

    def _datasets(self) -> None:
        for told in jobs.rotate_datasets(self._store, self._clock, self._holder):
            log.info("dataset %s is at version %s", told["dataset"], told["version"])

    def _judges(self) -> None:
        told = jobs.judge_waiting(self._store, self._clock, self._settings, self._ending)
        for run, state in told:
            log.info("judge run %s: %s", run, state)

    def _pulls(self) -> None:
        for report in jobs.pull_due(self._store, self._clock, self._holder, self._outside):
            taken = report.intake.interactions.accepted
            fault = report.fault.message if report.fault else "no fault"
            log.info("pulled %s interactions by %s: %s", taken, report.connection, fault)

    def _sendings(self) -> None:
        means = (self._settings.secret, self._outside.client)
        for told in outgoing.keep_sendings(self._store, self._clock, self._holder, *means):
            log.info("sent answers: %s", told)

    def _webhooks(self) -> None:
        means = (self._settings.secret, self._outside.client)
        told = outgoing.keep_webhooks(self._store, self._clock, self._holder, *means)
        if told["delivered"] or told["refused"]:
            log.info("told webhooks: %s", told)

    def _traces(self) -> None:
        patience = self._settings.patience()
        jobs.assemble_traces(self._store, self._clock, self._holder, patience)

    def _texts(self) -> None:
        jobs.read_texts(self._store, self._clock, self._holder)

    def _logins(self) -> None:
        jobs.forget_logins(self._store, self._clock)
