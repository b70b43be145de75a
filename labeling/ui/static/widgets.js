// The fields of a form, one function per kind: (field, changed, context) -> a widget with
//   node             what stands on the page
//   get(), set(v)    its value; null when nothing is given
//   keys             key -> what it does, for every key printed on the widget
//   focusables       where the focus goes when something is wrong
//   shown(is)        optional: it is on the form, or off it beside another answer
//   begin(task)      optional: a task is shown; task has answer, view and root, the node drawn
//   lacking(needed)  optional: what is still open, in words, or null
//   check()          optional: what is wrong with the value, in words, or null
//   seek()           optional: goes to what is open
//   grab(event)      optional: takes a key before the page does; whether it did
// A new kind is one function here or in a file of its own, and one line in gl.WIDGETS.
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
        field.label, field.required || field.required_when ? h("span", { class: "gl-needed" }, " needed") : null),
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

  // The options in a box, and in the line of "What they mean" the help of the one that the mouse or
  // the Tab key points at. A finger points at nothing, and what is wrong is never covered.
  function choices(options, layout) {
    const { h } = gl;
    const tip = h("p", { class: "gl-tip", hidden: true, dir: "auto" });
    const told = meanings(options);
    for (const one of options) {
      if (!one.help) continue;
      const show = (points) => {
        tip.textContent = one.help;
        tip.hidden = !points || told.open || tip.closest(".gl-invalid") !== null;
      };
      const leave = () => { tip.hidden = true; };
      one.node.addEventListener("pointerenter", (event) => show(event.pointerType === "mouse"));
      one.node.addEventListener("pointerleave", leave);
      one.input.addEventListener("focus", () => show(one.input.matches(":focus-visible")));
      one.input.addEventListener("blur", leave);
    }
    return h("div", { class: "gl-choices" },
      h("div", { class: `gl-options gl-${layout}` }, options.map((one) => one.node)), tip, told);
  }

  // What each option means, for who asks: by touch and by screen reader too.
  function meanings(options) {
    const { h } = gl;
    const told = options.filter((one) => one.help || one.example);
    if (!told.length) return null;
    return h("details", { class: "gl-meanings" },
      h("summary", null, "What they mean"),
      h("dl", null, told.map((one) => h("div", null,
        h("dt", { dir: "auto" }, one.words || one.label),
        one.help ? h("dd", { dir: "auto" }, one.help) : null,
        one.example ? h("dd", { class: "gl-example", dir: "auto" }, one.example) : null))));
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
        help: field.meanings && field.meanings[place], example: field.examples && field.examples[place],
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

  function writing(field, changed, rows) {
    const { h } = gl;
    const id = `gl-field-${field.name}`;
    const area = h(field.short ? "input" : "textarea", {
      id: `${id}-text`, type: field.short ? "text" : null, rows: field.short ? null : rows,
      dir: "auto", placeholder: field.placeholder,
      "aria-describedby": field.help ? `${id}-hint` : null,
      "aria-keyshortcuts": field.key || null, autocomplete: "off",
    });
    const room = h("p", { class: "gl-room", hidden: true });
    const measure = () => {
      const left = field.max_chars - [...area.value].length;
      room.hidden = left > field.max_chars / 10;
      room.classList.toggle("gl-over", left < 0);
      room.textContent = left < 0 ? `${gl.count(-left)} characters too many` : `${gl.count(left)} characters left`;
      if (!field.short && !CSS.supports("field-sizing", "content")) {
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

  const text = (field, changed) => writing(field, changed, 1);

  gl.parts = { frame, choices, option, keysOf, radios, writing };
  gl.WIDGETS = { rating, tags, choice, boolean, text };
})();
