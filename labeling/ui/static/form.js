// A form: its widgets, which of them are asked and needed, and what is still open.
"use strict";

window.goldloop = window.goldloop || {};

(() => {
  const gl = window.goldloop;
  const OPEN = "An answer is needed here. Answer it, or skip the task.";
  // Kinds of which one press is a whole answer, so that the page may go on by itself.
  const ONE_PRESS = new Set(["rating", "choice", "boolean", "pairwise", "turns"]);

  function holds(condition, values) {
    const given = values[condition.field];
    if (given === null || given === undefined) return false;
    if ("has" in condition) return given.includes(condition.has);
    if ("is" in condition) return given === condition.is;
    return "at_most" in condition ? given <= condition.at_most : given >= condition.at_least;
  }

  const isOpen = (value) => value === null || value.length === 0;

  class Form {
    constructor(fields, changed) {
      this.changed = changed;
      this.widgets = fields.map((field) => {
        const widget = gl.WIDGETS[field.kind](field, () => this.hear(widget), this);
        widget.field = field;
        return widget;
      });
      this.nodes = this.widgets.map((widget) => widget.node);
      this.refresh();
    }

    hear(widget) {
      complain(widget, null);
      this.refresh();
      this.changed(widget.field);
    }

    // Show what is asked beside the answers so far, and what is needed.
    refresh() {
      const values = {};
      for (const widget of this.widgets) {
        const { asked_when: asked, required_when: needed, required, name } = widget.field;
        widget.asked = !asked || holds(asked, values);
        widget.needed = widget.asked && (required || Boolean(needed && holds(needed, values)));
        widget.node.hidden = !widget.asked;
        if (widget.shown) widget.shown(widget.asked);
        const word = widget.node.querySelector(".gl-needed");
        if (word) word.hidden = !widget.needed;
        if (widget.asked) values[name] = widget.get();
      }
    }

    get asked() {
      return this.widgets.filter((widget) => widget.asked);
    }

    get keys() {
      return Object.assign({}, ...this.asked.map((widget) => widget.keys));
    }

    // A task is shown: widgets that point into it learn what there is.
    begin(task, values) {
      for (const widget of this.widgets) {
        if (widget.begin) widget.begin(task);
        const { name } = widget.field;
        widget.set(Object.hasOwn(values, name) ? values[name] : null);
        complain(widget, null);
      }
      this.refresh();
    }

    // What is sent: answers to what is asked.
    get() {
      return valuesOf(this.asked);
    }

    // What is kept while somebody writes: also what a changed answer took off the form.
    draft() {
      return valuesOf(this.widgets);
    }

    complain(name, message) {
      const widget = this.asked.find((one) => one.field.name === name);
      if (!widget) return false;
      complain(widget, message);
      if (widget.seek) widget.seek();
      widget.focusables[0]?.focus();
      widget.node.scrollIntoView({ block: "nearest" });
      return true;
    }

    // The first field that cannot be sent as it is: [name, message], or null.
    lacking() {
      for (const widget of this.asked) {
        const open = widget.lacking ? widget.lacking(widget.needed) : widget.needed && isOpen(widget.get()) ? OPEN : null;
        const problem = open || (widget.check ? widget.check() : null);
        if (problem) return [widget.field.name, problem];
      }
      return null;
    }

    // Whether this answer was the one that the form had waited for.
    isDoneBy(field) {
      const widget = this.widgets.find((one) => one.field === field);
      const onePress = ONE_PRESS.has(field.kind) && field.each !== "tags";
      return widget.needed && onePress && !this.lacking();
    }

    grab(event) {
      return this.asked.some((widget) => widget.grab && widget.grab(event));
    }
  }

  const valuesOf = (widgets) =>
    Object.fromEntries(widgets.map((one) => [one.field.name, one.get()]).filter(([, value]) => value !== null));

  function complain(widget, message) {
    widget.wrong.hidden = !message;
    widget.wrong.textContent = message || "";
    widget.node.classList.toggle("gl-invalid", Boolean(message));
    for (const one of widget.focusables) {
      if (message) one.setAttribute("aria-invalid", "true");
      else one.removeAttribute("aria-invalid");
    }
  }

  // changed(field) hears of every change that a person makes.
  gl.buildForm = (fields, changed) => new Form(fields, changed);
})();
