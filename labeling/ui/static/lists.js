// One's own tasks in a queue: the list of them, the way back and forth among what is finished, and
// the addresses of these views.
"use strict";

window.goldloop = window.goldloop || {};

(() => {
  const gl = window.goldloop;

  const TABS = [
    ["pending", "Pending", "Nothing is open for you in this queue."],
    ["draft", "Draft", "Nothing is begun and not sent."],
    ["submitted", "Submitted", "You have submitted nothing in this queue yet."],
    ["skipped", "Skipped", "You have skipped nothing in this queue."],
    ["returned", "Returned", "Nothing went back to the queue: by your hand, or because its time ran out."],
  ];
  const STATES = { leased: "Open", submitted: "Submitted", skipped: "Skipped", returned: "Returned", expired: "Time ran out" };
  const LIST_KEYS = [
    ["↑ ↓", "The task above, the task below"],
    ["← →", "The list before, the next list"],
    ["Enter", "Open the task"],
    ["Esc", "Back to labeling"],
    ["?", "This list"],
  ];
  const KEEP = "input, textarea, select, dialog, summary, [contenteditable], [role=radiogroup], .gl-table";

  gl.VIEWS = gl.VIEWS || {};
  gl.COMMANDS[";"] = (page) => toggleMine(page);
  gl.COMMANDS[":"] = (page) => { if (page.queue !== null && !page.busy) page.go(null); };
  gl.PAGE_KEYS.splice(-2, 0, [";", "My tasks"], [":", "All queues"], ["← →", "The task before, and towards the open one"]);

  // --- addresses -----------------------------------------------------------------------------

  // The call that fills the page at this address, and what it is told.
  gl.whereTo = () => {
    const at = new URLSearchParams(location.search);
    const queue = at.get("queue");
    if (queue === null) return ["queues", { queue: "" }];
    if (at.has("list")) return ["mine", { queue, list: at.get("list"), page: Number.parseInt(at.get("page"), 10) || 1 }];
    if (at.get("view") === "bulk") return ["bulk", { queue, count: Number.parseInt(at.get("count"), 10) || 10 }];
    return ["open", { queue }];
  };

  // Go to a place within the queue: a list, many at once, or the open task.
  gl.visit = async (page, place = {}) => {
    if (page.busy) return;
    await page.saveDraft();
    const before = location.search;
    history.pushState(null, "", `?${new URLSearchParams({ queue: page.queue, ...place })}`);
    if (!(await page.load())) history.replaceState(null, "", before || location.pathname);
  };

  const toggleMine = (page) => {
    if (!page.now || !page.now.queue) return;
    gl.visit(page, page.now.state === "list" ? {} : { list: "pending" });
  };

  // --- header --------------------------------------------------------------------------------

  function small(words, key, label, act) {
    return gl.h("button", { type: "button", class: "gl-button gl-plain gl-step", onclick: act, "aria-label": label, title: label, "aria-keyshortcuts": key }, words);
  }

  gl.addLists = (page) => {
    const { h } = gl;
    const ways = {
      back: small("‹", "ArrowLeft", "The task before", () => page.undo()),
      mine: h("button", { type: "button", class: "gl-button gl-plain", onclick: () => toggleMine(page), "aria-keyshortcuts": ";" }, h("span", null, "My tasks"), gl.key(";")),
      forth: small("›", "ArrowRight", "Towards the open task", () => later(page)),
      many: h("button", { type: "button", class: "gl-button gl-plain", onclick: () => gl.visit(page, { view: "bulk" }) }, "Many at once"),
    };
    ways.node = h("nav", { class: "gl-mine", "aria-label": "My tasks", hidden: true }, ways.back, ways.mine, ways.forth, ways.many);
    page.ways = ways;
    page.layout.top.node.querySelector(".gl-tools").before(ways.node);
    document.addEventListener("keydown", (event) => arrowed(page, event), true);
    window.addEventListener("pagehide", () => page.leave(null, { keepalive: true }));
    // What was ahead went back when the page was put aside.
    window.addEventListener("pageshow", (event) => { if (event.persisted) page.load(); });
  };

  gl.showWays = (page, answer) => {
    const { node, back, mine, forth, many } = page.ways;
    const isTask = answer.state === "task";
    node.hidden = !answer.queue || !answer.account;
    back.hidden = forth.hidden = !isTask;
    back.setAttribute("aria-disabled", String(isTask && answer.progress.finished === 0));
    forth.setAttribute("aria-disabled", String(isTask && !answer.reopened));
    mine.setAttribute("aria-pressed", String(answer.state === "list"));
    many.hidden = !(isTask && !answer.qualification && gl.verdictField(answer.guideline.fields));
  };

  // From a finished task to the one finished after it, and at last to the open one.
  async function later(page) {
    const { now } = page;
    if (page.busy || !now || now.state !== "task" || !now.reopened) return;
    await page.saveDraft();
    await page.ask("later", { assignment: now.assignment_id });
  }

  function arrowed(page, event) {
    const { now, layout } = page;
    if (event.defaultPrevented || event.repeat || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (!now || page.busy || layout.helpIsOpen() || layout.skipIsOpen() || document.querySelector("dialog[open]")) return;
    if (event.target instanceof Element && event.target.closest(KEEP)) return;
    if (event.key === "Escape" && page.view) gl.visit(page);
    else if (!gl.wants("keys")) return;
    else if (event.key === "ArrowLeft" && now.state === "task") goBack(page);
    else if (event.key === "ArrowRight" && now.state === "task") later(page);
    else return;
    event.preventDefault();
  }

  function goBack(page) {
    if (page.now.progress.finished) page.undo();
  }

  // --- the list ------------------------------------------------------------------------------

  function when(at) {
    const day = new Date(at);
    const words = day.toLocaleString("en", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    return gl.h("time", { datetime: at, title: day.toLocaleString("en") }, words);
  }

  function row(page, one) {
    const { h } = gl;
    const open = async () => {
      if (page.busy || !(await page.ask("reopen", { assignment: one.assignment_id }))) return;
      history.pushState(null, "", `?${new URLSearchParams({ queue: page.queue })}`);
    };
    return h("li", null, h("button", { type: "button", class: "gl-mine-row", onclick: open },
      h("span", { class: "gl-mine-line", dir: "auto" }, one.line ? gl.drawLine(one.line) : h("i", null, "No words were asked")),
      h("span", { class: "gl-mine-facts" },
        one.answer ? h("b", null, h("bdi", null, one.answer)) : null,
        h("span", null, STATES[one.state] || one.state), when(one.at))));
  }

  function tabs(page, answer) {
    const { h } = gl;
    return h("div", { class: "gl-tabs", role: "group", "aria-label": "Which of them" }, TABS.map(([name, words]) =>
      h("button", { type: "button", class: "gl-tab", "aria-pressed": String(name === answer.list), onclick: () => gl.visit(page, { list: name }) },
        words, " ", h("span", { class: "gl-tab-count" }, gl.count(answer.counts[name])))));
  }

  function pages(page, answer) {
    const to = (words, number, able) => gl.h("button", {
      type: "button", class: "gl-button", disabled: !able, onclick: () => gl.visit(page, { list: answer.list, page: number }),
    }, words);
    if (answer.page === 1 && !answer.more) return null;
    return gl.h("div", { class: "gl-buttons gl-mine-pages" }, to("Newer", answer.page - 1, answer.page > 1), to("Older", answer.page + 1, answer.more));
  }

  // Up and down among the rows, left and right among the lists.
  function moved(node, event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const buttons = [...node.querySelectorAll(event.key.endsWith("t") ? ".gl-tab" : ".gl-mine-row")];
    const step = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || !buttons.length) return;
    event.preventDefault();
    if (event.key.endsWith("t")) {
      const shown = buttons.findIndex((one) => one.getAttribute("aria-pressed") === "true");
      buttons[(shown + step + buttons.length) % buttons.length].click();
      return;
    }
    const place = buttons.indexOf(document.activeElement);
    buttons[Math.min(Math.max(place + step, 0), buttons.length - 1)].focus();
  }

  gl.VIEWS.list = (page, answer) => {
    const { h } = gl;
    const [, , empty] = TABS.find(([name]) => name === answer.list);
    const node = h("section", { class: "gl-mine-list", "aria-labelledby": "gl-mine-title" },
      h("div", { class: "gl-mine-head" }, h("h2", { id: "gl-mine-title" }, "My tasks"),
        h("button", { type: "button", class: "gl-button", onclick: () => gl.visit(page) }, h("span", null, "Back to labeling"), h("kbd", { "aria-hidden": "true" }, "Esc"))),
      tabs(page, answer),
      answer.rows.length ? h("ol", { class: "gl-mine-rows" }, answer.rows.map((one) => row(page, one))) : h("p", { class: "gl-mine-none" }, empty),
      pages(page, answer));
    node.addEventListener("keydown", (event) => moved(node, event));
    gl.showView(page, answer, node);
    (node.querySelector(".gl-mine-row") || node.querySelector("[aria-pressed=true]")).focus({ preventScroll: true });
    page.layout.status.textContent = `${gl.plural(answer.counts[answer.list], "task", "tasks")} in this list.`;
    return { press: (key) => key === "z" || key === "x", pageKeys: LIST_KEYS };
  };

  // One's own view in the place of the task.
  gl.showView = (page, answer, node) => {
    page.layout.head(answer);
    page.layout.place(false);
    page.layout.elsewhere.replaceChildren(node);
    page.layout.elsewhere.scrollTop = 0;
  };

  // A line of a text from outside, its unseen characters marked.
  gl.drawLine = (text) => gl.drawBlock({ kind: "plain", text, part: 0, left: 0 });
})();
