// Which response is better: one of two, or all of them in order. Responses go by letters, in the
// order in which the server shows them to this person.
"use strict";

window.goldloop = window.goldloop || {};

(() => {
  const gl = window.goldloop;

  gl.letter = (place) => String.fromCharCode(65 + place);
  const named = (place) => `Response ${gl.letter(place)}`;

  const wrongCount = (there, wanted) =>
    `This question compares ${wanted} responses, and the task has ${there}. Skip the task.`;

  gl.WIDGETS.pairwise = (field, changed) => {
    let ids = [];
    const listed = [0, 1].map((place) => ({ value: place, label: `${gl.letter(place)} is better`, key: field.keys[place] }));
    if (field.tie) listed.push({ value: "tie", label: field.tie_label, key: field.keys[2] });
    const widget = gl.parts.radios(field, listed, changed, "flow");
    const { get, set } = widget;
    return {
      ...widget,
      begin: (task) => { ids = task.view.responses.map((one) => one.id); },
      get: () => {
        const value = get();
        return value === null || value === "tie" ? value : ids[value] ?? null;
      },
      set: (value) => set(value === "tie" ? value : ids.includes(value) ? ids.indexOf(value) : null),
      lacking: (needed) => {
        if (ids.length !== 2) return needed ? wrongCount(ids.length, "two") : null;
        return needed && get() === null ? "Say which is better, or skip the task." : null;
      },
    };
  };

  const MOST = 6;

  gl.WIDGETS.ranking = (field, changed) => {
    const { h } = gl;
    let ids = [];
    let ranks = [];
    const list = h("ol", { class: "gl-ranks" });
    const pool = h("div", { class: "gl-options gl-flow gl-pool" });
    const said = h("p", { class: "gl-unseen", role: "status" });
    const keys = {};
    const tieKey = field.tie ? field.keys[MOST] : null;
    const framed = gl.parts.frame(field, "fieldset", "legend", [list, pool, said]);
    const widget = { ...framed, focusables: [], keys };

    const rankOf = (id) => ranks.findIndex((rank) => rank.includes(id));
    const without = (id) => ranks.map((rank) => rank.filter((one) => one !== id)).filter((rank) => rank.length);
    const act = (next, focus) => {
      ranks = next;
      draw();
      changed();
      said.textContent = ranks.map((rank, place) => `${place + 1}: ${rank.map((id) => gl.letter(ids.indexOf(id))).join(" and ")}`).join(", ");
      if (focus) framed.node.querySelector(focus)?.focus();
    };
    const toggle = (id) => act(rankOf(id) < 0 ? [...ranks, [id]] : without(id));
    // The last two ranks become one; the last of a shared rank becomes one of its own.
    const tie = () => {
      const last = ranks[ranks.length - 1];
      if (last && last.length > 1) act([...ranks.slice(0, -1), last.slice(0, -1), last.slice(-1)]);
      else if (ranks.length > 1) act([...ranks.slice(0, -2), [...ranks[ranks.length - 2], ...last]]);
    };
    // One rank up or down: into a rank of its own between its neighbours.
    const move = (id, by) => {
      const from = rankOf(id);
      const shared = ranks[from].length > 1;
      const rest = without(id);
      const to = shared ? from + (by > 0 ? 1 : 0) : Math.min(Math.max(from + by, 0), rest.length);
      act([...rest.slice(0, to), [id], ...rest.slice(to)], `[data-id="${ids.indexOf(id)}-${by}"]`);
    };
    const join = (id) => {
      const from = rankOf(id);
      if (from < 1) return;
      const rest = without(id);
      rest[from - 1] = [...rest[from - 1], id];
      act(rest, `[data-id="${ids.indexOf(id)}-tie"]`);
    };

    function small(words, text, id, what, press, off) {
      return h("button", { type: "button", class: "gl-small", "aria-label": words, title: words,
        "data-id": `${ids.indexOf(id)}-${what}`, "aria-disabled": off ? "true" : null,
        onclick: () => { if (!off) press(); } }, text);
    }

    function item(id, rank) {
      const name = named(ids.indexOf(id));
      return h("span", { class: "gl-ranked" }, h("b", null, name),
        small(`${name}: up`, "↑", id, -1, () => move(id, -1), rank === 0 && ranks[0].length === 1),
        small(`${name}: down`, "↓", id, 1, () => move(id, 1), rank === ranks.length - 1 && ranks[rank].length === 1),
        field.tie ? small(`${name}: equal to the one above`, "=", id, "tie", () => join(id), rank === 0) : null,
        small(`${name}: take out`, "×", id, "out", () => act(without(id)), false));
    }

    function draw() {
      const pooled = ids.filter((id) => rankOf(id) < 0);
      list.replaceChildren(...ranks.map((rank, place) => h("li", null, rank.map((id) => item(id, place)))));
      list.hidden = !ranks.length;
      pool.replaceChildren(...pooled.map((id) => h("button", { type: "button", class: "gl-option", onclick: () => toggle(id) },
        gl.key(field.keys[ids.indexOf(id)]), `${named(ids.indexOf(id))}${ranks.length ? " is next" : " is best"}`)));
      pool.hidden = !pooled.length;
      widget.focusables = [...pool.querySelectorAll("button"), ...list.querySelectorAll("button")];
    }

    widget.begin = (task) => {
      ids = task.view.responses.slice(0, MOST).map((one) => one.id);
      widget.there = task.view.responses.length;
      for (const key of Object.keys(keys)) delete keys[key];
      ids.forEach((id, place) => {
        const key = field.keys[place];
        if (key) keys[key] = { of: field.label, words: `${named(place)} comes next; again: out`, node: framed.node, act: () => toggle(id) };
      });
      if (tieKey) keys[tieKey] = { of: field.label, words: `${field.tie_label}: the last two share a rank`, node: framed.node, act: tie };
    };
    widget.set = (value) => {
      const given = Array.isArray(value) ? value : [];
      ranks = given.map((rank) => rank.filter((id) => ids.includes(id))).filter((rank) => rank.length);
      draw();
    };
    widget.get = () => (ranks.length ? ranks : null);
    widget.lacking = (needed) => {
      if (widget.there < 2 || widget.there > MOST) return needed ? wrongCount(widget.there, `2 to ${MOST}`) : null;
      const ranked = ranks.flat().length;
      if (ranked === ids.length || (!needed && ranked === 0)) return null;
      return `Put all ${ids.length} responses in order: ${gl.plural(ids.length - ranked, "is", "are")} still out.`;
    };
    return widget;
  };
})();
