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

  // A tap or click beside a sheet closes it.
  gl.closesBeside = (node) => node.addEventListener("click", (event) => {
    const { left, right, top, bottom } = node.getBoundingClientRect();
    const { clientX: x, clientY: y } = event;
    if (event.target === node && (x < left || x > right || y < top || y > bottom)) node.close();
  });

  function group(title, rows, flow) {
    const { h } = gl;
    return h("section", { class: "gl-keygroup" }, h("h3", { class: "gl-legend", dir: "auto" }, title),
      h("dl", { class: flow ? "gl-keylist gl-keyflow" : "gl-keylist" }, rows.map(([key, words]) =>
        h("div", null, h("dt", null, key.split(" ").map((one) => h("kbd", null, one))), h("dd", { dir: "auto" }, words)))));
  }

  const inOrder = ([, one], [, other]) => {
    const place = one.node.compareDocumentPosition(other.node);
    return place & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : place & Node.DOCUMENT_POSITION_PRECEDING ? 1 : 0;
  };

  // [key, words] by field, as they stand on the form; a number that its words begin with is not said twice.
  function rowsByField(keys) {
    const fields = new Map();
    for (const [key, { of, words }] of Object.entries(keys).sort(inOrder)) {
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
    const title = h("h2", { id: "gl-sheet-title" });
    const node = h("dialog", { class: "gl-sheet", "aria-labelledby": "gl-sheet-title" },
      h("div", { class: "gl-sheet-head" }, title,
        h("form", { method: "dialog" }, h("button", { class: "gl-button gl-plain" }, h("span", null, "Close"), gl.key("Esc")))),
      list, looks.node,
      h("section", { class: "gl-ways" }, h("h3", { class: "gl-legend" }, "How you work"), ways.map((one) => one.node)));
    gl.closesBeside(node);
    // All of it, or without the keys when somebody asks for the looks.
    const open = (keys, part, pageKeys = gl.PAGE_KEYS) => {
      title.textContent = part === "looks" ? "Settings" : "Keys and settings";
      list.hidden = part === "looks";
      list.replaceChildren(
        h("div", null, group("This page", pageKeys, false)),
        h("div", null, rowsByField(keys).map(([label, rows]) => group(label, rows, true))));
      for (const one of ways) one.show();
      looks.show();
      node.showModal();
      node.scrollTop = 0;
      if (part === "looks") looks.focus();
    };
    return { node, open };
  };
})();
