"""The bodies that requests bring: here is their form; the rooms below know their sense."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from labeling.draws import DrawRequest
from labeling.judge import RunRequest

Size = Annotated[int, Field(ge=1, le=10_000_000)]


class Body(BaseModel):
    """A JSON object without keys that we do not know: most of those are misspelt."""

    model_config = ConfigDict(strict=True, extra="forbid", use_attribute_docstrings=True)

    @field_validator("*")
    @classmethod
    def _no_nul(cls, value: Any, info: ValidationInfo) -> Any:
        """No name or filter holds a NUL, and PostgreSQL takes none; answers are kept as JSON."""
        if info.field_name != "values" and _has_nul(value):
            raise ValueError("holds a NUL character")
        return value


def _has_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_nul(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return any(_has_nul(part) for part in value)
    return isinstance(value, str) and "\0" in value


class ClaimIn(Body):
    """How many tasks are asked for."""

    count: int | None = Field(default=None, ge=1, le=50)
    """Several at once; the answer then lists them under `assignments`."""


class LabelIn(Body):
    """An answer, or the correction of one."""

    values: dict[str, Any]
    """Answers by field name."""
    seconds: float | None = None
    """How long the task was in view."""
    revises: int | None = None
    """The revision that this one corrects."""
    response_order: list[str] | None = None
    """Ids of the responses in the order in which they were shown."""


class RedactionIn(Body):
    """What is to happen to the texts of a source."""

    policy: str
    """`off`, `mask`, `hash` or `drop`."""
    kinds: list[str] | None = None
    """What is looked for; null: everything."""
    regions: list[str] | None = None
    """Whose phone numbers and national ids, such as US and DE; null: the usual ones."""
    patterns: dict[str, str] | None = None
    """Patterns of your own by name, in RE2's syntax."""


class SkipIn(Body):
    """Why a task is declined."""

    reason: str


class QuestionIn(Body):
    """What somebody asks the lead about a task of theirs."""

    text: str
    field: str | None = None
    """Name of the field that it is about; null: the task as a whole."""


class Wording(BaseModel):
    """A precedent in the words that everybody of the guideline sees."""

    model_config = Body.model_config

    question: str
    answer: str


_WORDING = {
    "anyOf": [
        {
            "type": "object",
            "properties": {"question": {"type": "string"}, "answer": {"type": "string"}},
            "required": ["question", "answer"],
            "additionalProperties": False,
        },
        {"type": "null"},
    ],
    "default": None,
}
"""Written out: a reference would point nowhere from inside the description of a route."""


class AnswerIn(Body):
    """What a lead answers, and what of it is kept for everybody."""

    answer: str
    precedent: Annotated[Wording | None, WithJsonSchema(_WORDING)] = None
    """In words for everybody; null: only the person who asked sees the answer."""


class DraftIn(Body):
    """What was typed so far."""

    values: dict[str, Any]


class QueueIn(Body):
    """A new queue."""

    name: str
    guideline: str
    """Slug of the guideline."""
    overlap: int = 1
    """Labels for a task."""
    overlap_rate: float = 1.0
    """Share of tasks, chosen by hash, that get them; the others get one."""
    overlap_until: dict[str, Any] | None = None
    """{"posterior", "at_most", "field"?}: one more label while the answer is less sure; or null."""
    lease_seconds: int = 1800
    show: list[str] = []
    """What annotators see beyond the conversation."""
    people: list[str] | None = None
    """Names of those who may enter; null: every annotator."""
    qualification: dict[str, Any] | None = None
    """{"tasks", "pass"}: tasks that annotators label first, and the share to be right."""
    gold_rate: float = 0.0
    """Share of what an annotator is served that has an agreed answer, unseen."""
    repeat_rate: float = 0.0
    """Share that they have labelled before."""
    min_seconds: float | None = None
    """An answer that took less is remarked upon."""


class QueueChange(Body):
    """What shall be different from now on; a key that is left out stays as it is."""

    overlap: int = 1
    overlap_rate: float = 1.0
    overlap_until: dict[str, Any] | None = None
    lease_seconds: int = 1800
    show: list[str] = []
    people: list[str] | None = None
    paused: bool = False
    qualification: dict[str, Any] | None = None
    gold_rate: float = 0.0
    repeat_rate: float = 0.0
    min_seconds: float | None = None


class ConsensusIn(Body):
    """Which consensus is kept as verdicts."""

    field: str | None = None
    """Null: the first that fits."""
    method: str | None = None
    """dawid_skene (null), one_coin or majority."""
    at_least: float = 0.95
    """Posterior from which on a model settles a task."""


class QualificationIn(Body):
    """What a lead decides about somebody's qualification."""

    annotator: str
    decision: str
    """admit: they may label; again: they may try again."""


class VerdictIn(Body):
    """What a lead settles on one task."""

    task_id: str
    values: dict[str, Any]
    """By field; null withdraws the verdict on it."""
    reason: str | None = None
    """Needed where nobody answered like this."""
    seen: dict[str, int] | None = None
    """Revision of the verdict that was looked at, by field; 409 when there is a newer one."""


