// The fields of a form, one function per kind. Each returns
//   node            what stands on the page
//   get(), set(v)   its value; null when nothing is given
//   keys            key -> what it does, for every key printed on the widget
//   focusables      where the focus goes when something is wrong
// A new kind is one function here and one line in WIDGETS.
"use strict";

window.goldloop = window.goldloop || {};

(() => {
  const gl = window.goldloop;
  const LONGEST_WORD_IN_A_ROW = 12;

  // Fieldset or plain group with legend, hint and a place for what is wrong.
  function frame(field, tag, legendTag, children) {
    const { h } = gl;
    const id = `gl-field-${field.name}`;
    const hint = field.help ? h("p", { class: "gl-hint", id: `${id}-hint`, dir: "auto" }, field.help) : null;
    const wrong = h("p", { class: "gl-wrong", id: `${id}-wrong`, hidden: true });
    const node = h(tag, { class: `gl-field gl-${field.kind}`, id, "data-field": field.name },
      h(legendTag, { class: "gl-legend", dir: "auto", for: legendTag === "label" ? `${id}-text` : null },
        field.label, field.required ? h("span", { class: "gl-needed" }, " needed") : null),
      hint, children, wrong);
    return { node, wrong };
  }

  // A radio button or checkbox that looks like a button, with its key on it.
  function option(field, type, one, place, changed) {
    const { h } = gl;
    const id = `gl-${field.name}-${place}`;
    const input = h("input", {
      type, id, name: `gl-${field.name}`,
      "aria-describedby": one.help ? `${id}-help` : null,
      "aria-keyshortcuts": one.key || null,
    });
    const node = h("label", { class: "gl-option", for: id },
      input,
      gl.key(one.key, one.number === one.key ? "gl-number" : null),
      one.number === undefined || one.number === one.key ? null : h("b", null, one.number),
      h("span", { class: "gl-words", dir: "auto" }, one.label),
      one.help ? h("span", { class: "gl-unseen", id: `${id}-help` }, one.help) : null);
    input.addEventListener("change", changed);
    return { ...one, input, node };
  }

  // The options in a box, and the help of the one that is pointed at or focused below it.
  function choices(options, layout) {
    const { h } = gl;
    const tip = h("p", { class: "gl-tip", hidden: true, dir: "auto" });
    for (const one of options) {
      if (!one.help) continue;
      const show = () => { tip.textContent = one.help; tip.hidden = false; };
      const leave = () => { tip.hidden = true; };
      one.node.addEventListener("pointerenter", show);
      one.node.addEventListener("pointerleave", leave);
      one.input.addEventListener("focus", show);
      one.input.addEventListener("blur", leave);
    }
    return h("div", { class: "gl-choices" }, h("div", { class: `gl-options gl-${layout}` }, options.map((one) => one.node)), tip);
  }

  function keysOf(field, options, press) {
    return Object.fromEntries(options.filter((one) => one.key).map((one) => [one.key, {
      of: field.label,
      words: one.words || one.label,
      node: one.node,
      act: () => press(one),
    }]));
  }

  // One out of several. What is not needed can be taken back by choosing it again.
  function radios(field, listed, changed, layout) {
    let options = [];
    const set = (value) => {
      for (const one of options) one.input.checked = value !== null && one.value === value;
    };
    const get = () => (options.find((one) => one.input.checked) || { value: null }).value;
    const press = (one) => {
      set(one.input.checked && !field.required ? null : one.value);
      changed();
    };
    options = listed.map((one, place) => option(field, "radio", one, place, changed));
    for (const one of options) {
      let was = false;
      one.node.addEventListener("pointerdown", () => { was = one.input.checked; });
      one.input.addEventListener("click", (event) => {
        if (was && !field.required && event.detail > 0) press(one);
        was = false;
      });
    }
    return {
      ...frame(field, "fieldset", "legend", choices(options, layout)),
      get, set, keys: keysOf(field, options, press), focusables: options.map((one) => one.input),
    };
  }

  function rating(field, changed) {
    const points = [];
    for (let value = field.min; value <= field.max; value++) {
      const place = value - field.min;
      const word = field.words ? field.words[place] : "";
      points.push({
        value, number: String(value), key: field.keys[place],
        label: word, words: word ? `${value} ${word}` : String(value),
      });
    }
    const longest = Math.max(...points.flatMap((one) => one.label.split(/\s+/).map((word) => word.length)));
    const fits = points.length <= 7 && longest <= LONGEST_WORD_IN_A_ROW;
    return radios(field, points, changed, field.words ? (fits ? "row" : "list") : "row gl-bare");
  }

  function choice(field, changed) {
    return radios(field, field.options, changed, "flow");
  }

  function boolean(field, changed) {
    const answers = [
      { value: true, label: field.yes, key: field.keys[0] },
      { value: false, label: field.no, key: field.keys[1] },
    ];
    return radios(field, answers, changed, "flow");
  }

  function tags(field, changed) {
    const options = field.options.map((one, place) => option(field, "checkbox", one, place, changed));
    const press = (one) => {
      one.input.checked = !one.input.checked;
      changed();
    };
    return {
      ...frame(field, "fieldset", "legend", choices(options, "flow")),
      get: () => options.filter((one) => one.input.checked).map((one) => one.value),
      set: (value) => {
        for (const one of options) one.input.checked = Array.isArray(value) && value.includes(one.value);
      },
      keys: keysOf(field, options, press),
      focusables: options.map((one) => one.input),
    };
  }

  function text(field, changed, rows = 1) {
    const { h } = gl;
    const id = `gl-field-${field.name}`;
    const area = h("textarea", {
      id: `${id}-text`, rows, dir: "auto", placeholder: field.placeholder,
      "aria-describedby": field.help ? `${id}-hint` : null,
      "aria-keyshortcuts": field.key || null, autocomplete: "off",
    });
    const room = h("p", { class: "gl-room", hidden: true });
    const measure = () => {
      const left = field.max_chars - [...area.value].length;
      room.hidden = left > field.max_chars / 10;
      room.classList.toggle("gl-over", left < 0);
      room.textContent = left < 0 ? `${gl.count(-left)} characters too many` : `${gl.count(left)} characters left`;
      if (!CSS.supports("field-sizing", "content")) {
        area.style.height = "auto";
        area.style.height = `${area.scrollHeight + 2}px`;
      }
    };
    area.addEventListener("input", () => { measure(); changed(); });
    const framed = frame(field, "div", "label", [area, room]);
    const legend = framed.node.querySelector(".gl-legend");
    const key = gl.key(field.key);
    if (key) legend.append(" ", key);
    const set = (value) => {
      area.value = typeof value === "string" ? value : "";
      measure();
    };
    const focus = { of: field.label, words: "Write", node: area, act: () => area.focus() };
    return {
      ...framed, area, legend, set,
      get: () => (area.value.trim() ? (area.value.toWellFormed ? area.value.toWellFormed() : area.value) : null),
      check: () => ([...area.value].length > field.max_chars ? `At most ${gl.count(field.max_chars)} characters.` : null),
      keys: field.key ? { [field.key]: focus } : {},
      focusables: [area],
    };
  }

  // The corrected answer: can start from the response itself.
  function answer(field, changed, context) {
    const widget = text(field, changed, 2);
    const start = () => {
      if (!widget.area.value.trim()) widget.set(context.responseText());
      widget.area.focus();
      widget.area.setSelectionRange(0, 0);
      changed();
    };
    const button = gl.h("button", { type: "button", class: "gl-quiet", onclick: start },
      "Copy the response ", field.key ? gl.h("kbd", { "aria-hidden": "true" }, `⇧${gl.keyCap(field.key)}`) : null);
    const row = gl.h("div", { class: "gl-legend-row" });
    widget.legend.before(row);
    row.append(widget.legend, button);
    if (field.key) {
      widget.keys[field.key.toUpperCase()] = { of: field.label, words: "Copy the response, and correct it", node: button, act: start };
    }
    const show = () => { button.hidden = widget.area.value.trim() !== ""; };
    const { set } = widget;
    widget.area.addEventListener("input", show);
    widget.set = (value) => { set(value); show(); };
    return widget;
  }

  const WIDGETS = { rating, tags, choice, boolean, text, answer };

  // The form of a guideline; changed(field) hears of every change. context.responseText() gives the text that an answer may start from.
  gl.buildForm = (fields, changed, context) => {
    const widgets = fields.map((field) => {
      const widget = WIDGETS[field.kind](field, () => {
        complain(widget, null);
        changed(field);
      }, context);
      return { field, ...widget, complain: (message) => complain(widget, message) };
    });
    return {
      widgets,
      nodes: widgets.map((widget) => widget.node),
      keys: Object.assign({}, ...widgets.map((widget) => widget.keys)),
      get: () => Object.fromEntries(widgets.map((one) => [one.field.name, one.get()]).filter(([, value]) => value !== null)),
      set: (values) => {
        for (const one of widgets) {
          one.set(Object.hasOwn(values, one.field.name) ? values[one.field.name] : null);
          one.complain(null);
        }
      },
      complain: (name, message) => {
        const widget = widgets.find((one) => one.field.name === name);
        if (!widget) return false;
        widget.complain(message);
        widget.focusables[0].focus();
        widget.node.scrollIntoView({ block: "nearest" });
        return true;
      },
      // The first field that cannot be sent as it is: [name, message], or null.
      lacking: () => {
        for (const one of widgets) {
          const value = one.get();
          if (one.field.required && (value === null || value.length === 0)) {
            return [one.field.name, "An answer is needed here. Answer it, or skip the task."];
          }
          const problem = one.check ? one.check() : null;
          if (problem) return [one.field.name, problem];
        }
        return null;
      },
    };
  };

  function complain(widget, message) {
    widget.wrong.hidden = !message;
    widget.wrong.textContent = message || "";
    widget.node.classList.toggle("gl-invalid", Boolean(message));
    for (const one of widget.focusables) {
      if (message) one.setAttribute("aria-invalid", "true");
      else one.removeAttribute("aria-invalid");
    }
  }
})();
