// Draws a task: conversation, context, responses. Everything that came in from outside is text:
// createElement and text nodes only, so that no string can become markup, a request or a script.
// The text content of a drawn text equals the text itself: offsets of a selection stay true.
"use strict";

window.goldloop = window.goldloop || {};

(() => {
  const gl = window.goldloop;

  // A node with attributes and children; a string child becomes a text node.
  gl.h = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value === true ? "" : String(value));
    }
    node.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return node;
  };
  const h = gl.h;

  gl.key = (key, name = null) => (key ? h("kbd", { "aria-hidden": "true", class: name }, gl.keyCap(key)) : null);
  gl.keyCap = (key) => ({ Enter: "↵" })[key] || key.toUpperCase();
  gl.count = (number) => number.toLocaleString("en");
  gl.plural = (number, one, many) => `${gl.count(number)} ${number === 1 ? one : many}`;

  // --- text and code -------------------------------------------------------------------------

  // One text as {kind, text, part, left}; more(part, offset) gives what was held back.
  gl.drawBlock = (block, more) => {
    const isCode = block.kind === "code";
    const text = h(isCode ? "pre" : "div", {
      class: isCode ? "gl-text gl-code" : "gl-text",
      dir: isCode ? "ltr" : "auto",
    });
    gl.appendText(text, block.text, block.kind);
    if (!block.left) return text;
    return h("div", null, text, moreButton(text, block, more));
  };

  function moreButton(text, block, more) {
    const words = (left) => `Show more: ${gl.count(left)} characters are held back`;
    if (!more) return h("p", { class: "gl-muted" }, `${gl.count(block.left)} more characters.`);
    let offset = [...block.text].length;
    const button = h("button", { type: "button", class: "gl-quiet", "data-left": block.left }, words(block.left));
    button.addEventListener("click", async () => {
      button.disabled = true;
      const next = await more(block.part, offset);
      button.disabled = false;
      if (!next) return;
      gl.appendText(text, next.text, block.kind);
      offset += [...next.text].length;
      button.textContent = words(next.left);
      button.dataset.left = next.left;
      button.hidden = !next.left;
    });
    return button;
  }

  // --- the view ------------------------------------------------------------------------------

  const ROLES = { user: "User", assistant: "Assistant", tool: "Tool result", system: "System", developer: "System" };
  const GIVEN_CHARS = 300;
  const RESULT_LINES = 12;
  const RESULT_CHARS = 1200;
  const PASSAGE_LINES = 24;
  const PASSAGE_CHARS = 3000;

  // A call in one line, name and what it was given; the whole of it opens.
  function toolCall(call, more) {
    const given = call.arguments.text.slice(0, GIVEN_CHARS).replace(/\s+/g, " ").replace(/^[{[] | [}\]]$/g, "");
    return h("details", { class: "gl-call" },
      h("summary", { onclick: gl.letGo }, h("span", { class: "gl-calls" }, "Calls"), " ", h("bdi", { class: "gl-name" }, call.name), " ",
        h("bdi", { class: "gl-given", dir: "ltr" }, given)),
      gl.drawBlock(call.arguments, more));
  }

  // What a tool gave back is long and seldom read to its end; data stands there as it is.
  function toolResult(block, more) {
    const isData = /^\s{0,20}[{[]/.test(block.text);
    const isLong = block.text.length > RESULT_CHARS || block.text.trimEnd().split("\n", RESULT_LINES + 1).length > RESULT_LINES;
    const node = gl.drawBlock(isData ? { ...block, kind: "code" } : block, more);
    return isLong ? gl.clamped(node, RESULT_LINES) : node;
  }

  function turn(message, more) {
    const role = ROLES[message.role] || message.role;
    const known = Object.hasOwn(ROLES, message.role) ? message.role : "other";
    const draw = message.role === "tool" ? toolResult : gl.drawBlock;
    return h("article", { class: `gl-turn gl-turn-${known}`, "data-turn": message.index },
      h("h3", { class: "gl-role" }, h("bdi", null, role),
        message.name ? [" ", h("bdi", { class: "gl-name" }, message.name)] : null),
      message.blocks.map((block) => draw(block, more)),
      message.calls.map((call) => toolCall(call, more)));
  }

  // A section that folds; whether it is open is remembered by its name.
  function folding(name, open, title, key, ...children) {
    const kept = gl.remembered(`section:${name}`);
    const isOpen = kept === null ? open : kept === "open";
    const node = h("details", { class: "gl-fold", "data-fold": name, open: isOpen },
      h("summary", null, h("span", null, title), gl.key(key)), ...children);
    node.addEventListener("toggle", () => {
      // What a search has opened is not how somebody wants it from now on.
      if ("revealed" in node.dataset) delete node.dataset.revealed;
      else gl.remember(`section:${name}`, node.open ? "open" : "closed");
    });
    return node;
  }

  function passage(one, place, total, more) {
    const title = one.title ? h("bdi", null, one.title) : `Passage ${place + 1}`;
    const drawn = gl.drawBlock(one.block, more);
    return h("article", { class: "gl-passage" },
      total > 1 || one.title ? h("h4", { class: "gl-role" }, title) : null,
      one.block.text.length > PASSAGE_CHARS ? gl.clamped(drawn, PASSAGE_LINES) : drawn);
  }

  function response(one, place, total, turn, more) {
    const title = total > 1 ? `Response ${one.name ?? String.fromCharCode(65 + place)}` : "Response";
    const words = one.calls.length ? "The response says nothing in words." : "The response is empty.";
    const empty = one.block.text === "" ? h("p", { class: "gl-muted" }, words) : null;
    return h("article", { class: "gl-response", "data-turn": turn },
      h("h3", { class: "gl-role" }, title, h("span", { class: "gl-tojudge" }, total > 1 ? null : "judge this")),
      one.facts.map(([name, value]) => h("p", { class: "gl-muted" }, `${name}: `, h("bdi", null, value))),
      empty || gl.drawBlock(one.block, more),
      one.calls.map((call) => toolCall(call, more)));
  }

  // The whole task as one node. `view` is what labeling.ui.presenters.view returns.
  gl.drawTask = (view, more) => {
    const passages = view.context.length;
    const facts = view.facts.length
      ? h("dl", { class: "gl-facts" }, view.facts.map(([name, block]) =>
          h("div", null, h("dt", null, name), h("dd", null, gl.drawBlock(block, more)))))
      : null;
    return h("div", { class: "gl-task" },
      facts,
      view.system.length
        ? folding("system", false, "System prompt", ",", view.system.map((block) => gl.drawBlock(block, more)))
        : null,
      gl.foldTurns(view.turns, (message) => turn(message, more)),
      passages
        ? folding("context", true, `Context · ${gl.plural(passages, "passage", "passages")}`, ".",
            view.context.map((one, place) => passage(one, place, passages, more)))
        : null,
      h("div", { class: "gl-responses", "data-count": view.responses.length },
        view.responses.map((one, place) =>
          response(one, place, view.responses.length, view.responses.length === 1 ? view.messages : null, more))));
  };

  // A rubric: trees of [tag, children] and texts. Unknown tags are drawn as their text.
  const RUBRIC = new Set("h1 h2 h3 h4 h5 h6 p ul ol li strong em s code pre blockquote hr br table thead tbody tr th td ins del".split(" "));
  const LOWER = { h1: "h3", h2: "h4", h3: "h5", h4: "h6", h5: "h6" };
  gl.drawRubric = (nodes) =>
    nodes.map((node) => {
      if (typeof node === "string") return document.createTextNode(node);
      const [tag, children] = node;
      return h(RUBRIC.has(tag) ? LOWER[tag] || tag : "span", null, gl.drawRubric(children));
    });

  // --- memory of this browser ----------------------------------------------------------------

  gl.remember = (name, value) => {
    try {
      localStorage.setItem(`goldloop:${name}`, value);
    } catch {
      // a private window without storage forgets, and that is all
    }
  };
  gl.remembered = (name) => {
    try {
      return localStorage.getItem(`goldloop:${name}`);
    } catch {
      return null;
    }
  };
})();
