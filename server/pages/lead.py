"""The lead's page: queues, draws, people, and what the labels say."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlencode

import gradio as gr

from labeling import care, checks, kept, planned_reports, sections
from labeling.consensus_keep import keep_consensus
from labeling.draws import DrawRequest, draw_into
from labeling.errors import InvalidLabel
from labeling.guideline import named
from labeling.planned_reports import Calendar
from labeling.queues import QueueSpec, change_queue, create_queue, list_queues, queue_info
from labeling.schedules import ScheduleSpec, set_schedule, stop_schedule
from server import auth
from server.api.deps import House
from server.pages import answering, curating, deciding, settling, shell, told, views
from server.pages.calls import Answer, build
from server.pages.elements import plural
from server.pages.markup import Markup, h, join
from server.pages.sections import drawing, people
from server.pages.sections import queues as queues_section
from server.pages.strategies import parameters
from server.pages.told import Told
from server.pages.visits import Visit
from storage import Session
from storage.queries import lead, queues
from storage.queries.accounts import Account

PASSWORD_BYTES = 12


def build_lead(house: House) -> gr.Blocks:
    """The page, to be mounted at `/lead` with `shell.mount_options` and an auth dependency."""
    return build(house, auth.may_lead, Office(house).acts(), "Goldloop · lead")


@dataclass(frozen=True)
class Office:
    """What a lead can ask and do; every act opens its own transaction."""

    house: House

    def acts(self) -> dict[str, Callable[[Account, Told], Answer]]:
        """Every act by the name that the page calls it by."""
        return {
            "show": self.show,
            "create_queue": self.create_queue,
            "change_queue": self.change_queue,
            "pause": lambda who, asked: self._pause(who, asked, True),
            "resume": lambda who, asked: self._pause(who, asked, False),
            "dry_run": lambda who, asked: self._draw(who, asked, dry_run=True),
            "draw": lambda who, asked: self._draw(who, asked, dry_run=False),
            "schedule": self._schedule,
            "stop_schedule": self._stop_schedule,
            "keep_consensus": self.keep_consensus,
            "invite": self.invite,
            "let_in": self.let_in,
            "answer": lambda who, asked: answering.answer(self.house, who, asked),
            "withdraw": lambda who, asked: answering.withdraw(self.house, who, asked),
            **{
                one.__name__: partial(one, self.house)
                for one in (
                    settling.settle,
                    settling.settle_here,
                    settling.next_task,
                    settling.unsettle,
                    settling.close_note,
                    deciding.note_pattern,
                    deciding.decide_pattern,
                    deciding.close_pattern,
                    deciding.open_pattern,
                    deciding.keep_texts,
                    deciding.draw_texts,
                    curating.take_dataset,
                )
            },
            "make_report": self.make_report,
            "plan_reports": self.plan_reports,
            "admit": lambda who, asked: self._qualify(who, asked, "admit"),
            "again": lambda who, asked: self._qualify(who, asked, "again"),
        }

    def show(self, who: Account, asked: Told) -> Answer:
        """The page at an address: all queues, or a section of one."""
        chosen = asked.text("queue")
        made: list[sections.Made] = []
        with self.house.store.snapshot() as session:
            names = [row.name for row in queues.queue_rows(session)]
            if chosen in names:
                answer = self._queue(session, who, names, asked, made)
            else:
                answer = self._start(session, who, names)
        for one in made:
            sections.keep(self.house.store, one, self.house.clock())
        if chosen in names:
            return answer
        if chosen is not None:
            answer["error"] = {"code": "not_found", "message": f"There is no queue {chosen!r:.80}."}
        return answer

    def _start(self, session: Session, who: Account, names: list[str]) -> Answer:
        body = queues_section.start(
            list_queues(session),
            {slug: one.title for slug, one in self.house.guidelines.items()},
            views.annotators(session),
            any_interactions=lead.any_interactions(session),
        )
        page = shell.page(
            shell.header(who, "/lead"),
            h("div", {"class": "ld-top"}, h("h1", None, "Queues"), _picker(names, None)),
            body,
        )
        return {"title": "Queues · Goldloop", "parts": {"ld-page": page}}

    def _queue(
        self,
        session: Session,
        who: Account,
        names: list[str],
        asked: Told,
        made: list[sections.Made],
    ) -> Answer:
        queue = queue_info(session, asked.needed("queue"))
        wanted = asked.text("section") or ("overview" if queue["tasks"] else "draw")
        key = wanted if wanted in views.SECTIONS else "draw"
        visit = Visit(session, queue, asked, self.house.clock(), made)
        shown = views.SECTIONS[key].show(visit)
        titles = {one: section.title for one, section in views.SECTIONS.items()}
        titles["questions"] += views.waiting(visit)
        page = shell.page(
            shell.header(who, "/lead"),
            h(
                "div",
                {"class": "ld-top"},
                h("div", {"id": "ld-head"}, queues_section.head(queue)),
                _picker(names, queue["name"]),
            ),
            shell.tabs(titles, key, queue=queue["name"]),
            shown.body,
        )
        title = f"{titles[key]} · {queue['name']} · Goldloop"
        answer: Answer = {"title": title, "parts": {"ld-page": page}}
        beside = {"task": shown.task, "rubric": shown.rubric}
        return answer | {key: told for key, told in beside.items() if told is not None}

    # --- queues and people -------------------------------------------------------------------

    def create_queue(self, who: Account, asked: Told) -> Answer:
        """Make a queue, and go on to drawing into it."""
        spec = QueueSpec(
            name=asked.needed("name"),
            guideline=asked.needed("guideline"),
            show=tuple(asked.many("show")),
            people=_people(asked),
            **_rules(asked),
        )
        guideline = named(self.house.guidelines, spec.guideline)
        with self.house.store.write() as session:
            create_queue(session, spec, guideline, who, self.house.clock())
            self.house.note(session, who, "queue_made", spec.name)
        go = "?" + urlencode({"queue": spec.name, "section": "draw"})
        return {"go": go, "said": f"Queue {spec.name} is made. Next: draw interactions into it."}

    def change_queue(self, who: Account, asked: Told) -> Answer:
        """Change the rules of a queue."""
        changes = {**_rules(asked), "show": asked.many("show")}
        return self._change(who, asked, changes, "Rules saved.")

    def _pause(self, who: Account, asked: Told, paused: bool) -> Answer:
        said = "Paused: no task is handed out." if paused else "The queue goes on."
        return self._change(who, asked, {"paused": paused}, said)

    def let_in(self, who: Account, asked: Told) -> Answer:
        """Say who may enter a queue."""
        return self._change(who, asked, {"people": _people(asked)}, "Saved who may enter.")

    def _qualify(self, who: Account, asked: Told, decision: str) -> Answer:
        queue, person, now = asked.needed("queue"), asked.needed("annotator"), self.house.clock()
        with self.house.store.write() as session:
            row = queues.queue_named(session, queue)
            account = checks.annotator_named(session, person)
            care.decide(session, row, account, decision, who, now)
            told = {"annotator": person, "decision": decision}
            self.house.note(session, who, "qualification_decided", queue, **told)
        said = f"{person} may label here." if decision == "admit" else f"{person} may try again."
        return {"go": "", "said": said}

    def _change(self, who: Account, asked: Told, changes: dict[str, Any], said: str) -> Answer:
        queue = asked.needed("queue")
        with self.house.store.write() as session:
            change_queue(session, queue, changes, self.house.clock())
            self.house.note(session, who, "queue_changed", queue, **changes)
        return {"go": "", "said": said}

    def invite(self, who: Account, asked: Told) -> Answer:
        """Make an account for an annotator; where only some may enter a queue, let them in."""
        password = token_urlsafe(PASSWORD_BYTES)
        now, account = self.house.clock(), asked.needed("name")
        with self.house.store.write() as session:
            auth.create_account(session, account, "annotator", now, password=password, by=who)
            queue = queue_info(session, asked.needed("queue"))
            if queue["people"] is not None:
                entering = {"people": [*queue["people"], account]}
                change_queue(session, queue["name"], entering, now)
        return {"go": "", "then": {"ld-invited": people.invited(account, password)}}

    def make_report(self, _who: Account, asked: Told) -> Answer:
        """Make the overview again, and keep it."""
        kept.make(self.house.store, asked.needed("queue"), self.house.clock)
        return {"go": "", "said": "Made again."}

    def plan_reports(self, who: Account, asked: Told) -> Answer:
        """Have reports made by the calendar, or no more."""
        queue, every = asked.needed("queue"), asked.text("every")
        with self.house.store.write() as session:
            if every is not None:
                calendar = Calendar.read(every, asked.needed("at"))
                planned_reports.plan(session, queue, calendar, self.house.clock())
            elif planned_reports.planned(session, queue):
                planned_reports.stop(session, queue)
            self.house.note(session, who, "reports_planned", queue, every=every)
        return {"go": "", "said": "Saved." if every else "No report is made by the calendar."}

    def keep_consensus(self, who: Account, asked: Told) -> Answer:
        """Keep what is settled as verdicts."""
        queue, house = asked.needed("queue"), self.house
        wanted = {key: asked.text(key) for key in ("field", "method")}
        done = keep_consensus(house.store, queue, by=who, clock=house.clock, **wanted)
        told = {key: done[key] for key in ("field", "method", "at_least", "written", "withdrawn")}
        house.note_done(who, "consensus_kept", queue, **told)
        said = f"{plural(done['written'], 'verdict')} kept, {done['unchanged']} stood already."
        return {"go": "", "said": said}

    # --- draws -------------------------------------------------------------------------------

    def _draw(self, who: Account, asked: Told, *, dry_run: bool) -> Answer:
        queue, house = asked.needed("queue"), self.house
        request = _request(asked, seed=asked.whole("seed"))
        made = draw_into(house.store, queue, request, clock=house.clock, by=who, dry_run=dry_run)
        parts = {"ld-drawn": drawing.drawn(made, queue)}
        if dry_run:
            return {"parts": parts, "focus": "ld-drawn"}
        house.note_done(who, "drawn", queue, draw=made["draw_id"], interactions=made["drawn"])
        with house.store.read() as session:
            parts["ld-head"] = queues_section.head(queue_info(session, queue))
            parts["ld-log"] = drawing.draws(views.draw_log(session, queue))
            parts["ld-begin"] = join()
        return {"parts": parts, "focus": "ld-drawn"}

    def _schedule(self, who: Account, asked: Told) -> Answer:
        every = told.seconds(asked, "every_seconds")
        if every is None:
            raise InvalidLabel("every_seconds", "a length of time is needed", "such as 1 day")
        spec = ScheduleSpec(_request(asked, seed=None), every_seconds=every)
        with self.house.store.write() as session:
            set_schedule(session, asked.needed("queue"), spec, self.house.clock())
            self.house.note(session, who, "schedule_set", asked.needed("queue"))
        return {"go": "", "said": "Schedule saved."}

    def _stop_schedule(self, who: Account, asked: Told) -> Answer:
        with self.house.store.write() as session:
            queue = queue_info(session, asked.needed("queue"))
            known = queue["schedule"]
            if known is None:
                return {"go": "", "said": "This queue has no schedule."}
            stop_schedule(session, queue["name"])
            self.house.note(session, who, "schedule_stopped", queue["name"])
        return {"go": "", "said": "Stopped: this queue is drawn into by hand only."}


def _picker(names: list[str], chosen: str | None) -> Markup | None:
    return shell.picker(names, chosen) if names else None


def _rules(asked: Told) -> dict[str, Any]:
    """Overlap, its share and the lease, as far as they were given."""
    given = {
        "overlap": asked.whole("overlap"),
        "overlap_rate": asked.share("overlap_rate"),
        "lease_seconds": told.seconds(asked, "lease_seconds"),
    }
    rules: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    if "overlap_until" in asked.values:
        rules["overlap_until"] = _further(asked)
    return rules


def _further(asked: Told) -> dict[str, Any] | None:
    """Until how sure further people are asked, and how many at most; None: never."""
    posterior, at_most = asked.share("overlap_until"), asked.whole("overlap_at_most")
    if posterior is None:
        return None
    if at_most is None:
        raise InvalidLabel("overlap_at_most", "a number is needed", "such as 5")
    known, told = asked.text("overlap_field"), {"posterior": posterior, "at_most": at_most}
    return told if known is None else told | {"field": known}


def _people(asked: Told) -> tuple[str, ...] | None:
    if asked.text("entrance") != queues_section.CHOSEN:
        return None
    chosen = tuple(asked.many("people"))
    if not chosen:
        message = "nobody is chosen, so nobody could label"
        raise InvalidLabel("people", message, "tick who may enter, or let every annotator in")
    return chosen


def _request(asked: Told, *, seed: int | None) -> DrawRequest:
    """What is to be drawn, of a form."""
    strategy = asked.needed("strategy")
    in_percent = asked.text("size.unit") == "percent"
    size = None if in_percent else asked.whole("size")
    rate = asked.share("size") if in_percent else None
    where = told.where(asked)
    return DrawRequest(strategy, parameters(asked, strategy), size, rate, seed, where)
