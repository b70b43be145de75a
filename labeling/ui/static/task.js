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

  // --- what the eye would miss ---------------------------------------------------------------

  const C0 = "NUL SOH STX ETX EOT ENQ ACK BEL BS TAB LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US".split(" ");
  const NAMED = {
    0x7f: "DEL", 0x61c: "ALM", 0x180e: "MVS", 0x200b: "ZWSP", 0x200e: "LRM", 0x200f: "RLM",
    0x2028: "LS", 0x2029: "PS", 0x202a: "LRE", 0x202b: "RLE", 0x202c: "PDF", 0x202d: "LRO",
    0x202e: "RLO", 0x2060: "WJ", 0x2066: "LRI", 0x2067: "RLI", 0x2068: "FSI", 0x2069: "PDI",
    0xfeff: "BOM",
  };
  // A flag of a region is spelt with invisible tag characters: the one place where they are meant.
  const UNSEEN =
    /\u{1f3f4}[\u{e0020}-\u{e007f}]+|\r(?=\n)|([\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}])\1*/gu;
  const MARKS_AT_MOST = 5000;

  function markName(character) {
    const point = character.codePointAt(0);
    return C0[point] || NAMED[point] || "U+" + point.toString(16).toUpperCase().padStart(4, "0");
  }

  // Text with a visible mark around every run of an unseen character; the run stays inside it.
  function appendMarked(parent, text) {
    let from = 0;
    let marks = 0;
    for (const match of text.matchAll(UNSEEN)) {
      if (match[1] === undefined) continue;
      if (++marks > MARKS_AT_MOST) break;
      if (match.index > from) parent.append(text.slice(from, match.index));
      const times = [...match[0]].length;
      const name = markName(match[1]) + (times > 1 ? ` ×${times}` : "");
      parent.append(h("span", { class: "gl-mark", "data-mark": name }, match[0]));
      from = match.index + match[0].length;
    }
    if (from < text.length) parent.append(text.slice(from));
  }

  // --- text and code -------------------------------------------------------------------------

  // [is code, text] pieces that together are the text: fenced blocks with their fences, and the rest.
  function fenced(text) {
    const pieces = [];
    let fence = null;
    let piece = "";
    const flush = (isCode) => {
      if (piece) pieces.push([isCode, piece]);
      piece = "";
    };
    for (const line of text.split(/(?<=\n)/)) {
      const found = /^ {0,3}(`{3,}|~{3,})/.exec(line);
      if (fence === null && found) {
        flush(false);
        fence = found[1];
        piece += line;
      } else {
        piece += line;
        if (fence !== null && found && found[1].startsWith(fence) && !line.slice(found[0].length).trim()) {
          flush(true);
          fence = null;
        }
      }
    }
    flush(fence !== null);
    return pieces;
  }

  function appendProse(parent, text) {
    let from = 0;
    for (const match of text.matchAll(/`[^`\n]{1,300}`/g)) {
      appendMarked(parent, text.slice(from, match.index));
      const code = h("code", null);
      appendMarked(code, match[0]);
      parent.append(code);
      from = match.index + match[0].length;
    }
    appendMarked(parent, text.slice(from));
  }

  function appendText(parent, text, kind) {
    if (kind === "code") {
      appendMarked(parent, text);
      return;
    }
    for (const [isCode, piece] of fenced(text)) {
      if (isCode) {
        const code = h("span", { class: "gl-code", dir: "ltr" });
        appendMarked(code, piece);
        parent.append(code);
      } else {
        appendProse(parent, piece);
      }
    }
  }

  // One text as {kind, text, part, left}; more(part, offset) gives what was held back.
  gl.drawBlock = (block, more) => {
    const isCode = block.kind === "code";
    const text = h(isCode ? "pre" : "div", {
      class: isCode ? "gl-text gl-code" : "gl-text",
      dir: isCode ? "ltr" : "auto",
    });
    appendText(text, block.text, block.kind);
    if (!block.left) return text;
    return h("div", null, text, moreButton(text, block, more));
  };

  function moreButton(text, block, more) {
    const words = (left) => `Show more: ${gl.count(left)} characters are held back`;
    if (!more) return h("p", { class: "gl-muted" }, `${gl.count(block.left)} more characters.`);
    let offset = [...block.text].length;
    const button = h("button", { type: "button", class: "gl-quiet" }, words(block.left));
    button.addEventListener("click", async () => {
      button.disabled = true;
      const next = await more(block.part, offset);
      button.disabled = false;
      if (!next) return;
      appendText(text, next.text, block.kind);
      offset += [...next.text].length;
      button.textContent = words(next.left);
      button.hidden = !next.left;
    });
    return button;
  }

  // --- the view ------------------------------------------------------------------------------

  const ROLES = { user: "User", assistant: "Assistant", tool: "Tool result", system: "System", developer: "System" };

  function turn(message, more) {
    const role = ROLES[message.role] || message.role;
    const calls = message.calls.map((call) =>
      h("div", { class: "gl-call" },
        h("p", { class: "gl-role" }, "Calls ", h("bdi", { class: "gl-name" }, call.name)),
        gl.drawBlock(call.arguments, more)));
    const known = Object.hasOwn(ROLES, message.role) ? message.role : "other";
    return h("article", { class: `gl-turn gl-turn-${known}` },
      h("h3", { class: "gl-role" }, h("bdi", null, role),
        message.name ? [" ", h("bdi", { class: "gl-name" }, message.name)] : null),
      message.blocks.map((block) => gl.drawBlock(block, more)),
      calls);
  }

  // A section that folds; whether it is open is remembered by its name.
  function folding(name, open, title, key, ...children) {
    const kept = gl.remembered(`section:${name}`);
    const isOpen = kept === null ? open : kept === "open";
    const node = h("details", { class: "gl-fold", "data-fold": name, open: isOpen },
      h("summary", null, h("span", null, title), gl.key(key)), ...children);
    node.addEventListener("toggle", () => gl.remember(`section:${name}`, node.open ? "open" : "closed"));
    return node;
  }

  function passage(one, place, total, more) {
    const title = one.title ? h("bdi", null, one.title) : `Passage ${place + 1}`;
    return h("article", { class: "gl-passage" },
      total > 1 || one.title ? h("h4", { class: "gl-role" }, title) : null, gl.drawBlock(one.block, more));
  }

  function response(one, place, total, more) {
    const title = total > 1 ? `Response ${place + 1}` : "Response";
    const empty = one.block.text === "" ? h("p", { class: "gl-muted" }, "The response is empty.") : null;
    return h("article", { class: "gl-response" },
      h("h3", { class: "gl-role" }, title, h("span", { class: "gl-tojudge" }, total > 1 ? null : "judge this")),
      one.facts.map(([name, value]) => h("p", { class: "gl-muted" }, `${name}: `, h("bdi", null, value))),
      empty || gl.drawBlock(one.block, more));
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
      view.turns.map((message) => turn(message, more)),
      passages
        ? folding("context", true, `Context · ${gl.plural(passages, "passage", "passages")}`, ".",
            view.context.map((one, place) => passage(one, place, passages, more)))
        : null,
      view.responses.map((one, place) => response(one, place, view.responses.length, more)));
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
