// Guidance beside the task: what changed in the guideline, precedents, answers of the lead. It is
// asked for after a task is shown, so that no task ever waits for it.
"use strict";

window.goldloop = window.goldloop || {};

(() => {
  const gl = window.goldloop;
  const LOOK_AGAIN = 20_000;
  const KINDS = { added: "Added", removed: "Removed", changed: "Reworded" };

  const text = (words) => gl.drawBlock({ text: words, kind: "text", part: 0, left: 0 }, null);

  function day(iso) {
    const at = new Date(iso);
    const year = at.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
    return at.toLocaleDateString("en-GB", { day: "numeric", month: "long", year });
  }

  const arrow = ({ was, now }) => `${was}\u00a0→\u00a0${now}`;

  // --- what changed ----------------------------------------------------------------------------

  function change({ kind, blocks, hidden }) {
    const { h } = gl;
    const drawn = gl.drawRubric(blocks);
    if (kind === "same") {
      return [hidden ? h("p", { class: "gl-muted gl-same" }, `${gl.plural(hidden, "part", "parts")} as before`) : null, drawn];
    }
    const tag = { added: "ins", removed: "del", changed: "div" }[kind];
    return h("div", { class: `gl-change gl-${kind}` }, h("p", { class: "gl-change-kind" }, KINDS[kind]), h(tag, null, drawn));
  }

  function formChange({ label, said }) {
    const { h } = gl;
    return h("li", null, h("b", null, h("bdi", null, label)), h("ul", null, said.map((one) => h("li", { dir: "auto" }, one))));
  }

  function drawChanges(answer, title, close) {
    const { h } = gl;
    const nothing = !answer.rubric.length && !answer.form.length;
    return [
      h("div", { class: "gl-changes-head" }, title,
        h("button", { type: "button", class: "gl-quiet", onclick: close }, "Hide")),
      nothing ? h("p", null, "The words and the questions are the same.") : null,
      answer.form.length ? [h("h4", null, "In the form"), h("ul", { class: "gl-form-changes" }, answer.form.map(formChange))] : null,
      answer.rubric.length ? [h("h4", null, "In the text"), answer.rubric.map(change)] : null,
    ].flat(Infinity).filter(Boolean);
  }

  // --- precedents ------------------------------------------------------------------------------

  function precedent(one, label) {
    const { h } = gl;
    const about = label(one.field);
    return h("li", { class: "gl-precedent", "data-of": one.field || "" },
      h("p", { class: "gl-muted" }, about ? [h("bdi", { class: "gl-of" }, about), " · "] : null, day(one.kept_at)),
      h("div", { class: "gl-precedent-question" }, text(one.question)), text(one.answer));
  }

  class Guidance {
    constructor(page) {
      const { h } = gl;
      const { layout } = page;
      this.page = page;
      this.known = new Map();
      this.settled = null;
      this.news = [];
      this.reading = null;
      this.notices = h("div", { class: "gl-notices", role: "status" });
      this.asked = gl.askedSection();
      this.ask = new gl.AskForm(page, (questions, about) => this.nowAsked(questions, about));
      layout.task.before(this.notices);
      layout.task.after(this.asked.node);
      this.buildPanel(layout.rubric.node);
      document.addEventListener("visibilitychange", () => { if (!document.hidden && page.now) this.look(); });
    }

    buildPanel(panel) {
      const { h } = gl;
      this.version = h("p", { class: "gl-muted gl-rubric-version" });
      this.chips = h("nav", { class: "gl-jump", "aria-label": "Beside the guideline", hidden: true });
      this.changes = h("section", { class: "gl-changes gl-rubric-text", hidden: true });
      this.list = h("ol", null);
      this.heading = h("h3", { tabindex: "-1" }, "Precedents");
      this.precedents = h("section", { class: "gl-precedents", hidden: true }, this.heading,
        h("p", { class: "gl-muted" }, "What the lead decided in cases like these. Newest first."), this.list);
      panel.querySelector(".gl-rubric-title").after(this.version);
      panel.querySelector(".gl-rubric-head").after(this.chips, this.changes);
      panel.append(this.precedents);
    }

    // Another state of the page.
    shown(answer) {
      const { page } = this;
      clearInterval(this.again);
      this.reading = null;
      this.ask.leave();
      if (answer.state !== "task") page.layout.elsewhere.prepend(this.notices);
      else {
        page.layout.task.before(this.notices);
        if (this.of !== answer.assignment_id) this.asked.draw([], this.label);
        this.showVersion();
      }
      this.of = answer.assignment_id;
      this.notice();
      this.look();
    }

    // Ask the server. Without an answer everything stays as it is, until the next task.
    async look() {
      const { now } = this.page;
      const about = now.assignment_id;
      const known = about && this.known.get(now.guideline.hash);
      const told = about ? { assignment: about, version: this.settled, precedent: known ? known.newest : null } : {};
      const answer = await gl.call(about ? "guidance" : "news", told).catch(() => null);
      if (!answer || answer.state === "error" || this.page.now !== now) return;
      this.news = answer.news;
      if (about) this.ofTask(answer, now);
      this.notice();
    }

    ofTask(answer, now) {
      const { hash } = now.guideline;
      const known = { changed: null, precedents: [], ...this.known.get(hash), slug: answer.slug, since: answer.since, newest: answer.newest };
      if (answer.precedents) known.precedents = answer.precedents;
      if (answer.known !== undefined) known.changed = answer.changed;
      if (this.settled === hash || answer.known) {
        this.settled = hash;
        known.changed = null;
      }
      this.known.set(hash, known);
      this.nowAsked(answer.questions, now.assignment_id);
      this.showVersion();
      this.showPrecedents(known.precedents);
      if (answer.first) this.firstReading(answer.slug);
    }

    get here() {
      const { now } = this.page;
      return now && now.state === "task" ? this.known.get(now.guideline.hash) : undefined;
    }

    // A field in the words of the form; a field that is no longer asked, by its name.
    label = (name) => {
      const { form } = this.page;
      const found = name && form && form.widgets.find((one) => one.field.name === name);
      return found ? found.field.label : name;
    };

    // --- notices above the task ---

    notice() {
      const shown = [this.changeNotice(), this.newsNotice()].filter(Boolean);
      const words = JSON.stringify([shown.map((one) => one.textContent), this.of]);
      if (words === this.noticed) return;  // said once, not at every look
      this.noticed = words;
      this.notices.replaceChildren(...shown);
    }

    changeNotice() {
      const { h } = gl;
      const changed = this.here && this.here.changed;
      if (!changed || gl.remembered(this.knownKey) !== null) return null;
      const words = changed.was === changed.now ? `still version ${changed.now}` : `version ${arrow(changed)}`;
      return h("div", { class: "gl-notice" },
        h("p", null, "The guideline changed since you last labelled: ", h("bdi", null, words)),
        h("button", { type: "button", class: "gl-button", onclick: () => this.showChanges() }, "Show what changed"),
        h("button", { type: "button", class: "gl-button", onclick: () => this.gotIt() }, "Got it"));
    }

    get knownKey() {
      const { now } = this.page;
      return `known:${now.account}:${now.guideline.hash}`;
    }

    gotIt() {
      gl.remember(this.knownKey, "yes");
      this.notice();
      this.page.layout.focusTask();
    }

    newsNotice() {
      return gl.newsNotice(this.news, this.reading, this.label, {
        open: () => {
          this.reading = this.news;
          gl.call("seen", { answers: this.news.map((one) => one.answer_id) }).catch(() => null);
          this.notice();
          this.notices.querySelector(".gl-notice:last-child button").focus();
        },
        close: () => {
          this.reading = null;
          this.news = [];
          this.notice();
          this.page.layout.focusTask();
        },
      });
    }

    nowAsked(questions, about) {
      if (this.page.now.assignment_id !== about) return;
      this.asked.draw(questions, this.label);
      clearInterval(this.again);
      if (questions.some((one) => one.answer === null)) {
        this.again = setInterval(() => { if (!document.hidden) this.look(); }, LOOK_AGAIN);
      }
    }

    // --- the guideline's panel ---

    showVersion() {
      const { h } = gl;
      const known = this.here;
      const { version } = this.page.now.guideline;
      this.version.replaceChildren("version ", h("bdi", null, version), known ? `, of ${day(known.since)}` : "");
      const changed = known && known.changed;
      if (!changed) this.changes.hidden = true;
      const count = known ? known.precedents.length : 0;
      const chip = (words, act) => h("button", { type: "button", class: "gl-chip", onclick: act }, words);
      this.chips.replaceChildren(...[
        changed ? chip("What changed", () => this.showChanges()) : null,
        count ? chip(`Precedents · ${gl.count(count)}`, () => this.showPrecedentsOf(null)) : null,
      ].filter(Boolean));
      this.chips.hidden = !this.chips.childElementCount;
    }

    async showChanges() {
      const { layout, now } = this.page;
      const answer = await gl.call("changes", { assignment: now.assignment_id }).catch((error) => ({ state: "error", error }));
      if (this.page.now !== now) return;
      if (answer.state === "error") return layout.say(answer.error.message, "alarm");
      const title = gl.h("h3", { tabindex: "-1" }, "What changed: version ", gl.h("bdi", null, arrow(answer)));
      const close = () => {
        this.changes.hidden = true;
        gl.placeFocus(layout.rubric.node);
      };
      this.changes.replaceChildren(...drawChanges(answer, title, close));
      this.changes.hidden = false;
      this.reveal(title);
    }

    showPrecedents(listed) {
      const { h } = gl;
      this.list.replaceChildren(...listed.map((one) => precedent(one, this.label)));
      this.precedents.hidden = !listed.length;
      for (const { field, node } of this.page.form.widgets) {
        const count = listed.filter((one) => one.field === field.name).length;
        const row = node.querySelector(".gl-legend-row");
        node.querySelector(".gl-precedents-of")?.remove();
          if (!count) continue;
        const button = h("button", { type: "button", class: "gl-quiet gl-precedents-of", onclick: () => this.showPrecedentsOf(field.name) },
          gl.plural(count, "precedent", "precedents"), h("span", { class: "gl-unseen" }, ` for ${field.label}`));
        if (row) row.append(button);
        else node.querySelector(".gl-legend").after(button);
      }
    }

    // The precedents in the panel, those of a field marked.
    showPrecedentsOf(field) {
      for (const one of this.list.children) one.classList.toggle("gl-marked", field !== null && one.dataset.of === field);
      this.reveal(this.list.querySelector(".gl-marked") || this.heading);
    }

    reveal(node) {
      this.page.layout.showRubric(true);
      node.tabIndex = -1;
      node.scrollIntoView({ block: "start" });
      gl.placeFocus(node);
    }

    // Who never labelled by this guideline has it open before them, once.
    firstReading(slug) {
      const { layout, now, draft } = this.page;
      const key = `read:${now.account}:${slug}`;
      if (gl.remembered(key) !== null) return;
      gl.remember(key, "yes");
      if (!layout.rubric.node.hidden || draft.dirty || layout.skipIsOpen() || layout.helpIsOpen()) return;
      layout.showRubric(true);
      if (layout.rubricCovers()) gl.placeFocus(layout.rubric.node);
    }
  }

  gl.buildGuidance = (page) => new Guidance(page);
})();
