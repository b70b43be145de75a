"""The form a queue asks with now, and what of the answers given under older versions it may use."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from labeling.fields import Field, fields_from_json
from labeling.settle import comparable
from storage import Session
from storage.queries import queues
from storage.queries.answers import guideline_versions
from storage.queries.queues import QueueRow
from storage.types import encode_json


@dataclass(frozen=True)
class Forms:
    """The form in force, and every version that labels of the queue were made under."""

    fields: tuple[Field, ...]
    versions: Mapping[str, tuple[Field, ...]]
    """By hash."""

    @cached_property
    def same(self) -> Mapping[str, frozenset[str]]:
        """By hash, the fields that asked then what they ask now."""
        return {key: comparable(self.fields, then) for key, then in self.versions.items()}


def forms_of(session: Session, queue: QueueRow) -> Forms:
    """All versions of a queue's guideline."""
    rows = guideline_versions(session, queue.guideline_slug)
    versions = {row.hash: fields_from_json(row.fields) for row in rows}
    return Forms(versions[queue.guideline_hash], versions)


def form(session: Session, guideline_id: int) -> tuple[Field, ...]:
    """The fields of one version of a guideline."""
    row = queues.guideline_row(session, guideline_id)
    return parsed(encode_json(row.fields))


@lru_cache(maxsize=64)
def parsed(text: str) -> tuple[Field, ...]:
    """A form as `to_json` wrote it, read once."""
    return fields_from_json(text)
