"""Asking about one case: what was paid for is never paid again, what is faulty is told once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from labeling.errors import JudgeError
from labeling.fields import Field, Pairwise
from labeling.guideline import Guideline
from labeling.judge.budget import Budget
from labeling.judge.endpoints import (
    Answer,
    StrangeReply,
    address_of,
    answer_of,
    body_of,
    headers_of,
)
from labeling.judge.models import Model
from labeling.judge.pace import Pace
from labeling.judge.prompt import LETTERS, Prompt, prompt_for
from labeling.judge.reading import (
    CORRECTABLE,
    FAULTS,
    Reading,
    Unusable,
    agreed,
    read_reply,
    score_values,
)
from labeling.judge.wire import (
    ANSWERED,
    FREE,
    RATE_LIMITED,
    REPEATABLE,
    STRANGE,
    Reply,
    Wire,
    pause,
)
from storage import Session, Store
from storage.clock import Clock
from storage.engine import AnyRow
from storage.queries import judging

HALTED = "halted"
"""This process is to ask no more; another one may."""
NUL = "\x00"
"""No text of a database may hold it."""


class Interrupted(JudgeError):
    """The endpoint could not be asked: the case stays open."""

    def __init__(self, kind: str, status: int | None) -> None:
        super().__init__(kind if status is None else f"{kind} (HTTP {status})")
        self.kind, self.status = kind, status


@dataclass(frozen=True)
class Judged:
    """What became of one case."""

    outcome: str
    scores: Mapping[str, float]
    detail: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class _Said:
    """A reply as it is kept: its kind, the text of the model, and what it cost."""

    kind: str
    text: str | None = None
    usage: Mapping[str, Any] | None = None
    cost_usd: float | None = None
    """None: unknown, so the most it can cost."""


@dataclass(frozen=True)
class Judge:
    """One judge at work for one run."""

    store: Store
    run_id: int
    model: Model
    key: str | None
    guideline: Guideline
    fields: tuple[Field, ...]
    version: str
    budget: Budget
    pace: Pace
    clock: Clock
    ours: Callable[[Session], bool]
    """Whether no other process has taken the run over."""

    @property
    def wire(self) -> Wire:
        """How requests are made."""
        return self.pace.wire

    def judged(self, case: AnyRow) -> Judged:
        """What the model says of one case; in both orders where responses are compared.

        Raises
        ------
        Interrupted
            If the endpoint cannot be asked.
        BudgetSpent
            If the next call could cost more than is left.
        """
        compares = any(isinstance(one, Pairwise) for one in self.fields)
        responses = list(case.responses)
        if why := _unfit(case, len(responses), compares, self.model.max_case_chars):
            return Judged(why, {})
        orders = [responses, responses[::-1]] if compares else [responses]
        try:
            readings = [self._reading(case, order) for order in orders]
        except Unusable as fault:
            return Judged(fault.kind, {}, {"fault": fault.message[:300]})
        values, undecided = dict(readings[0].values), list[str]()
        if compares:
            values, undecided = agreed(readings[0], readings[1], self.fields)
        ids = [str(one["id"]) for one in responses]
        detail = {
            "values": values,
            "reason": readings[0].reason[:2_000],
            "undecided": undecided,
            "first_preferred": _first_preferred(self.fields, readings, ids),
        }
        return Judged(judging.SCORED, score_values(values, self.fields, ids), detail)

    def _reading(self, case: AnyRow, order: Sequence[Mapping[str, Any]]) -> Reading:
        told = {"messages": case.messages, "context": case.context}
        prompt = prompt_for(self.guideline, self.fields, told, order)
        ids = [str(one["id"]) for one in order]
        try:
            return self._asked(case.interaction_id, prompt, ids)
        except Unusable as fault:
            if fault.kind not in CORRECTABLE:
                raise
            said = fault.args[1] if len(fault.args) > 1 else ""
            return self._asked(case.interaction_id, prompt.again(said, fault.message), ids)

    def _asked(self, interaction_id: int, prompt: Prompt, order: Sequence[str]) -> Reading:
        """The reading of one answer, remembered or paid for."""
        body = body_of(self.model, prompt)
        parts = (address_of(self.model).encode(), self.version.encode(), body)
        key = sha256(b"\x1f".join(parts)).hexdigest()
        with self.store.read() as session:
            known = judging.known_reply(session, key, self.run_id, FAULTS)
        kind, text = (known.kind, known.text) if known else self._paid(
            interaction_id, key, body, order
        )  # fmt: skip
        return _read(kind, text or "", self.fields, order)

    def _paid(
        self, interaction_id: int, key: str, body: bytes, order: Sequence[str]
    ) -> tuple[str, str | None]:
        most = self.model.most(body)
        for attempt in range(self.model.retries + 1):
            self.pace.ready()
            if self.pace.over.is_set():
                raise Interrupted(HALTED, None)
            self.budget.take(most)
            reply, said = self._call(interaction_id, key, body, most, order)
            if said.kind == ANSWERED or said.kind in FAULTS:
                return said.kind, said.text
            if said.kind not in REPEATABLE or attempt == self.model.retries:
                break
            everybody = reply.kind == RATE_LIMITED or reply.retry_after is not None
            (self.pace.rest if everybody else self.wire.wait)(pause(reply, attempt))
        raise Interrupted(said.kind, reply.status)

    def _call(
        self, interaction_id: int, key: str, body: bytes, most: float, order: Sequence[str]
    ) -> tuple[Reply, _Said]:
        """One request: written down before it is sent, and what came of it after."""
        cost = most
        try:
            with self.store.write() as session:
                if not self.ours(session):
                    cost = 0.0
                    raise Interrupted(HALTED, None)
                call = {"run_id": self.run_id, "interaction_id": interaction_id, "key": key,
                        "sent_at": self.clock(), "most_usd": most}  # fmt: skip
                call_id = judging.add_call(session, call)
            headers = headers_of(self.model, self.key)
            seconds = self.model.timeout_seconds
            reply = self.wire.post(address_of(self.model), headers, body, seconds, self.clock())
            said = self._said(reply, order)
            cost = most if said.cost_usd is None else said.cost_usd
            with self.store.write() as session:
                judging.add_reply(session, {
                    "call_id": call_id, "received_at": self.clock(), "kind": said.kind,
                    "status": reply.status, "text": said.text, "usage": said.usage,
                    "cost_usd": cost,
                })  # fmt: skip
        finally:
            self.budget.settle(most, cost)
        return reply, said

    def _said(self, reply: Reply, order: Sequence[str]) -> _Said:
        if reply.kind != ANSWERED:
            return _Said(reply.kind, cost_usd=0.0 if reply.kind in FREE else None)
        try:
            answer = answer_of(self.model, reply.body)
        except StrangeReply:
            told = reply.body[:10_000].decode("utf-8", "replace")
            return _Said(STRANGE, told.replace(NUL, " "))
        usage = {"input_tokens": answer.input_tokens, "output_tokens": answer.output_tokens}
        text = answer.text.replace(NUL, " ")  # which no JSON may hold either
        kind = _fault(replace(answer, text=text), self.fields, order)
        return _Said(kind, text, usage, self._cost(answer))

    def _cost(self, answer: Answer) -> float | None:
        if answer.input_tokens is None or answer.output_tokens is None:
            return None
        return self.model.cost(answer.input_tokens, answer.output_tokens)


def _fault(answer: Answer, fields: Sequence[Field], order: Sequence[str]) -> str:
    """answered, or what is wrong with what the model said."""
    if answer.fault:
        return answer.fault
    try:
        read_reply(answer.text, fields, order)
    except Unusable as fault:
        return fault.kind
    return ANSWERED


def _read(kind: str, text: str, fields: Sequence[Field], order: Sequence[str]) -> Reading:
    if kind in FAULTS and kind not in CORRECTABLE:
        raise Unusable(kind, f"the model's answer was {kind}")
    try:
        return read_reply(text, fields, order)
    except Unusable as fault:
        fault.args = (fault.message, text)
        raise


def _unfit(case: AnyRow, responses: int, compares: bool, most_chars: int) -> str | None:
    """Why a case is not judged, if so."""
    if compares and responses != len(LETTERS):
        return "not_two_responses"
    if not compares and responses != 1:
        return "several_responses" if responses else "no_response"
    size = len(str(case.messages)) + len(str(case.responses)) + len(str(case.context or ""))
    return "too_long" if size > most_chars else None


def _first_preferred(
    fields: Sequence[Field], readings: Sequence[Reading], ids: Sequence[str]
) -> int | None:
    """In how many of the two orders the response shown first was preferred."""
    names = [one.name for one in fields if isinstance(one, Pairwise)]
    if not names or len(readings) < len(LETTERS):
        return None
    firsts = zip(readings, (ids[0], ids[1]), strict=True)
    return [reading.values.get(names[0]) == shown for reading, shown in firsts].count(True)
