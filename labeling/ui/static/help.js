// The sheet of keys, and how somebody wants to work: kept in this browser, by person's own choice.
"use strict";

window.goldloop = window.goldloop || {};

(() => {
  const gl = window.goldloop;

  const WAYS = [
    ["keys", true, "Single keys act", "Off: letters and digits do nothing, only Ctrl+Enter submits. For speech input, and for hands that slip."],
    ["onward", false, "Go on at once", "As soon as everything needed is answered by key or click, the answer is sent and the next task comes. Undo brings it back."],
    ["breaks", true, "Remind me of breaks", "After fifty minutes without a pause of five, quietly, and at most once an hour."],
  ];

  // Whether somebody wants to work like that.
  gl.wants = (name) => {
    const kept = gl.remembered(`way:${name}`);
    return kept === null ? WAYS.find(([known]) => known === name)[1] : kept === "on";
  };

  function way([name, , label, help]) {
    const { h } = gl;
    const id = `gl-way-${name}`;
    const box = h("input", { type: "checkbox", id, "aria-describedby": `${id}-help` });
    box.addEventListener("change", () => gl.remember(`way:${name}`, box.checked ? "on" : "off"));
    const node = h("div", { class: "gl-way" }, box, h("label", { for: id }, label),
      h("p", { class: "gl-hint", id: `${id}-help` }, help));
    return { node, show: () => { box.checked = gl.wants(name); } };
  }

  function group(title, rows, flow) {
    const { h } = gl;
    return h("section", { class: "gl-keygroup" }, h("h3", { class: "gl-legend", dir: "auto" }, title),
      h("dl", { class: flow ? "gl-keylist gl-keyflow" : "gl-keylist" }, rows.map(([key, words]) =>
        h("div", null, h("dt", null, key.split(" ").map((one) => h("kbd", null, one))), h("dd", { dir: "auto" }, words)))));
  }

  // [key, words] by field; a number that its words begin with is not said twice.
  function rowsByField(keys) {
    const fields = new Map();
    for (const [key, { of, words }] of Object.entries(keys)) {
      const told = words.startsWith(`${key} `) ? words.slice(key.length + 1) : words;
      const row = [/[A-Z]/.test(key) ? `⇧ ${key}` : key.toUpperCase(), told];
      fields.set(of, [...(fields.get(of) || []), row]);
    }
    return [...fields];
  }

  gl.helpSheet = () => {
    const { h } = gl;
    const list = h("div", { class: "gl-sheet-lists" });
    const ways = WAYS.map(way);
    const looks = gl.looksPart();
    const node = h("dialog", { class: "gl-sheet", "aria-labelledby": "gl-sheet-title" },
      h("div", { class: "gl-sheet-head" }, h("h2", { id: "gl-sheet-title" }, "Keys"),
        h("form", { method: "dialog" }, h("button", { class: "gl-button gl-plain" }, h("span", null, "Close"), gl.key("Esc")))),
      list,
      h("section", { class: "gl-ways" }, h("h3", { class: "gl-legend" }, "How you work"), ways.map((one) => one.node)),
      looks.node);
    const open = (keys, part) => {
      list.replaceChildren(
        h("div", null, group("This page", gl.PAGE_KEYS, false)),
        h("div", null, rowsByField(keys).map(([label, rows]) => group(label, rows, true))));
      for (const one of ways) one.show();
      looks.show();
      node.showModal();
      if (part === "looks") looks.focus();
    };
    return { node, open };
  };
})();
