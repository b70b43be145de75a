"""Gradio components of our own: static templates, plain values, drawn by our scripts as text.

Functions, because Gradio writes a stub file beside the source of every subclass of a component.
"""

import gradio as gr

from labeling.ui.files import joined_url


def head(script: str) -> str:
    """What the head of a page with one of these components needs, so that it loads early."""
    style = f'<link rel="stylesheet" href="{joined_url("labeling.css")}">'
    return f'{style}<link rel="preload" as="script" href="{joined_url(script)}">'


def system_theme() -> gr.themes.Base:
    """Gradio's plainest theme with the fonts of the system: its own would be 100 kB to load."""
    return gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])


def label_page() -> gr.HTML:
    """The whole labeling page; asks the handlers of `annotate` by their names."""
    return gr.HTML(
        html_template="<div class='gl' id='goldloop-label'></div>",
        js_on_load="window.goldloop.mountLabelPage(element)",
        # Given to the component, not to the page: Gradio waits for it before `js_on_load`.
        head=f'<script src="{joined_url("labeling.js")}"></script>',
        apply_default_css=False,
    )
