"""The form a queue asks with now, and what of the answers given under older versions it may use."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from labeling.fields import Field, fields_from_json
from labeling.settle import comparable
from storage import Session
from storage.queries.answers import guideline_versions
from storage.queries.queues import QueueRow


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
