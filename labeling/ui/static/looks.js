// How the page looks: size of the text, density, theme, Markdown formatted or as written. Kept in
// this browser; an attribute of the root each, and style does the rest.
"use strict";

window.goldloop = window.goldloop || {};

(() => {
  const gl = window.goldloop;

  // [name, legend, what is usual, [value, words]]
  const LOOKS = [
    ["size", "Size of the text", "normal", [["small", "Small"], ["normal", "Normal"], ["large", "Large"], ["larger", "Larger"]]],
    ["density", "Spacing", "comfortable", [["comfortable", "Comfortable"], ["compact", "Compact"]]],
    ["theme", "Theme", "system", [["system", "As the system"], ["light", "Light"], ["dark", "Dark"]]],
    ["prose", "Markdown", "formatted", [["formatted", "Formatted"], ["written", "As written"]]],
  ];

  const look = (name, value) => { document.documentElement.dataset[name] = value; };

  // Rules for what is around the page go by a class: a selector like body:has(#goldloop-label) costs
  // the browser a tenth of a second for every task.
  document.documentElement.classList.add("gl-labeling");

  function lookAsKept() {
    for (const [name, , usual, values] of LOOKS) {
      const kept = gl.remembered(`look:${name}`);
      look(name, values.some(([value]) => value === kept) ? kept : usual);
    }
  }

  function choice([name, legend, , values]) {
    const { h } = gl;
    const boxes = values.map(([value, words]) => {
      const box = h("input", { type: "radio", name: `gl-look-${name}`, value, id: `gl-look-${name}-${value}` });
      box.addEventListener("change", () => {
        const { top } = box.getBoundingClientRect();
        gl.remember(`look:${name}`, value);
        look(name, value);
        // What was pressed stays where it was, whatever grew around it.
        box.closest("dialog").scrollTop += box.getBoundingClientRect().top - top;
      });
      return { box, value, node: h("label", { class: "gl-look" }, box, h("span", null, words)) };
    });
    const node = h("fieldset", { class: "gl-looks-of" }, h("legend", { class: "gl-hint" }, legend),
      h("div", { class: "gl-looks-row" }, boxes.map((one) => one.node)));
    const show = () => {
      const now = document.documentElement.dataset[name];
      for (const { box, value } of boxes) box.checked = value === now;
    };
    return { node, show };
  }

  // The part of the help sheet in which somebody chooses.
  gl.looksPart = () => {
    const { h } = gl;
    lookAsKept();
    const choices = LOOKS.map(choice);
    const node = h("section", { class: "gl-ways" }, h("h3", { class: "gl-legend" }, "How it looks"),
      h("div", { class: "gl-looks" }, choices.map((one) => one.node)));
    const focus = () => node.querySelector("input:checked").focus({ preventScroll: true });
    return { node, focus, show: () => { for (const one of choices) one.show(); } };
  };
})();