class NoteIn(Body):
    """What a guideline does not settle."""

    text: str
    field: str | None = None
    task_id: str | None = None
    """The task that showed it."""


class PatternIn(Body):
    """A failure pattern that is noted: `where`, or two `tags`."""

    where: dict[str, str] = {}
    """Attributes and their values, as a pattern of the failures report has them."""
    tags: list[str] = []
    text: str = ""
    """What is decided."""


class PatternChange(Body):
    """What was decided on a noted pattern."""

    text: str | None = None
    done: bool | None = None


class TextRuleIn(Body):
    """Words that are looked for in all traffic."""

    words: list[str]
    at_least: int = 1
    """How many of them a text has to hold."""
    name: str | None = None
    """Null: the words."""


class ReportPlanIn(Body):
    """When reports are made by the calendar."""

    every: str | None
    """week or month; null: no more."""
    at: str = "monday 07:00"
    """Day and time in UTC: `monday 07:00` of a week, `1 07:00` of a month."""


class PlanIn(Body):
    """What shall be drawn."""

    strategy: str = "mixture"
    size: Size | None = None
    rate: float | None = None
    """Share of the eligible interactions, in place of a size."""
    params: dict[str, Any] = {}
    where: dict[str, Any] = {}
    """source, since, until, category, model, variant, flags, has_feedback, feedback_below, score
    {"name", "below"}, dedupe."""

    def request(self, seed: int | None = None) -> DrawRequest:
        """The same for the room that draws."""
        return DrawRequest(self.strategy, self.params, self.size, self.rate, seed, self.where)


class DrawIn(PlanIn):
    """What shall be drawn now."""

    seed: int | None = Field(default=None, ge=0, lt=2**63)


class ScheduleIn(PlanIn):
    """What a queue draws by itself, and how often; `{"enabled": false}` alone stops it."""

    every_seconds: int = 86_400
    starts_at: AwareDatetime | None = Field(
        default=None, gt=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC)
    )
    """Where the next window begins; null: where the last one ended, or now."""
    enabled: bool = True

    @property
    def only_stops(self) -> bool:
        """Whether nothing is said but that the queue shall not draw by itself."""
        return not self.enabled and self.model_fields_set == {"enabled"}


class JudgeRunIn(Body):
    """What a model shall judge, and what that may cost."""

    model: str
    """One of `GET /v1/judges`."""
    budget_usd: float
    """Never exceeded."""
    calls: int
    """Most requests, repeated ones included."""
    strategy: str = "random"
    size: Size | None = None
    rate: float | None = None
    """Share of the eligible interactions; 1 judges all of them."""
    params: dict[str, Any] = {}
    where: dict[str, Any] = {}
    seed: int | None = Field(default=None, ge=0, lt=2**63)
    tasks: bool = False
    """The tasks of the queue in place of a sample: for agreement alone."""
    fields: list[str] = []
    """Empty: all that a judge can answer."""
    name: str | None = None
    """Stands before the names of the scores."""

    def request(self) -> RunRequest:
        """The same for the room that judges."""
        return RunRequest(
            self.budget_usd,
            self.calls,
            self.strategy,
            self.params,
            self.size,
            self.rate,
            self.seed,
            self.where,
            self.tasks,
            tuple(self.fields),
            self.name,
        )


class ResumeIn(Body):
    """A new budget of the whole run; null: as it was."""

    budget_usd: float | None = None
    calls: int | None = None


class AccountIn(Body):
    """A new account."""

    name: str
    role: str
    """annotator, lead, engineer or admin."""
    password: str | None = None
    """Null: it works with a token and cannot log in."""


class PasswordIn(Body):
    """A new password."""

    password: str


class SendingIn(Body):
    """How the answers of a queue are told to a platform; what is left out stays as it is."""

    labels: str | None = None
    """settled (at first): one answer per task and field; raw: every annotator's, and verdicts."""
    names: bool | None = None
    """Annotators by name; at first as annotator-7."""


class WebhookIn(Body):
    """Who is told of what."""

    name: str
    url: str
    secret: str
    """Name of the signing key in the settings, never the key."""
    events: list[str] | None = None
    """Null: all kinds."""
    queue: str | None = None
    """Only what happens in this queue."""


class SwitchIn(Body):
    """Whether a webhook is told."""

    active: bool


def brings(model: type[Body], *, needed: bool = True) -> dict[str, Any]:
    """What OpenAPI says of a body that the route reads by itself."""
    schema = model.model_json_schema()
    content = {"application/json": {"schema": schema}}
    return {"requestBody": {"required": needed, "content": content}}


_ROW = {"type": "object"}
BRINGS_ROWS: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "An array of rows, or one row a line; may be packed with gzip.",
        "content": {
            "application/json": {"schema": {"type": "array", "items": _ROW}},
            "application/x-ndjson": {"schema": _ROW},
        },
    }
}

BRINGS_SPANS: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "An export request of the OpenTelemetry protocol; may be packed with gzip.",
        "content": {
            "application/x-protobuf": {"schema": {"type": "string", "format": "binary"}},
            "application/json": {"schema": {"type": "object"}},
        },
    }
}
