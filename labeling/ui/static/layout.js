// What stands where on the labeling page: header, guideline, task, form, the bar of buttons, the
// list of queues. Draws what it is told and reports what was pressed.
"use strict";

window.goldloop = window.goldloop || {};

(() => {
  const gl = window.goldloop;
  const WIDE = window.matchMedia("(min-width: 1240px)");

  function button(words, key, act, attributes = {}) {
    return gl.h("button", { type: "button", class: "gl-button", onclick: act, "aria-keyshortcuts": key || null, ...attributes },
      gl.h("span", null, words), gl.key(key));
  }

  // --- header --------------------------------------------------------------------------------

  function header(on) {
    const { h } = gl;
    const back = h("a", { class: "gl-back", href: "?", "aria-keyshortcuts": ":", onclick: (event) => { event.preventDefault(); on.queues(); } },
      "Queues", gl.key(":"));
    const title = h("h1", { class: "gl-title" }, "Goldloop");
    const bar = h("progress", { class: "gl-bar", max: 1, value: 0, "aria-label": "Labels done in this queue" });
    const counts = h("button", { type: "button", class: "gl-counts", onclick: on.own, title: "Your labels, pace and checks", "aria-haspopup": "dialog" });
    const progress = h("div", { class: "gl-progress", hidden: true }, counts, bar);
    const saved = h("span", { class: "gl-saved" });
    const rubric = button("Guideline", "b", null, { class: "gl-button gl-plain", "aria-expanded": "false", hidden: true });
    const help = h("button", { type: "button", class: "gl-button gl-plain gl-helpbutton", onclick: () => on.help(), "aria-label": "Keys" }, gl.key("?"));
    const looks = h("button", { type: "button", class: "gl-button gl-plain gl-looksbutton", onclick: () => on.help("looks"), "aria-label": "Aa: how it looks", title: "How it looks" }, "Aa");
    const who = h("span", { class: "gl-who" });
    const out = h("button", { type: "button", class: "gl-button gl-plain gl-out", onclick: on.logOut }, "Log out");
    const node = h("header", { class: "gl-header" },
      h("div", { class: "gl-where" }, back, title), progress, saved,
      h("div", { class: "gl-tools" }, rubric, looks, help, who, out));
    return { node, back, title, progress, counts, bar, saved, rubric, who };
  }

  // --- bar of buttons, reasons for a skip ------------------------------------------------------

  function reasons(on) {
    const { h } = gl;
    const keys = {};
    const listed = on.reasons.map((reason, place) => {
      const key = String(place + 1);
      keys[key] = () => on.reason(reason);
      return button(reason, key, keys[key], { class: "gl-button gl-reason" });
    });
    const other = h("input", { type: "text", id: "gl-other", maxlength: 500, autocomplete: "off", placeholder: "Another reason, in a few words" });
    const send = () => { if (other.value.trim()) on.reason(other.value.trim()); else other.focus(); };
    other.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing && !event.repeat) { event.preventDefault(); send(); }
    });
    const otherKey = String(on.reasons.length + 1);
    keys[otherKey] = () => other.focus();
    const backKey = String(on.reasons.length + 2);
    keys[backKey] = on.giveBack;
    const node = h("div", { class: "gl-skip", role: "group", "aria-labelledby": "gl-skip-title", tabindex: "-1", hidden: true },
      h("div", { class: "gl-skip-head" },
        h("h3", { id: "gl-skip-title", class: "gl-legend" }, "Why skip this task?"),
        button("Cancel", "Esc", on.closeSkip, { class: "gl-button gl-plain" })),
      listed,
      h("div", { class: "gl-other" }, h("label", { class: "gl-unseen", for: "gl-other" }, "Another reason"),
        gl.key(otherKey), other, button("Skip", null, send)),
      button("Put it back for someone else, and stop", backKey, on.giveBack, { class: "gl-button gl-reason" }),
      h("p", { class: "gl-hint" }, "A skipped task does not come back to you. Undo takes you to it."));
    return { node, keys, other };
  }

  function actions(on) {
    const { h } = gl;
    const undo = button("Undo", "z", on.undo, { id: "gl-undo" });
    const skip = button("Skip", "x", on.skip, { id: "gl-skip" });
    const submit = button("Submit & next", "Enter", on.submit, { id: "gl-submit", class: "gl-button gl-primary" });
    const message = h("p", { class: "gl-message", hidden: true });
    const why = reasons(on);
    const node = h("div", { class: "gl-actions" }, message, why.node, h("div", { class: "gl-buttons" }, undo, skip, submit));
    return { node, undo, skip, submit, message, why };
  }

  // --- guideline -----------------------------------------------------------------------------

  // The focus goes along, so that Enter submits and does not jump again.
  function jumpTo(head) {
    head.scrollIntoView({ block: "start" });
    head.tabIndex = -1;
    placeFocus(head);
  }

  function rubricPanel(close) {
    const { h } = gl;
    const title = h("h2", { class: "gl-rubric-title", dir: "auto" });
    const jump = h("nav", { class: "gl-jump", "aria-label": "Parts of the guideline" });
    const body = h("div", { class: "gl-rubric-text", dir: "auto" });
    const node = h("aside", { class: "gl-rubric", id: "gl-rubric", "aria-label": "Guideline", tabindex: "0", hidden: true },
      h("div", { class: "gl-rubric-head" }, title, button("Close", "b", close, { class: "gl-button gl-plain" })), jump, body);
    const draw = (guideline) => {
      title.textContent = guideline.title;
      body.replaceChildren(...gl.drawRubric(guideline.rubric));
      const first = body.firstElementChild;
      if (first && first.tagName === "H3" && first.textContent === guideline.title) first.remove();
      const heads = [...body.querySelectorAll("h4")];
      jump.replaceChildren(...heads.map((head) =>
        h("button", { type: "button", class: "gl-chip", onclick: () => jumpTo(head) }, head.textContent)));
      jump.hidden = heads.length < 3;
      node.scrollTop = 0;
    };
    return { node, draw };
  }

  // --- list of queues --------------------------------------------------------------------------

  const share = (done, needed) => (needed ? Math.min(1, done / needed) : 0);

  function queueState(queue) {
    if (queue.paused) return "Paused by the lead";
    if (!queue.tasks) return "Nothing has been drawn into it yet";
    if (queue.own.leased) return "A task is open for you";
    return queue.labels_done >= queue.labels_needed ? "Everything drawn so far is labelled" : "";
  }

  function queueCard(queue, place, go) {
    const { h } = gl;
    const state = queueState(queue);
    const href = `?queue=${encodeURIComponent(queue.name)}`;
    return h("li", null, h("a", { class: "gl-card", href, onclick: (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      go(queue.name);
    } },
    h("div", { class: "gl-card-head" },
      h("h2", null, h("bdi", null, queue.name)), place < 9 ? gl.key(String(place + 1)) : null),
    h("p", { class: "gl-muted" }, h("bdi", null, queue.title)),
    h("progress", { class: "gl-bar", max: 1, value: share(queue.labels_done, queue.labels_needed), "aria-label": "Labels done" }),
    h("p", { class: "gl-card-counts" },
      h("span", null, `${gl.count(queue.labels_done)} of ${gl.plural(queue.labels_needed, "label", "labels")}`),
      h("span", null, `${gl.count(queue.own.submitted)} by you`)),
    state ? h("p", { class: "gl-card-state" }, state) : null));
  }

  function queueList(answer, page) {
    const { h } = gl;
    if (!answer.queues.length) {
      const leads = ["lead", "admin"].includes(answer.role);
      return emptyState("No queue is open to you yet", leads
        ? ["Make one on the ", h("a", { href: "/lead" }, "lead’s page"), ", and draw tasks into it."]
        : ["A lead opens queues to annotators. Ask yours to invite you, then reload this page."]);
    }
    return h("section", { class: "gl-queues" },
      h("h1", null, "Queues"),
      h("ul", null, answer.queues.map((queue, place) => queueCard(queue, place, (name) => page.go(name)))));
  }

  function emptyState(title, words, ...more) {
    const { h } = gl;
    return h("section", { class: "gl-empty" }, h("h2", null, title), h("p", null, words), more);
  }

  const NOTHING = {
    done: "Nothing left for you here",
    leased_by_others: "Nothing free at the moment",
    paused: "This queue is paused",
    nothing_drawn: "Nothing to label yet",
    not_qualified: "Not yet open to you",
  };

  function nothing(answer, page) {
    const { h } = gl;
    const again = answer.retry_after_seconds
      ? h("p", { class: "gl-muted" }, `This page looks again in ${gl.plural(answer.retry_after_seconds, "second", "seconds")}.`)
      : null;
    const finished = answer.progress && answer.progress.finished > 0;
    return emptyState(NOTHING[answer.reason] || "Nothing to show", answer.why || "", again,
      h("div", { class: "gl-buttons" },
        finished ? button("Undo", "z", () => page.undo()) : null,
        button("Look again", "Enter", () => page.load(), { class: "gl-button gl-primary" })));
  }

  // --- all of it -------------------------------------------------------------------------------

  const SUBMIT = { submitted: "Submit correction", skipped: "Submit after all" };
  const REOPENED = {
    submitted: "You are correcting your earlier answer. Keep leaves it as it was.",
    skipped: "You skipped this task. You can still answer it, or keep it skipped.",
  };

  class Layout {
    constructor(on) {
      const { h } = gl;
      this.top = header(on);
      this.bar = actions(on);
      this.sheet = gl.helpSheet();
      this.rubric = rubricPanel(() => this.toggleRubric());
      this.status = h("p", { class: "gl-unseen", role: "status" });
      this.alarm = h("p", { class: "gl-unseen", role: "alert" });
      this.task = h("div", null);
      this.search = gl.buildSearch(this.task, () => this.focusTask());
      this.fields = h("div", { class: "gl-fields" });
      this.reading = h("section", { class: "gl-reading", "aria-label": "Task", tabindex: "0" },
        h("h2", { class: "gl-unseen" }, "Task"), this.search.node, this.task);
      this.scroll = h("div", { class: "gl-scroll" }, h("h2", { class: "gl-unseen" }, "Your answer"), this.fields);
      this.desk = h("div", { class: "gl-desk", hidden: true }, this.rubric.node, this.reading,
        h("section", { class: "gl-answering", "aria-label": "Your answer" }, this.scroll, this.bar.node));
      this.elsewhere = h("div", { class: "gl-elsewhere", hidden: true });
      this.waiting = h("p", { class: "gl-waiting" }, "Loading…");
      this.node = h("div", { class: "gl-page" }, this.top.node, this.waiting, this.desk, this.elsewhere,
        this.sheet.node, this.status, this.alarm);
      this.sheet.node.addEventListener("close", () => this.closedHelp());
      this.top.rubric.setAttribute("aria-controls", "gl-rubric");
      this.top.rubric.addEventListener("click", () => this.toggleRubric());
    }

    // --- what is shown ---

    showForm(form, guideline) {
      this.fields.replaceChildren(...form.nodes);
      this.rubric.draw(guideline);
      this.showRubric(WIDE.matches && gl.remembered("rubric") !== "closed");
    }

    showTask(answer, node) {
      const { reopened, progress, message } = answer;
      this.head(answer);
      this.place(true);
      this.search.forget();
      this.task.replaceChildren(node);
      this.reading.classList.toggle("gl-reopened", Boolean(reopened));
      this.bar.skip.firstChild.textContent = reopened ? "Keep" : "Skip";
      this.bar.submit.firstChild.textContent = SUBMIT[reopened] || "Submit & next";
      this.bar.undo.setAttribute("aria-disabled", String(progress.finished === 0));
      if (reopened && !message) this.say(REOPENED[reopened], "note");
      this.reading.scrollTop = 0;
      this.scroll.scrollTop = 0;
      window.scrollTo(0, 0);
      this.focusTask();
      this.status.textContent = `Task shown. ${gl.count(progress.own)} labelled by you.`;
    }

    showQueues(answer, page) {
      this.head(answer);
      this.place(false);
      this.elsewhere.replaceChildren(queueList(answer, page));
    }

    showNothing(answer, page) {
      this.head(answer);
      this.place(false);
      this.elsewhere.replaceChildren(nothing(answer, page));
      this.status.textContent = answer.why || "";
    }

    head(answer) {
      const { h } = gl;
      const { top } = this;
      const inQueue = Boolean(answer.queue);
      top.node.classList.toggle("gl-in-queue", inQueue);
      top.back.hidden = !inQueue;
      top.title.replaceChildren(inQueue ? h("bdi", null, answer.queue.name) : "Goldloop");
      if (answer.account) top.who.textContent = answer.account;
      const counts = answer.progress;
      top.progress.hidden = !counts;
      if (!counts) return;
      top.counts.replaceChildren(h("b", null, gl.count(counts.own)), " by you · ",
        `${gl.count(counts.labels_done)} of ${gl.count(counts.labels_needed)}`);
      top.bar.value = share(counts.labels_done, counts.labels_needed);
    }

    place(isTask) {
      this.waiting.hidden = true;
      this.desk.hidden = !isTask;
      this.elsewhere.hidden = isTask;
      this.top.rubric.hidden = !isTask;
    }

    // --- what is said ---

    busy(is) {
      this.node.setAttribute("aria-busy", String(is));
    }

    saved(words, failed = false) {
      this.top.saved.textContent = words;
      this.top.saved.classList.toggle("gl-failed", failed);
      if (failed) this.status.textContent = words;
    }

    // Above the buttons, or on top where there are none. An alarm stays until something worked.
    say(words, kind) {
      const { message } = this.bar;
      message.textContent = words;
      message.hidden = !words;
      message.classList.toggle("gl-alarm", kind === "alarm");
      (kind === "alarm" ? this.alarm : this.status).textContent = words;
      if (!this.waiting.hidden) this.waiting.textContent = words || "Loading…";
      this.elsewhere.querySelector(".gl-message")?.remove();
      if (words && !this.elsewhere.hidden) {
        this.elsewhere.prepend(gl.h("p", { class: `gl-message gl-${kind}` }, words));
      }
    }

    hush() {
      if (!this.bar.message.classList.contains("gl-alarm")) this.say("", "note");
    }

    // --- what opens and closes ---

    openHelp(keys, part, pageKeys) {
      this.sheet.open(keys, part, pageKeys);
    }

    // Back to the task, not to the button that opened the sheet: Enter shall submit.
    closedHelp() {
      const at = document.activeElement;
      if (at === this.reading || at === document.body || this.top.node.contains(at)) this.focusTask();
    }

    helpIsOpen() {
      return this.node.querySelector("dialog[open]") !== null;
    }

    openSkip() {
      const { why, skip } = this.bar;
      why.node.hidden = false;
      why.other.value = "";
      skip.setAttribute("aria-expanded", "true");
      placeFocus(why.node);
    }

    closeSkip() {
      const { why, skip } = this.bar;
      if (why.node.hidden) return;
      why.node.hidden = true;
      skip.setAttribute("aria-expanded", "false");
      this.focusTask();
    }

    skipIsOpen() {
      return !this.bar.why.node.hidden;
    }

    pressReason(key) {
      const { keys } = this.bar.why;
      if (!Object.hasOwn(keys, key)) return false;
      keys[key]();
      return true;
    }

    pressQueue(number) {
      const card = this.elsewhere.querySelectorAll(".gl-card")[number - 1];
      if (card) card.click();
      return Boolean(card);
    }

    showRubric(open) {
      this.rubric.node.hidden = !open;
      this.top.rubric.setAttribute("aria-expanded", String(open));
      this.desk.classList.toggle("gl-with-rubric", open);
    }

    // On narrow screens the guideline lies over the task.
    rubricCovers() {
      return !this.rubric.node.hidden && !WIDE.matches;
    }

    toggleRubric() {
      if (this.desk.hidden) return;
      const open = this.rubric.node.hidden;
      this.showRubric(open);
      if (WIDE.matches) gl.remember("rubric", open ? "open" : "closed");
      if (!open) this.focusTask();
      else if (!WIDE.matches) placeFocus(this.rubric.node);
    }

    focusTask() {
      placeFocus(this.reading);
    }
  }

  gl.buildLayout = (on) => new Layout(on);

  // Focus where the page puts it, so that the arrow keys scroll it; a ring is for where Tab leads.
  function placeFocus(node) {
    node.dataset.placed = "";
    node.addEventListener("blur", () => { delete node.dataset.placed; }, { once: true });
    node.focus({ preventScroll: true });
  }
  gl.placeFocus = placeFocus;
})();
