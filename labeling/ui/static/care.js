// Care for quality: feedback while somebody qualifies, a word when an answer was quick, a break now
// and then, and a person's own totals. Nothing here knows which tasks were checks.
"use strict";

window.goldloop = window.goldloop || {};

(() => {
  const gl = window.goldloop;
  const MINUTE = 60_000;
  const WORK = 50 * MINUTE;
  const PAUSE = 5 * MINUTE;
  const AGAIN = 60 * MINUTE;
  const KEPT_EVERY = 10_000;
  const LABELS_BETWEEN = 10;
  const READ_FIRST = 400;  // milliseconds; who pressed twice has not read the feedback

  // --- to qualify ------------------------------------------------------------------------------

  function strip({ answered, tasks }) {
    return gl.h("p", { class: "gl-care-strip" },
      gl.h("b", null, `Task ${gl.count(answered + 1)} of ${gl.count(tasks)} to qualify.`),
      " After your answer you see what was agreed, and why.");
  }

  function line(words, value, mark) {
    return gl.h("div", { class: "gl-fed-line" },
      gl.h("dt", null, words), gl.h("dd", { dir: "auto" }, value, mark));
  }

  function judgement(field) {
    const { h } = gl;
    const asked = field.right === null;
    const same = field.said === field.agreed;
    const verdict = field.right ? (same ? "as agreed" : "near enough") : "not as agreed";
    const mark = asked ? null : h("span", { class: "gl-fed-mark" }, verdict);
    const state = asked ? "" : field.right ? " gl-fed-right" : " gl-fed-wrong";
    return h("section", { class: `gl-fed-field${state}` },
      h("h4", { class: "gl-legend", dir: "auto" }, field.label),
      h("dl", null, line("You", field.said, mark), same ? null : line("Agreed", field.agreed, null)));
  }

  const ENDS = {
    open: "That is enough to begin: the queue is open to you.",
    not_qualified: "That was the last of them. The next page says what happens now.",
  };

  function feedbackSection({ right, fields, why, qualification: how }) {
    const { h } = gl;
    const end = ENDS[how.state];
    return h("section", { class: "gl-fed-all", tabindex: "0", "aria-labelledby": "gl-fed-title" },
      h("h3", { id: "gl-fed-title", class: right ? "gl-fed-good" : "gl-fed-bad" }, right ? "As agreed" : "Not as agreed"),
      fields.map(judgement),
      why ? h("section", { class: "gl-fed-why" }, h("h4", { class: "gl-legend" }, "Why"), h("p", { dir: "auto" }, why)) : null,
      h("p", { class: "gl-muted" }, `${gl.count(how.answered)} of ${gl.count(how.tasks)} answered. ${end || ""}`));
  }

  // The task stays where it is, to be looked at again; the form gives way to what was agreed.
  function showFeedback(page, answer) {
    const { h } = gl;
    const { layout } = page;
    layout.head(answer);
    layout.place(true);
    layout.desk.classList.add("gl-fed");
    const section = feedbackSection(answer.feedback);
    const go = h("div", { class: "gl-buttons gl-fed-go" },
      h("button", { type: "button", id: "gl-goon", class: "gl-button gl-primary", "aria-keyshortcuts": "Enter", onclick: () => goOn(page) },
        h("span", null, "Go on"), gl.key("Enter")));
    layout.scroll.append(section);
    layout.bar.node.append(go);
    layout.scroll.scrollTop = 0;
    if (matchMedia("(max-width: 859px)").matches) section.scrollIntoView({ block: "start" });
    section.dataset.placed = "";
    section.addEventListener("blur", () => { delete section.dataset.placed; }, { once: true });
    section.focus({ preventScroll: true });
    setTimeout(() => { section.dataset.ready = ""; }, READ_FIRST);
    layout.status.textContent = `${answer.feedback.right ? "As agreed." : "Not as agreed."} ${answer.feedback.why || ""}`;
  }

  function goOn(page) {
    const section = page.layout.scroll.querySelector(".gl-fed-all");
    if (!section || "ready" in section.dataset) page.load();
  }

  function showQualification(page, how) {
    const { top } = page.layout;
    top.counts.replaceChildren(gl.h("b", null, "Qualification"), ` · ${gl.count(how.answered)} of ${gl.count(how.tasks)}`);
    top.bar.value = how.answered / how.tasks;
  }

  // --- what is shown beside a task ---------------------------------------------------------------

  function shown(page, answer) {
    const { layout } = page;
    for (const node of layout.node.querySelectorAll(".gl-care-strip, .gl-fed-all, .gl-fed-go")) node.remove();
    layout.desk.classList.remove("gl-fed");
    if (answer.state === "feedback") showFeedback(page, answer);
    else if (answer.qualification && answer.qualification.tasks) layout.fields.before(strip(answer.qualification));
    const how = answer.qualification || (answer.feedback && answer.feedback.qualification);
    if (how && how.tasks) showQualification(page, how);
    if (answer.state === "queues") ownLine(page, answer);
  }

  // A word after an answer that was very quick, at most once in ten labels; it stands as it is.
  function submitted(page, before, seconds) {
    const name = `fast:${before.account}`;
    const since = Number(gl.remembered(name) ?? LABELS_BETWEEN) + 1;
    const quick = before.min_seconds && seconds < before.min_seconds && !before.reopened;
    const free = page.now.state !== "feedback" && !page.now.message;
    if (quick && free && since > LABELS_BETWEEN) {
      page.layout.say(`That was ${seconds} ${seconds === 1 ? "second" : "seconds"}. Undo brings it back.`, "note");
      gl.remember(name, 0);
    } else {
      gl.remember(name, since);
    }
  }

  // --- breaks ------------------------------------------------------------------------------------

  function workKept(key) {
    try {
      return { from: 0, last: 0, said: 0, ...JSON.parse(gl.remembered(key)) };
    } catch {
      return { from: 0, last: 0, said: 0 };
    }
  }

  class Breaks {
    constructor(page) {
      this.page = page;
      this.node = null;
    }

    // Somebody is at work: on how long, without a pause.
    stir() {
      const { now: answer } = this.page;
      if (!answer || answer.state !== "task") return;
      const now = Date.now();
      if (this.account !== answer.account) {
        this.account = answer.account;
        this.work = workKept(this.key());
      }
      const { work } = this;
      if (now - work.last >= PAUSE) {
        work.from = now;
        this.close();
      }
      const keeps = work.from === now || now - work.last >= KEPT_EVERY;
      work.last = now;
      if (keeps) gl.remember(this.key(), JSON.stringify(work));
      if (now - work.from >= WORK && now - work.said >= AGAIN && gl.wants("breaks")) this.suggest(now);
    }

    key() {
      return `work:${this.account}`;
    }

    suggest(now) {
      const { h } = gl;
      this.work.said = now;
      gl.remember(this.key(), JSON.stringify(this.work));
      this.close();
      const words = h("span", { role: "status" });
      this.node = h("p", { class: "gl-break" }, words,
        h("button", { type: "button", class: "gl-quiet", onclick: () => this.close() }, "All right"));
      this.page.layout.bar.node.prepend(this.node);
      words.textContent = "Fifty minutes without a pause: a short break would do you good. What you typed is kept.";
    }

    close() {
      if (!this.node) return;
      const held = this.node.contains(document.activeElement);
      this.node.remove();
      this.node = null;
      if (held) this.page.layout.focusTask();
    }
  }

  // --- own totals --------------------------------------------------------------------------------

  const pace = (seconds) => (seconds < 90 ? `${Math.round(seconds)} s` : `${(seconds / 60).toFixed(1)} min`);
  const checked = ({ n, right }) => `of ${gl.count(n)} checks, ${gl.count(right)} as agreed`;

  function totals(queue) {
    return gl.call("own_progress", { queue, offset: -new Date().getTimezoneOffset() }).catch(() => null);
  }

  async function ownLine(page, answer) {
    const found = await totals("");
    const heading = page.layout.elsewhere.querySelector(".gl-queues h1");
    if (!found || found.state !== "own" || !found.own.labels || page.now !== answer || !heading) return;
    const { today, median_seconds: median, checks } = found.own;
    const parts = [`You today: ${gl.plural(today, "label", "labels")}`, median === null ? null : `${pace(median)} a task`, checks && checked(checks)];
    heading.after(gl.h("p", { class: "gl-muted gl-own-line" }, parts.filter(Boolean).join(" · ")));
  }

  function ownRows({ labels, today, median_seconds: median, checks }) {
    const told = checks ? checked(checks) : "no total yet";
    return [
      ["Today", gl.plural(today, "label", "labels")],
      ["In this queue", gl.plural(labels, "label", "labels")],
      ["Your pace", median === null ? "not known yet" : `${pace(median)} a task, the middle of your last 50`],
      ["Checks", told[0].toUpperCase() + told.slice(1)],
    ];
  }

  function ownDialog() {
    const { h } = gl;
    const list = h("dl", { class: "gl-own-list" });
    const node = h("dialog", { class: "gl-own", "aria-labelledby": "gl-own-title" },
      h("div", { class: "gl-sheet-head" }, h("h2", { id: "gl-own-title" }, "Your work"),
        h("form", { method: "dialog" }, h("button", { class: "gl-button gl-plain" }, h("span", null, "Close"), gl.key("Esc")))),
      list,
      h("p", { class: "gl-hint" }, "Checks are tasks whose answer was agreed before. You are told their total, from ten on and a day later, and never which they were. Nobody else’s labels are shown here."));
    return { node, list };
  }

  async function openOwn(page) {
    const { dialog } = page.care;
    const rows = (listed) => dialog.list.replaceChildren(...listed.map(([words, value]) =>
      gl.h("div", null, gl.h("dt", null, words), gl.h("dd", null, value))));
    rows([["Today", "…"]]);
    dialog.node.showModal();
    const found = await totals(page.queue || "");
    if (found && found.state === "own") rows(ownRows(found.own));
    else rows([["Not known", "The server cannot be reached."]]);
  }

  // Back to what was being done: Enter shall submit, not open the totals again.
  function focusWork(layout) {
    const section = layout.scroll.querySelector(".gl-fed-all");
    if (section) section.focus({ preventScroll: true });
    else layout.focusTask();
  }

  // Watch over a page from its beginning.
  function watch(page) {
    const breaks = new Breaks(page);
    page.care = { breaks, dialog: ownDialog() };
    page.layout.node.append(page.care.dialog.node);
    page.care.dialog.node.addEventListener("close", () => focusWork(page.layout));
    gl.closesBeside(page.care.dialog.node);
    for (const kind of ["pointerdown", "keydown", "wheel", "touchmove"]) {
      window.addEventListener(kind, () => breaks.stir(), { passive: true, capture: true });
    }
  }

  gl.care = { watch, shown, submitted, goOn, openOwn };
})();
