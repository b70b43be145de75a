"""What leaves the house: texts that are judged go to whoever serves the model."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from labeling.judge.models import Model
from labeling.redaction import redaction_told
from storage import Session
from storage.queries import judging

SHOWN = 10


def leaving(session: Session, model: Model, ids: Sequence[int], default: str) -> dict[str, Any]:
    """Where the texts of some interactions go, and which sources are not, or not wholly, redacted.

    `default` is the policy of a source without one of its own.
    """
    sources = judging.sources_of(session, ids)
    told = redaction_told(session, default)["sources"]
    bare = {
        name: count
        for name, count in sorted(sources.items())
        if (one := told[name])["policy"] == "off" or one["before"] or one["stored"].get("off")
    }
    return {"to": urlsplit(model.url).netloc, "interactions": len(ids), "as_they_came": bare}


def sends(design: Mapping[str, Any]) -> str | None:
    """The same in a sentence; None of a run that was kept before this was written down."""
    if (told := design.get("leaving")) is None:
        return None
    return f"the texts of {told['interactions']:,} interactions are sent to {told['to']}"


def bare_warnings(design: Mapping[str, Any]) -> list[str]:
    """Whether texts leave that nobody has redacted."""
    told = design.get("leaving")
    if told is None or not told["as_they_came"]:
        return []
    names = [f"{one!r:.80}" for one in told["as_they_came"]]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return [
        f"{sum(told['as_they_came'].values()):,} of the texts sent are of sources that are stored, "
        f"all or some, as they came: {', '.join(names[:SHOWN])}{more}. What stands in them, names "
        f"and addresses included, goes to {told['to']}."
    ]
