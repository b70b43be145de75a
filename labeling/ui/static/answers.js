// The response as it should have been: starts from the response, and shows live what was changed.
"use strict";

window.goldloop = window.goldloop || {};

(() => {
  const gl = window.goldloop;
  const COMPARE_AFTER = 120;
  const LONGEST = 50_000;  // characters; above that comparing word by word is no longer live
  const MARKS = 500;  // unseen characters that are made visible
  const AROUND = 60;  // characters of unchanged text that are shown beside a change

  function copyButtons(field, task, copy) {
    const { h } = gl;
    const several = task.view.responses.length > 1;
    return task.view.responses.filter((one) => !one.block.left).map((one, place) => {
      const key = field.key && place === 0 ? h("kbd", { "aria-hidden": "true" }, `⇧${gl.keyCap(field.key)}`) : null;
      return h("button", { type: "button", class: "gl-quiet", onclick: () => copy(one) },
        several ? `Copy ${gl.letter(task.view.responses.indexOf(one))} ` : "Copy the response ", key);
    });
  }

  // The text of a piece; the middle of a long unchanged one is left out.
  function shown(kind, text, isFirst, isLast) {
    const points = [...text];
    if (kind !== 0 || points.length <= 2 * AROUND + 20) return text;
    const head = isFirst ? "" : points.slice(0, AROUND).join("");
    const tail = isLast ? "" : points.slice(-AROUND).join("");
    return `${head} … ${tail}`;
  }

  function drawPieces(pieces) {
    const left = { marks: MARKS };
    return pieces.map(([kind, text], place) => {
      const node = gl.h(kind > 0 ? "ins" : kind < 0 ? "del" : "span", null);
      gl.appendMarked(node, shown(kind, text, place === 0, place === pieces.length - 1), left);
      return node;
    });
  }

  function comparison() {
    const { h } = gl;
    const count = h("span", null);
    const body = h("div", { class: "gl-difftext", dir: "auto" });
    const node = h("details", { class: "gl-diff", hidden: true },
      h("summary", null, "Changes to the response · ", count), body);
    node.open = gl.remembered("changes") !== "closed";
    node.addEventListener("toggle", () => gl.remember("changes", node.open ? "open" : "closed"));
    const show = (before, after) => {
      node.hidden = !before || !after.trim();
      if (node.hidden) return;
      const pieces = before.length + after.length > LONGEST ? null : gl.diff(before, after);
      if (!pieces) {
        count.textContent = "too much to compare";
        body.replaceChildren();
        return;
      }
      const words = (sign) => pieces.reduce((sum, [kind, text]) => sum + (kind === sign ? gl.words(text) : 0), 0);
      const [more, less] = [words(1), words(-1)];
      count.textContent = more || less ? `${gl.plural(more, "word", "words")} added, ${gl.count(less)} removed` : "none";
      body.replaceChildren(...drawPieces(pieces));
    };
    return { node, show };
  }

  gl.WIDGETS.answer = (field, changed) => {
    const widget = gl.parts.writing(field, () => { later(); changed(); }, 2);
    const compared = comparison();
    const buttons = gl.h("div", { class: "gl-copies" });
    const row = gl.h("div", { class: "gl-legend-row" });
    widget.legend.before(row);
    row.append(widget.legend, buttons);
    widget.node.insertBefore(compared.node, widget.wrong);
    let task = null;
    let base = null;
    let timer = 0;
    const compare = () => {
      timer = 0;
      compared.show(base && !base.block.left ? base.block.text : "", widget.area.value);
      buttons.hidden = widget.area.value.trim() !== "";
    };
    const later = () => {
      buttons.hidden = widget.area.value.trim() !== "";
      if (!timer) timer = setTimeout(compare, COMPARE_AFTER);
    };
    const copy = (response) => {
      base = response;
      if (!widget.area.value.trim()) widget.set(response.block.text);
      widget.area.focus();
      widget.area.setSelectionRange(widget.area.value.length, widget.area.value.length);
      compare();
      changed();
    };
    const start = () => {
      const whole = task && task.view.responses.find((one) => !one.block.left);
      if (whole) copy(whole);
    };
    if (field.key) {
      widget.keys[field.key.toUpperCase()] = { of: field.label, words: "Copy the response, and correct it", node: buttons, act: start };
    }
    const { set } = widget;
    widget.set = (value) => { set(value); compare(); };
    widget.begin = (now) => {
      task = now;
      const { responses } = now.view;
      base = responses.length === 1 ? responses[0] : null;
      buttons.replaceChildren(...copyButtons(field, now, copy));
    };
    return widget;
  };
})();
