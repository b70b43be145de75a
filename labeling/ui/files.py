"""Scripts and styles of the labeling page, joined: every small file costs its heads."""

import hashlib
from functools import lru_cache
from pathlib import Path

STATIC = Path(__file__).with_name("static")
JOINED_URL = "/static/joined"
TASK_SCRIPTS = ("inline.js", "prose.js", "reading.js", "task.js")
LABEL_SCRIPTS = (
    *TASK_SCRIPTS,
    *("widgets.js", "diff.js", "answers.js", "compare.js", "spans.js", "turns.js", "form.js"),
    *("keys.js", "looks.js", "search.js", "help.js", "layout.js", "questions.js", "guidance.js"),
    *("calls.js", "lists.js", "ahead.js", "bulk.js", "care.js", "label.js"),
)
STYLES = ("label.css", "form.css", "reading.css", "guidance.css", "lists.css", "care.css")
JOINED = {"task.js": TASK_SCRIPTS, "labeling.js": LABEL_SCRIPTS, "labeling.css": STYLES}
"""What a page asks for, and the files that it is made of."""


@lru_cache
def joined(name: str) -> str:
    """The files of one name, one after the other; KeyError for any other name."""
    return "\n".join((STATIC / file).read_text("utf-8") for file in JOINED[name])


def joined_url(name: str) -> str:
    """Where they are served; the address changes with their content."""
    digest = hashlib.sha256(joined(name).encode()).hexdigest()[:10]
    return f"{JOINED_URL}/{name}?v={digest}"
