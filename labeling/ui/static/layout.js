// What stands where on the labeling page: header, guideline, task, form, the bar of buttons, the
// list of queues, the sheet of keys. Draws what it is told and reports what was pressed.
"use strict";

window.goldloop = window.goldloop || {};

(() => {
  const gl = window.goldloop;
  const WIDE = window.matchMedia("(min-width: 1240px)");

  function button(words, key, act, attributes = {}) {
    return gl.h("button", { type: "button", class: "gl-button", onclick: act, "aria-keyshortcuts": key || null, ...attributes },
      gl.h("span", null, words), gl.key(key, "Key"));
  }

  // --- header --------------------------------------------------------------------------------

  function header(on) {
    const { h } = gl;
    const back = h("a", { class: "gl-back", href: "?", onclick: (event) => { event.preventDefault(); on.queues(); } }, "Queues");
    const title = h("h1", { class: "gl-title" }, "Goldloop");
    const bar = h("progress", { class: "gl-bar", max: 1, value: 0, "aria-label": "Labels done in this queue" });
    const counts = h("span", { class: "gl-counts" });
    const progress = h("div", { class: "gl-progress", hidden: true }, counts, bar);
    const saved = h("span", { class: "gl-saved" });
    const rubric = button("Guideline", "b", null, { class: "gl-button gl-plain", "aria-expanded": "false", hidden: true });
    const help = h("button", { type: "button", class: "gl-button gl-plain gl-helpbutton", onclick: on.help, "aria-label": "Keys" }, gl.key("?", "Keys"));
    const who = h("span", { class: "gl-who" });
    const out = h("button", { type: "button", class: "gl-button gl-plain gl-out", onclick: on.logOut }, "Log out");
    const node = h("header", { class: "gl-header" },
      h("div", { class: "gl-where" }, back, title), progress, saved,
      h("div", { class: "gl-tools" }, rubric, help, who, out));
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
    const node = h("div", { class: "gl-skip", role: "group", "aria-labelledby": "gl-skip-title", hidden: true },
      h("div", { class: "gl-skip-head" },
        h("h3", { id: "gl-skip-title", class: "gl-legend" }, "Why skip this task?"),
        button("Cancel", "Esc", on.closeSkip, { class: "gl-button gl-plain" })),
      listed,
      h("div", { class: "gl-other" }, h("label", { class: "gl-unseen", for: "gl-other" }, "Another reason"),
        gl.key(otherKey, "Key"), other, button("Skip", null, send)),
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
        h("button", { type: "button", class: "gl-chip", onclick: () => head.scrollIntoView({ block: "start" }) }, head.textContent)));
      jump.hidden = heads.length < 3;
      node.scrollTop = 0;
    };
    return { node, draw };
  }

  // --- help ----------------------------------------------------------------------------------

  function helpSheet() {
    const { h } = gl;
    const list = h("div", { class: "gl-sheet-lists" });
    const node = h("dialog", { class: "gl-sheet", "aria-labelledby": "gl-sheet-title" },
      h("div", { class: "gl-sheet-head" }, h("h2", { id: "gl-sheet-title" }, "Keys"),
        h("form", { method: "dialog" }, h("button", { class: "gl-button gl-plain" }, h("span", null, "Close"), gl.key("Esc", "Key")))),
      list);
    const group = (title, rows, flow) => h("section", { class: "gl-keygroup" }, h("h3", { class: "gl-legend", dir: "auto" }, title),
      h("dl", { class: flow ? "gl-keylist gl-keyflow" : "gl-keylist" }, rows.map(([key, words]) =>
        h("div", null, h("dt", null, key.split(" ").map((one) => h("kbd", null, one))), h("dd", { dir: "auto" }, words)))));
    const open = (keys) => {
      const fields = new Map();
      for (const [key, { of, words }] of Object.entries(keys)) {
        const row = [/[A-Z]/.test(key) ? `⇧ ${key}` : key.toUpperCase(), words];
        fields.set(of, [...(fields.get(of) || []), row]);
      }
      list.replaceChildren(
        h("div", null, group("This page", gl.PAGE_KEYS, false)),
        h("div", null, [...fields].map(([label, rows]) => group(label, rows, true))));
      node.showModal();
    };
    return { node, open };
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
      h("h2", null, h("bdi", null, queue.name)), place < 9 ? gl.key(String(place + 1), "Key") : null),
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
      h("h2", { class: "gl-unseen" }, "Queues"),
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

  gl.buildLayout = (on) => {
    const { h } = gl;
    const top = header(on);
    const bar = actions(on);
    const sheet = helpSheet();
    const status = h("p", { class: "gl-unseen", role: "status" });
    const alarm = h("p", { class: "gl-unseen", role: "alert" });
    const heading = h("h2", { class: "gl-unseen" }, "Task");
    const task = h("div", null);
    const fields = h("div", { class: "gl-fields" });
    const reading = h("section", { class: "gl-reading", "aria-label": "Task", tabindex: "0" }, heading, task);
    const answering = h("section", { class: "gl-answering", "aria-label": "Your answer" },
      h("div", { class: "gl-scroll" }, h("h2", { class: "gl-unseen" }, "Your answer"), fields), bar.node);
    const elsewhere = h("div", { class: "gl-elsewhere", hidden: true });
    const layout = {};
    const rubric = rubricPanel(() => layout.toggleRubric());
    const desk = h("div", { class: "gl-desk", hidden: true }, rubric.node, reading, answering);
    const waiting = h("p", { class: "gl-waiting" }, "Loading…");
    layout.node = h("div", { class: "gl-page" }, top.node, waiting, desk, elsewhere, sheet.node, status, alarm);
    top.rubric.addEventListener("click", () => layout.toggleRubric());

    const showRubric = (open) => {
      rubric.node.hidden = !open;
      top.rubric.setAttribute("aria-expanded", String(open));
      top.rubric.setAttribute("aria-controls", "gl-rubric");
      desk.classList.toggle("gl-with-rubric", open);
    };
    const place = (isTask) => {
      waiting.hidden = true;
      desk.hidden = !isTask;
      elsewhere.hidden = isTask;
      top.rubric.hidden = !isTask;
    };
    const progress = (counts) => {
      top.progress.hidden = !counts;
      if (!counts) return;
      top.counts.replaceChildren(
        h("b", null, gl.count(counts.own)), " by you · ",
        `${gl.count(counts.labels_done)} of ${gl.count(counts.labels_needed)}`);
      top.bar.value = share(counts.labels_done, counts.labels_needed);
    };
    const name = (answer) => {
      const inQueue = answer.state !== "queues";
      top.back.hidden = !inQueue;
      top.node.classList.toggle("gl-in-queue", inQueue);
      top.title.replaceChildren(inQueue ? h("bdi", null, answer.queue.name) : "Goldloop");
      if (answer.account) top.who.textContent = answer.account;
    };

    return Object.assign(layout, {
      showForm: (form, guideline) => {
        fields.replaceChildren(...form.nodes);
        rubric.draw(guideline);
        const kept = gl.remembered("rubric");
        showRubric(WIDE.matches && kept !== "closed");
      },
      showTask: (answer, node) => {
        name(answer);
        progress(answer.progress);
        place(true);
        task.replaceChildren(node);
        const { reopened } = answer;
        reading.classList.toggle("gl-reopened", Boolean(reopened));
        bar.skip.firstChild.textContent = reopened ? "Keep as it is" : "Skip";
        bar.submit.firstChild.textContent = { submitted: "Submit correction", skipped: "Submit after all" }[reopened] || "Submit & next";
        bar.undo.setAttribute("aria-disabled", String(answer.progress.finished === 0));
        if (reopened && !answer.message) {
          layout.say(reopened === "submitted" ? "You are correcting your earlier answer." : "You skipped this task; you can still answer it.", "note");
        }
        if (isTypingNow()) document.activeElement.blur();
        reading.scrollTop = 0;
        fields.parentElement.scrollTop = 0;
        window.scrollTo(0, 0);
        layout.focusTask();
        status.textContent = `Task shown. ${gl.count(answer.progress.own)} labelled by you.`;
      },
      showQueues: (answer, page) => {
        name(answer);
        progress(null);
        place(false);
        elsewhere.replaceChildren(queueList(answer, page));
      },
      showNothing: (answer, page) => {
        name(answer);
        progress(answer.progress);
        place(false);
        elsewhere.replaceChildren(nothing(answer, page));
        status.textContent = answer.why || "";
      },
      busy: (is) => layout.node.setAttribute("aria-busy", String(is)),
      saved: (words, failed = false) => {
        top.saved.textContent = words;
        top.saved.classList.toggle("gl-failed", failed);
        if (failed) status.textContent = words;
      },
      // A note goes away with the next change; an alarm stays until something worked.
      say: (words, kind) => {
        if (!words && kind === "note" && bar.message.classList.contains("gl-alarm") && layout.node.getAttribute("aria-busy") !== "true") return;
        const inside = !desk.hidden;
        bar.message.textContent = words;
        bar.message.hidden = !words;
        bar.message.classList.toggle("gl-alarm", kind === "alarm");
        (kind === "alarm" ? alarm : status).textContent = words;
        waiting.textContent = words || "Loading…";
        if (words && !inside && waiting.hidden) {
          const old = elsewhere.querySelector(".gl-message");
          if (old) old.remove();
          elsewhere.prepend(h("p", { class: `gl-message gl-${kind}` }, words));
        }
      },
      openHelp: sheet.open,
      helpIsOpen: () => sheet.node.open,
      openSkip: () => {
        bar.why.node.hidden = false;
        bar.why.other.value = "";
        bar.skip.setAttribute("aria-expanded", "true");
        bar.why.node.querySelector(".gl-reason").focus();
      },
      closeSkip: () => {
        if (bar.why.node.hidden) return;
        bar.why.node.hidden = true;
        bar.skip.setAttribute("aria-expanded", "false");
        layout.focusTask();
      },
      skipIsOpen: () => !bar.why.node.hidden,
      pressReason: (key) => {
        if (!Object.hasOwn(bar.why.keys, key)) return false;
        bar.why.keys[key]();
        return true;
      },
      pressQueue: (number) => {
        const card = elsewhere.querySelectorAll(".gl-card")[number - 1];
        if (card) card.click();
        return Boolean(card);
      },
      rubricCovers: () => !rubric.node.hidden && !WIDE.matches,
      toggleRubric: () => {
        if (desk.hidden) return;
        const open = rubric.node.hidden;
        showRubric(open);
        gl.remember("rubric", open ? "open" : "closed");
        if (open && !WIDE.matches) placeFocus(rubric.node);
        else if (!open) layout.focusTask();
      },
      focusTask: () => placeFocus(reading),
    });
  };

  // Focus where the page puts it, so that the arrow keys scroll it; a ring is for where Tab leads.
  function placeFocus(node) {
    node.dataset.placed = "";
    node.addEventListener("blur", () => { delete node.dataset.placed; }, { once: true });
    node.focus({ preventScroll: true });
  }

  function isTypingNow() {
    return document.activeElement instanceof HTMLElement && document.activeElement.matches("textarea, input[type=text]");
  }
})();
