// Passages of the response, each with a tag. Selected with the mouse or a finger, or word by word
// with the arrow keys; painted over the text without touching it, so that offsets stay true.
// Offsets count code points of the text, as the server does.
"use strict";

window.goldloop = window.goldloop || {};

(() => {
  const gl = window.goldloop;
  const COLOURS = 6;
  const QUOTE = 90;

  // --- places in a drawn text --------------------------------------------------------------------

  const points = (text) => {
    let count = 0;
    for (const _ of text) count++;  // eslint-disable-line no-unused-vars
    return count;
  };

  // The part of a selection that lies in a text, as [start, end]; null when there is none.
  function placesOf(node, range) {
    if (!range.intersectsNode(node)) return null;
    const inside = document.createRange();
    inside.selectNodeContents(node);
    if (node.contains(range.startContainer)) inside.setStart(range.startContainer, range.startOffset);
    if (node.contains(range.endContainer)) inside.setEnd(range.endContainer, range.endOffset);
    const before = document.createRange();
    before.selectNodeContents(node);
    before.setEnd(inside.startContainer, inside.startOffset);
    return trimmed(inside.toString(), points(before.toString()));
  }

  // Without the space around it: nobody means to mark that.
  function trimmed(text, start) {
    const lead = points(/^\s*/.exec(text)[0]);
    const body = points(text.trim());
    return body ? [start + lead, start + lead + body] : null;
  }

  // How many UTF-16 units the first code points of a text are.
  const unitsOf = (text, length, count) =>
    text.length === length ? count : [...text].slice(0, count).join("").length;

  // The range of [start, end) in a drawn text.
  function rangeOf(node, start, end) {
    const range = document.createRange();
    const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    let passed = 0;
    let begun = false;
    while (walker.nextNode()) {
      const { data } = walker.currentNode;
      const length = points(data);
      const unit = (place) => unitsOf(data, length, place - passed);
      if (!begun && start < passed + length) {
        range.setStart(walker.currentNode, unit(start));
        begun = true;
      }
      if (begun && end <= passed + length) {
        range.setEnd(walker.currentNode, unit(end));
        return range;
      }
      passed += length;
    }
    return null;
  }

  // --- paint ---------------------------------------------------------------------------------------

  const painted = new Map();  // field -> [[paint, range], ...]

  function paint(name, ranges) {
    if (!window.CSS || !CSS.highlights) return;
    painted.set(name, ranges);
    const all = [...painted.values()].flat();
    const paints = [...Array.from({ length: COLOURS }, (_, place) => `gl-span-${place}`), "gl-picked"];
    for (const one of paints) {
      const own = all.filter(([kind]) => kind === one).map(([, range]) => range);
      if (own.length) CSS.highlights.set(one, new Highlight(...own));
      else CSS.highlights.delete(one);
    }
    if (CSS.highlights.has("gl-picked")) CSS.highlights.get("gl-picked").priority = 1;
  }

  // --- the keyboard's cursor -----------------------------------------------------------------------

  // Words of a text as [start, end]; sentences say where the next one begins.
  function wordsOf(text) {
    const words = [];
    let at = 0;
    for (const one of new Intl.Segmenter(undefined, { granularity: "word" }).segment(text)) {
      const length = points(one.segment);
      if (one.isWordLike) words.push([at, at + length]);
      at += length;
    }
    return words;
  }

  function sentencesOf(text) {
    const starts = [];
    let at = 0;
    for (const one of new Intl.Segmenter(undefined, { granularity: "sentence" }).segment(text)) {
      starts.push(at);
      at += points(one.segment);
    }
    return starts;
  }

  class Cursor {
    constructor(texts) {
      this.words = [...texts].flatMap(([name, node]) => wordsOf(node.textContent).map(([start, end]) => ({ in: name, start, end })));
      this.sentences = new Map([...texts].map(([name, node]) => [name, sentencesOf(node.textContent)]));
      this.from = 0;
      this.to = 0;
    }

    get picked() {
      const [first, last] = [Math.min(this.from, this.to), Math.max(this.from, this.to)];
      return { in: this.words[first].in, start: this.words[first].start, end: this.words[last].end };
    }

    // Arrow keys: a word, a sentence, an end of the text; with Shift the selection grows.
    press(event) {
      const to = this.target(event.key);
      if (to === null) return false;
      const next = Math.min(Math.max(to, 0), this.words.length - 1);
      if (!event.shiftKey) this.from = next;
      else if (this.words[next].in !== this.words[this.from].in) return true;
      this.to = next;
      return true;
    }

    target(key) {
      const steps = { ArrowLeft: -1, ArrowRight: 1 };
      if (key in steps) return this.to + steps[key];
      if (key === "Home") return 0;
      if (key === "End") return this.words.length - 1;
      if (key !== "ArrowUp" && key !== "ArrowDown") return null;
      const word = this.words[this.to];
      const starts = this.sentences.get(word.in);
      const here = starts.findLastIndex((start) => start <= word.start);
      const wanted = starts[Math.min(Math.max(here + (key === "ArrowUp" ? -1 : 1), 0), starts.length - 1)];
      const found = this.words.findIndex((one) => one.in === word.in && one.start >= wanted);
      if (key === "ArrowDown" && (found < 0 || found <= this.to)) return this.words.findLastIndex((one) => one.in === word.in) + 1;
      return found;
    }
  }

  // --- the widget ----------------------------------------------------------------------------------

  const same = (a, b) => a.in === b.in && a.start === b.start && a.end === b.end && a.tag === b.tag;
  const order = (a, b) => (a.in < b.in ? -1 : a.in > b.in ? 1 : a.start - b.start || a.end - b.end || (a.tag < b.tag ? -1 : 1));

  gl.WIDGETS.spans = (field, changed) => {
    const { h } = gl;
    let spans = [];
    let texts = new Map();
    let picked = null;
    let cursor = null;
    const how = h("p", { class: "gl-hint" });
    const rest = () => how.replaceChildren("Select a passage of the response, then a tag. ",
      h("span", { class: "gl-bykeys" }, "By keys: a tag, then the arrows."));
    const said = h("p", { class: "gl-unseen", role: "status" });
    const buttons = field.options.map((one, place) => {
      const node = h("button", { type: "button", class: "gl-option gl-spanbutton", "aria-keyshortcuts": one.key || null,
        onpointerdown: (event) => event.preventDefault(), onclick: () => give(one.value) },
      gl.key(one.key), h("span", { class: `gl-swatch gl-swatch-${place % COLOURS}`, "aria-hidden": "true" }),
      h("span", { class: "gl-words", dir: "auto" }, one.label));
      return { ...one, node, input: node };
    });
    const list = h("ol", { class: "gl-spanlist" });
    const framed = gl.parts.frame(field, "fieldset", "legend", [how, gl.parts.choices(buttons, "flow"), list, said]);
    const colourOf = (tag) => field.options.findIndex((one) => one.value === tag) % COLOURS;
    const labelOf = (tag) => field.options.find((one) => one.value === tag).label;
    const textOf = ({ in: name, start, end }) => String(rangeOf(texts.get(name), start, end) || "");
    const quote = (span) => {
      const told = [...textOf(span).replace(/\s+/g, " ")];
      return told.length > QUOTE ? `${told.slice(0, QUOTE / 2).join("")} … ${told.slice(-QUOTE / 2).join("")}` : told.join("");
    };

    function show() {
      const ranges = spans.map((span) => [`gl-span-${colourOf(span.tag)}`, rangeOf(texts.get(span.in), span.start, span.end)]);
      if (picked) ranges.push(["gl-picked", rangeOf(texts.get(picked.in), picked.start, picked.end)]);
      paint(field.name, ranges.filter(([, range]) => range));
    }

    function draw() {
      list.replaceChildren(...spans.map((span, place) => h("li", { onkeydown: (event) => {
        if (!["Delete", "Backspace"].includes(event.key)) return;
        event.preventDefault();
        remove(place);
      } },
      h("button", { type: "button", class: "gl-spanquote", onclick: () => visit(span) },
        h("span", { class: `gl-swatch gl-swatch-${colourOf(span.tag)}`, "aria-hidden": "true" }),
        h("b", { dir: "auto" }, labelOf(span.tag)), " ", h("q", { dir: "auto" }, quote(span))),
      h("button", { type: "button", class: "gl-small", "aria-label": `Remove: ${labelOf(span.tag)}`, onclick: () => remove(place) }, "×"))));
      list.hidden = !spans.length;
      show();
    }

    function scrollTo(span) {
      const range = rangeOf(texts.get(span.in), span.start, span.end);
      if (range) range.startContainer.parentElement.scrollIntoView({ block: "nearest" });
      const box = range && range.getBoundingClientRect();
      const pane = range && range.startContainer.parentElement.closest(".gl-reading");
      if (!box || !pane) return;
      const frame = pane.getBoundingClientRect();
      if (box.top < frame.top + 40 || box.bottom > frame.bottom - 40) pane.scrollBy({ top: box.top - frame.top - frame.height / 3 });
    }

    function visit(span) {
      getSelection().removeAllRanges();
      picked = { in: span.in, start: span.start, end: span.end };
      scrollTo(span);
      show();
    }

    function remove(place) {
      spans = spans.filter((_, other) => other !== place);
      picked = null;
      draw();
      changed();
      said.textContent = "Removed.";
      const left = list.querySelectorAll(".gl-spanquote");
      (left[Math.min(place, left.length - 1)] || buttons[0].node).focus();
    }

    // A tag for what is selected; with nothing selected the arrow keys begin to select.
    function give(tag) {
      if (cursor) picked = cursor.picked;
      else picked = selected() || picked;
      if (!picked) {
        start(tag);
        return;
      }
      const span = { in: picked.in, start: picked.start, end: picked.end, tag };
      if (!spans.some((one) => same(one, span))) spans = [...spans, span].sort(order);
      said.textContent = `${labelOf(tag)}: ${quote(span)}`;
      leave();
      getSelection().removeAllRanges();
      changed();
    }

    function start(tag) {
      const begun = new Cursor(texts);
      if (!begun.words.length) return;
      cursor = begun;
      cursor.tag = tag;
      how.textContent = `Arrow keys go from word to word and from sentence to sentence, with Shift they select. Enter marks as ${labelOf(tag)}, another tag's key as that, Esc leaves.`;
      move();
    }

    function move() {
      picked = cursor.picked;
      said.textContent = textOf(picked);
      scrollTo(picked);
      show();
    }

    function leave() {
      cursor = null;
      picked = null;
      rest();
      draw();
    }

    // Enter and Esc end the keyboard's selection, arrows move it; every other key is the page's.
    function grab(event) {
      if (!cursor || event.ctrlKey || event.metaKey || event.altKey) return false;
      if (event.key === "Escape") leave();
      else if (event.key === "Enter" && !event.repeat) give(cursor.tag);
      else if (event.key !== "Enter" && !cursor.press(event)) return false;
      if (cursor) move();
      return true;
    }

    // What is selected in a response now: null for nothing, undefined when that lies elsewhere.
    function selected() {
      const selection = getSelection();
      if (!selection.rangeCount) return undefined;
      for (const [name, node] of texts) {
        if (!node.contains(selection.anchorNode) && !node.contains(selection.focusNode)) continue;
        const found = selection.isCollapsed ? null : placesOf(node, selection.getRangeAt(0));
        return found && { in: name, start: found[0], end: found[1] };
      }
      return undefined;
    }

    document.addEventListener("selectionchange", () => {
      if (!framed.node.isConnected || framed.node.hidden) return;
      const found = selected();
      if (found === undefined) return;
      picked = found;
      cursor = null;
      rest();
      show();
    });

    return {
      ...framed,
      focusables: buttons.map((one) => one.node),
      keys: gl.parts.keysOf(field, buttons, (one) => give(one.value)),
      grab,
      begin: ({ view, root }) => {
        const drawn = [...root.querySelectorAll(".gl-response")];
        texts = new Map(view.responses.map((one, place) => [
          view.responses.length === 1 ? "response" : one.id, drawn[place].querySelector(":scope > .gl-text, :scope > div > .gl-text"),
        ]).filter(([, node]) => node));
      },
      set: (value) => {
        const given = Array.isArray(value) ? value : [];
        spans = given.filter((one) => texts.has(one.in)).sort(order);
        leave();
      },
      get: () => (spans.length ? spans : null),
    };
  };
})();
