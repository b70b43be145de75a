"""The annotator's page: Gradio carries it, `static/label.js` draws it."""
