// Asking the lead from within a task: the small form, and what was asked and answered so far.
"use strict";

window.goldloop = window.goldloop || {};

(() => {
  const gl = window.goldloop;
  const CHARS = 2000;

  const words = (text) => gl.drawBlock({ text, kind: "text", part: 0, left: 0 }, null);

  // A question and its answer, as its asker sees them.
  function exchange(one, label) {
    const { h } = gl;
    const about = label(one.field);
    return h("article", { class: "gl-exchange" },
      one.about ? h("p", { class: "gl-muted" }, "The task: ", h("q", null, h("bdi", null, one.about))) : null,
      h("h4", { class: "gl-role" }, "You asked", about ? [" about ", h("q", null, h("bdi", null, about))] : null),
      words(one.text),
      one.answer === null
        ? h("p", { class: "gl-muted" }, "No answer yet. Go on meanwhile: it comes to you here.")
        : [h("h4", { class: "gl-role" }, "The lead answered"), words(one.answer)]);
  }

  // The questions of somebody about the task in view.
  gl.askedSection = () => {
    const { h } = gl;
    const list = h("div", null);
    const node = h("section", { class: "gl-asked", hidden: true },
      h("h3", { class: "gl-legend" }, "Your questions about this task"), list);
    const draw = (questions, label) => {
      list.replaceChildren(...questions.map((one) => exchange(one, label)));
      node.hidden = !questions.length;
    };
    return { node, draw };
  };

  // Answers that came after somebody had gone on: a line, and on request all of it.
  gl.newsNotice = (news, open, label, on) => {
    const { h } = gl;
    const count = (open || news).length;
    if (!count) return null;
    const said = count === 1 ? "The lead answered your question." : `The lead answered ${gl.count(count)} of your questions.`;
    const [words, act] = open ? ["Got it", on.close] : ["Show", on.open];
    return h("div", { class: "gl-notice" },
      h("p", null, said), h("button", { type: "button", class: "gl-button", onclick: act }, words),
      open ? h("div", { class: "gl-notice-more" }, open.map((one) => exchange(one, label))) : null);
  };

  class AskForm {
    constructor(page, sent) {
      const { h } = gl;
      this.page = page;
      this.sent = sent;
      this.about = null;
      this.area = h("textarea", { id: "gl-ask-text", rows: 3, dir: "auto", autocomplete: "off", "aria-describedby": "gl-ask-wrong gl-ask-room" });
      this.field = h("select", { id: "gl-ask-field" });
      this.room = h("p", { class: "gl-room", id: "gl-ask-room", hidden: true });
      this.wrong = h("p", { class: "gl-wrong", id: "gl-ask-wrong", role: "alert", hidden: true });
      this.send = h("button", { type: "button", class: "gl-button gl-primary", "aria-keyshortcuts": "Control+Enter", onclick: () => this.submit() },
        h("span", null, "Send to the lead"), h("kbd", { "aria-hidden": "true" }, "Ctrl ↵"));
      this.node = h("div", { class: "gl-ask", role: "group", "aria-labelledby": "gl-ask-title", hidden: true },
        h("div", { class: "gl-skip-head" },
          h("h3", { id: "gl-ask-title", class: "gl-legend" }, "Ask the lead about this task"),
          h("button", { type: "button", class: "gl-button gl-plain", "aria-keyshortcuts": "Escape", onclick: () => this.close() },
            h("span", null, "Close"), gl.key("Esc"))),
        h("label", { class: "gl-unseen", for: "gl-ask-text" }, "Your question"), this.area, this.room, this.wrong,
        h("div", { class: "gl-ask-about" }, h("label", { for: "gl-ask-field" }, "About"), this.field),
        this.send);
      this.button = h("button", { type: "button", class: "gl-button", id: "gl-ask", "aria-label": "Ask the lead", "aria-keyshortcuts": "'",
        "aria-expanded": "false", onclick: () => this.open() }, h("span", null, "Ask"), gl.key("'"));
      this.area.addEventListener("input", () => this.typed());
      this.field.addEventListener("change", () => this.keep());
      // Ahead of the page's own keys, which would take Ctrl+Enter for the label's.
      window.addEventListener("keydown", (event) => this.pressed(event), true);
      page.layout.bar.why.node.before(this.node);
      page.layout.bar.why.node.addEventListener("focusin", () => this.leave());
      page.layout.bar.skip.after(this.button);
    }

    get key() {
      return `${this.page.draftKey({ account: this.page.now.account, assignment_id: this.about })}:question`;
    }

    open() {
      const { page } = this;
      const { now } = page;
      if (!this.node.hidden || page.busy || !now || now.state !== "task") return;
      const at = document.activeElement && document.activeElement.closest("[data-field]");
      page.layout.closeSkip();
      this.about = now.assignment_id;
      this.fields(now.guideline.fields, at ? at.dataset.field : "");
      this.restore();
      this.node.hidden = false;
      this.button.setAttribute("aria-expanded", "true");
      this.area.focus();
    }

    // Closing keeps what was typed.
    close() {
      if (this.node.hidden) return;
      this.node.hidden = true;
      this.button.setAttribute("aria-expanded", "false");
      this.page.layout.focusTask();
    }

    // Another task is in view. What was typed stays with its own.
    leave() {
      const unsent = !this.node.hidden && this.area.value.trim() !== "" && this.page.now.assignment_id !== this.about;
      this.node.hidden = true;
      this.button.setAttribute("aria-expanded", "false");
      if (unsent) this.page.layout.say("Your question is not sent. It is kept with its task.", "note");
    }

    fields(listed, chosen) {
      const { h } = gl;
      this.field.replaceChildren(h("option", { value: "" }, "The task as a whole"),
        ...listed.map((one) => h("option", { value: one.name }, one.label)));
      this.field.value = chosen;
    }

    restore() {
      let kept = null;
      try {
        kept = JSON.parse(sessionStorage.getItem(this.key));
      } catch {
        // nothing was kept
      }
      this.area.value = kept ? kept.text : "";
      if (kept && kept.field) this.field.value = kept.field;
      this.measure();
    }

    keep() {
      try {
        sessionStorage.setItem(this.key, JSON.stringify({ text: this.area.value, field: this.field.value }));
      } catch {
        // the text stays in the form, as long as that is there
      }
    }

    typed() {
      this.complain("");
      this.measure();
      this.keep();
    }

    measure() {
      const left = CHARS - [...this.area.value].length;
      this.room.hidden = left > CHARS / 10;
      this.room.classList.toggle("gl-over", left < 0);
      this.room.textContent = left < 0 ? `${gl.plural(-left, "character", "characters")} too many` : `${gl.count(left)} characters left`;
    }

    complain(message) {
      this.wrong.hidden = !message;
      this.wrong.textContent = message;
    }

    pressed(event) {
      if (this.node.hidden || event.isComposing || event.altKey) return;
      const inside = this.node.contains(event.target);
      const leaves = event.key === "Escape" && (inside || !this.page.layout.rubricCovers()) && !this.page.layout.helpIsOpen();
      const sends = inside && event.key === "Enter" && (event.ctrlKey || event.metaKey);
      if (!leaves && !sends) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (leaves) this.close();
      else if (!event.repeat) this.submit();
    }

    async submit() {
      const { area, about, key } = this;
      const text = area.value.toWellFormed ? area.value.toWellFormed() : area.value;
      if (this.sending) return;
      if (!text.trim() || [...text].length > CHARS) {
        this.complain(text.trim() ? `At most ${gl.count(CHARS)} characters.` : "Write what you want to know.");
        area.focus();
        return;
      }
      this.sending = true;
      this.send.setAttribute("aria-disabled", "true");
      this.complain("");
      try {
        const answer = await gl.call("ask", { assignment: about, text, field: this.field.value || null });
        if (answer.state === "error") this.complain([answer.error.message, answer.error.hint].filter(Boolean).join(" "));
        else this.done(answer, about, key);
      } catch (error) {
        this.complain(`${error.message} Your question is not sent yet, and is kept. Send it again.`);
      } finally {
        this.sending = false;
        this.send.removeAttribute("aria-disabled");
      }
    }

    done(answer, about, key) {
      this.page.forgetHere(key);
      if (this.about === about) {
        this.area.value = "";
        this.close();
      }
      this.page.layout.say("Sent to the lead. Go on: the answer comes to you here.", "note");
      this.sent(answer.questions, about);
    }
  }

  gl.AskForm = AskForm;

  gl.PAGE_KEYS.splice(gl.PAGE_KEYS.findIndex(([key]) => key === "B"), 0, ["'", "Ask the lead about this task"]);
  gl.COMMANDS["'"] = (page) => page.guidance.ask.open();
})();
