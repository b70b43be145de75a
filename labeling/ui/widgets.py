"""Gradio components of our own: static templates, plain values, drawn by our scripts as text.

Functions, because Gradio writes a stub file beside the source of every subclass of a component.
"""

import hashlib
from pathlib import Path

import gradio as gr

STATIC = Path(__file__).with_name("static")
STATIC_URL = "/static"
TASK_SCRIPTS = ("inline.js", "prose.js", "reading.js", "task.js")
LABEL_SCRIPTS = (
    *TASK_SCRIPTS,
    *("widgets.js", "diff.js", "answers.js", "compare.js", "spans.js", "turns.js", "form.js"),
    *("keys.js", "looks.js", "search.js", "help.js", "layout.js", "questions.js", "guidance.js"),
    *("calls.js", "lists.js", "ahead.js", "bulk.js", "care.js", "label.js"),
)
STYLES = ("label.css", "form.css", "reading.css", "guidance.css", "lists.css", "care.css")


def static_url(name: str) -> str:
    """Where a file of ours is served; the address changes with its content."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"{STATIC_URL}/{name}?v={digest}"


def head(scripts: tuple[str, ...]) -> str:
    """What the head of a page with one of these components needs, so that it loads early."""
    links = [f'<link rel="stylesheet" href="{static_url(name)}">' for name in STYLES]
    links += [f'<link rel="preload" as="script" href="{static_url(name)}">' for name in scripts]
    return "".join(links)


def system_theme() -> gr.themes.Base:
    """Gradio's plainest theme with the fonts of the system: its own would be 100 kB to load."""
    return gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])


def _scripts(names: tuple[str, ...]) -> str:
    # Given to the component, not to the page: Gradio waits for these before `js_on_load`.
    return "".join(f'<script src="{static_url(name)}"></script>' for name in names)


def label_page() -> gr.HTML:
    """The whole labeling page; asks the handlers of `annotate` by their names."""
    return gr.HTML(
        html_template="<div class='gl' id='goldloop-label'></div>",
        js_on_load="window.goldloop.mountLabelPage(element)",
        head=_scripts(LABEL_SCRIPTS),
        apply_default_css=False,
    )
