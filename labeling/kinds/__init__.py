"""The kinds of field: what each asks, which values it takes, on which scale it is read."""

from labeling.kinds.asked import Asked, Condition, Option, Scale
from labeling.kinds.comparisons import TIE, Pairwise, Ranking
from labeling.kinds.options import Choice, Tags
from labeling.kinds.points import Boolean, Rating
from labeling.kinds.spans import Spans
from labeling.kinds.subject import Subject, shown_order
from labeling.kinds.texts import Answer, Text, is_storable
from labeling.kinds.turns import Turns

__all__ = [
    "KINDS",
    "TIE",
    "Answer",
    "Asked",
    "Boolean",
    "Choice",
    "Condition",
    "Field",
    "Option",
    "Pairwise",
    "Ranking",
    "Rating",
    "Scale",
    "Spans",
    "Subject",
    "Tags",
    "Text",
    "Turns",
    "is_storable",
    "shown_order",
]

Field = Rating | Tags | Choice | Boolean | Text | Answer | Spans | Turns | Pairwise | Ranking
KINDS: dict[str, type[Field]] = {
    one.kind: one
    for one in (Rating, Tags, Choice, Boolean, Text, Answer, Spans, Turns, Pairwise, Ranking)
}
