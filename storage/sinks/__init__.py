"""Other platforms that answers are sent to: one module each, in one shape."""

from collections.abc import Mapping

from storage.sinks import langfuse, langsmith, mlflow, phoenix
from storage.sinks.door import Declined, Door, Down, NotTaken
from storage.sinks.shape import Item, Origin, Sink

SINKS: Mapping[str, Sink] = {
    "phoenix": phoenix.SINK,
    "mlflow": mlflow.SINK,
    "langfuse": langfuse.SINK,
    "langsmith": langsmith.SINK,
}
"""By the kind of a connection."""

__all__ = ["SINKS", "Declined", "Door", "Down", "Item", "NotTaken", "Origin", "Sink"]
