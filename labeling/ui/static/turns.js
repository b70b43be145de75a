// The same question of every turn: one set of controls that acts on the turn at hand, a button per
// turn in the form, and beside each turn in the conversation what it was given. On narrow screens the
// controls stand below the turn itself.
"use strict";

window.goldloop = window.goldloop || {};

(() => {
  const gl = window.goldloop;
  const BEGINNING = 60;
  const NARROW = window.matchMedia("(max-width: 859px)");

  const beginning = (text) => {
    const points = [...text.trim().replace(/\s+/g, " ")];
    return points.length > BEGINNING ? `${points.slice(0, BEGINNING).join("")}…` : points.join("");
  };

  function textOf(view, place) {
    const turn = view.turns.find((one) => one.index === place);
    if (turn) return turn.blocks.map((block) => block.text).join(" ");
    return view.responses.length ? view.responses[0].block.text : "";
  }

  gl.WIDGETS.turns = (field, changed) => {
    const { h } = gl;
    const isRating = field.each === "rating";
    const inner = gl.WIDGETS[field.each](
      { ...field, kind: field.each, name: `${field.name}-turn`, help: null, required: false, required_when: null },
      () => answered());
    const legend = inner.node.querySelector(".gl-legend");
    const steps = h("div", { class: "gl-steps", role: "group", "aria-label": "Turns" });
    const back = small("<", "Turn before", () => go(at - 1));
    const on = small(">", "Turn after", () => go(at + 1));
    const none = h("p", { class: "gl-muted", hidden: true }, "There is no such turn in this task.");
    const seat = h("div", null, inner.node);
    const framed = gl.parts.frame(field, "fieldset", "legend", [
      h("div", { class: "gl-steprow" }, back, steps, on), none, seat]);
    inner.node.classList.add("gl-turnask");
    NARROW.addEventListener("change", () => { if (framed.node.isConnected && places.length) go(at, false); });
    let task = null;
    let places = [];
    let given = {};
    let at = 0;
    let isShown = true;

    function small(key, words, act) {
      return h("button", { type: "button", class: "gl-small", "aria-label": words, "aria-keyshortcuts": key, onclick: act }, key);
    }

    const words = (value) => {
      if (value === undefined) return "–";
      if (!isRating) return String(value.length);
      return String(value);
    };
    const spoken = (value) => (value === undefined ? "open" : isRating ? `rated ${value}` : gl.plural(value.length, "tag", "tags"));
    const place = () => places[at];

    function answered() {
      const value = inner.get();
      if (value === null) delete given[place()];
      else given[place()] = value;
      const open = places.findIndex((one, index) => index > at && given[one] === undefined);
      if (isRating && value !== null && open >= 0) go(open);
      else draw();
      changed();
    }

    // The turn at hand: its controls, its place in the conversation.
    function go(to, scroll = true) {
      if (to < 0 || to >= places.length) return;
      at = to;
      inner.set(given[place()] === undefined ? null : given[place()]);
      legend.replaceChildren(h("b", null, `Turn ${at + 1} of ${places.length}`), " ",
        h("bdi", { class: "gl-muted" }, beginning(textOf(task.view, place()))));
      const node = gl.revealTurn(task.root, place());
      (NARROW.matches && node ? node : seat).append(inner.node);  // where the thumb is
      draw();
      if (node && scroll) node.scrollIntoView({ block: "nearest" });
    }

    function draw() {
      steps.replaceChildren(...places.map((one, index) => h("button", {
        type: "button", class: "gl-place", "aria-current": index === at ? "true" : null,
        "aria-label": `Turn ${index + 1}: ${spoken(given[one])}`, onclick: () => go(index),
      }, h("span", null, words(given[one])))));
      back.setAttribute("aria-disabled", String(at === 0));
      on.setAttribute("aria-disabled", String(at >= places.length - 1));
      mark();
    }

    // Beside the turns themselves: what each was given, and a way to come back to it.
    function mark() {
      places.forEach((one, index) => {
        const node = task.root.querySelector(`[data-turn="${one}"]`);
        if (!node) return;
        node.classList.toggle("gl-athand", isShown && index === at);
        const name = `gl-turnbadge-${field.name}`;
        let badge = node.querySelector(`.${name}`);
        if (!badge) {
          badge = h("button", { type: "button", class: `gl-chip gl-turnbadge ${name}`, onclick: () => go(places.indexOf(one), false) });
          node.querySelector(".gl-role").append(badge);
        }
        const word = isRating && field.words && given[one] !== undefined ? ` ${field.words[given[one] - field.min]}` : "";
        badge.textContent = given[one] === undefined ? isRating ? "Rate this turn" : "Tag this turn" : isRating ? `${given[one]}${word}` : given[one].join(", ") || "no tag";
        badge.hidden = !isShown;
        badge.classList.toggle("gl-open", given[one] === undefined);
      });
    }

    return {
      ...framed,
      focusables: inner.focusables,
      keys: {
        ...inner.keys,
        "<": { of: field.label, words: "Turn before", node: back, act: () => go(at - 1) },
        ">": { of: field.label, words: "Turn after", node: on, act: () => go(at + 1) },
      },
      shown: (is) => {
        if (is === isShown) return;
        isShown = is;
        inner.node.hidden = !is || !places.length;
        if (task) mark();
      },
      begin: (now) => {
        task = now;
        places = now.answer.turns[field.name] || [];
        none.hidden = places.length > 0;
        inner.node.hidden = !isShown || !places.length;
        now.root.addEventListener("gl-drawn", mark);
      },
      set: (value) => {
        given = {};
        for (const one of places) if (value && value[one] !== undefined) given[one] = value[one];
        at = 0;
        const open = places.findIndex((one) => given[one] === undefined);
        if (places.length) go(Math.max(open, 0), false);
        else steps.replaceChildren();
      },
      get: () => (Object.keys(given).length ? { ...given } : null),
      seek: () => {
        const open = places.findIndex((one) => given[one] === undefined);
        if (open >= 0) go(open);
      },
      lacking: (needed) => {
        const open = places.filter((one) => given[one] === undefined);
        if (!needed || !open.length || (!isRating && open.length < places.length)) return null;
        return isRating ? `Every turn is to be rated: ${open.length} of ${places.length} to go.` : "Tag at least one turn, or skip the task.";
      },
    };
  };
})();
