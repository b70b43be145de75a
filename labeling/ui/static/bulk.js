// Many tasks at once, a verdict each: rows in serving order, answered by the keys of the one field.
// Every answer is kept as a draft at once, and sent as a label of its own.
"use strict";

window.goldloop = window.goldloop || {};

(() => {
  const gl = window.goldloop;
  const SIZES = [10, 25, 50];
  const VERDICTS = ["rating", "choice", "boolean"];
  const RETRY = 3000;

  // The one field whose answer is enough: the only one needed, or the only one.
  gl.verdictField = (fields) => {
    // Tags and passages left untouched say that none applies; in a row nobody would see them.
    if (fields.some((one) => ["tags", "spans"].includes(one.kind))) return null;
    const needed = fields.filter((one) => one.required || one.required_when);
    const found = needed.length ? needed : fields;
    return found.length === 1 && VERDICTS.includes(found[0].kind) && !found[0].asked_when ? found[0] : null;
  };

  class Row {
    constructor(bulk, told) {
      this.bulk = bulk;
      this.told = told;
      this.id = told.assignment_id;
      this.pending = null;
      this.seconds = 0;
      this.since = null;
      this.saving = null;
      this.dirty = false;
      // Names of controls are of the page, so each row's field has one of its own.
      this.name = `${bulk.field.name}-${this.id}`;
      this.form = gl.buildForm([{ ...bulk.field, name: this.name, help: null }], () => this.answered());
      const kept = told.values[bulk.field.name];
      this.form.begin(null, kept === undefined ? {} : { [this.name]: kept });
      this.draw();
    }

    draw() {
      const { h } = gl;
      const more = (part, offset) => gl.readMore(this.id, part, offset);
      const body = h("div", { class: "gl-bulk-text" },
        h("div", { class: "gl-bulk-asked" }, h("h4", { class: "gl-role" }, "User"), this.told.asked.map((block) => gl.drawBlock(block, more))),
        this.told.responses.map((one, place) => h("div", { class: "gl-bulk-response" },
          h("h4", { class: "gl-role" }, this.told.responses.length > 1 ? `Response ${gl.letter(place)}` : "Response"),
          one.block.text ? gl.drawBlock(one.block, more) : h("p", { class: "gl-muted" }, "The response is empty."))));
      this.all = h("button", { type: "button", class: "gl-quiet", "aria-expanded": "false", onclick: () => this.unfold() }, "Show all");
      this.wrong = h("p", { class: "gl-wrong", hidden: true });
      this.title = h("h3", { class: "gl-bulk-title" });
      this.node = h("li", { class: "gl-bulk-row" },
        h("div", { class: "gl-bulk-box", role: "group", tabindex: "-1" }, this.title, body,
          h("div", { class: "gl-bulk-tools" }, this.all,
            h("button", { type: "button", class: "gl-quiet", onclick: () => this.bulk.alone(this) }, beside(this.told.beside))),
          h("div", { class: "gl-bulk-answer" }, this.form.nodes), this.wrong));
      this.box = this.node.firstChild;
      this.box.addEventListener("focusin", () => this.bulk.entered(this));
      // Who chose with the mouse goes on by keys from the row: in the radios an arrow would choose.
      this.box.addEventListener("click", (event) => {
        if (event.detail > 0 && event.target.matches("input")) this.box.focus({ preventScroll: true });
      });
    }

    value() {
      const value = this.form.get()[this.name];
      return value === undefined ? null : value;
    }

    values() {
      const { [this.bulk.field.name]: _old, ...others } = this.told.values;
      const value = this.value();
      return value === null ? others : { ...others, [this.bulk.field.name]: value };
    }

    // "Show all" only where something is hidden.
    measure() {
      const text = this.box.querySelector(".gl-bulk-text");
      this.all.hidden = !this.box.classList.contains("gl-unfolded") &&
        ![...text.children].some((part) => part.scrollHeight > part.clientHeight + 2);
    }

    unfold() {
      const is = this.box.classList.toggle("gl-unfolded");
      this.all.textContent = is ? "Show less" : "Show all";
      this.all.setAttribute("aria-expanded", String(is));
    }

    mark(place, total) {
      const done = this.value() !== null;
      this.title.textContent = `${place} of ${total}`;
      this.box.setAttribute("aria-label", `Task ${place} of ${total}: ${done ? "answered" : "not answered"}`);
      this.node.classList.toggle("gl-answered", done);
    }

    complain(message) {
      this.wrong.textContent = message || "";
      this.wrong.hidden = !message;
    }

    answered() {
      this.complain(null);
      this.pending = null;
      this.dirty = true;
      this.save();
      this.bulk.changed();
    }

    // One draft of a row is under way at a time, so none overtakes another.
    async save() {
      if (this.saving || !this.dirty) return;
      this.dirty = false;
      const told = { assignment: this.id, values: this.values() };
      this.saving = gl.call("draft", told).then(
        (answer) => { if (answer.state === "error") this.complain(answer.error.message); },
        () => { this.dirty = true; });
      await this.saving;
      this.saving = null;
      this.bulk.saved();
      if (this.dirty) setTimeout(() => this.save(), RETRY);
    }

    tick() {
      const at = performance.now();
      if (this.since !== null) this.seconds += (at - this.since) / 1000;
      this.since = null;
      return this.seconds ? Math.round(this.seconds * 10) / 10 : null;
    }

    look() {
      this.tick();
      this.since = document.hidden ? null : performance.now();
    }

    // The same answer is sent with the same words, so that the server knows a repeat.
    sent() {
      const { responses } = this.told;
      if (!this.pending) this.nonce = crypto.getRandomValues(new Uint32Array(4)).join("-");
      this.pending = this.pending || {
        assignment: this.id, values: this.values(), nonce: this.nonce, seconds: this.tick(),
        response_order: responses.length > 1 ? responses.map((one) => one.id) : null,
      };
      return this.pending;
    }
  }

  function beside({ turns, passages, system }) {
    const found = [
      turns ? gl.plural(turns, "other turn", "other turns") : null,
      passages ? gl.plural(passages, "passage", "passages") : null,
      system ? "a system prompt" : null,
    ].filter(Boolean);
    return found.length ? `Open alone, with ${found.join(", ")}` : "Open alone";
  }

  class Bulk {
    constructor(page, answer) {
      const { h } = gl;
      this.page = page;
      this.field = answer.field;
      this.count = answer.count;
      this.guideline = answer.guideline;
      this.rows = [];
      this.now = null;
      this.list = h("ol", { class: "gl-bulk-rows" });
      this.send = h("button", { type: "button", class: "gl-button gl-primary", id: "gl-bulk-submit", onclick: () => this.submit() });
      this.words = h("span", null);
      this.send.append(this.words, h("kbd", { "aria-hidden": "true" }, "Ctrl ↵"));
      this.none = h("p", { class: "gl-mine-none", hidden: true });
      this.node = h("section", { class: "gl-bulk", "aria-labelledby": "gl-bulk-title" }, this.head(), this.none, this.list,
        h("div", { class: "gl-bulk-bar" }, this.send));
      this.node.addEventListener("keydown", (event) => this.moved(event));
      this.add(answer);
    }

    head() {
      const { h } = gl;
      const sizes = h("select", { id: "gl-bulk-size", onchange: (event) => gl.visit(this.page, { view: "bulk", count: event.target.value }) },
        SIZES.map((size) => h("option", { value: size, selected: size === this.count }, String(size))));
      return h("div", { class: "gl-bulk-head" },
        h("div", { class: "gl-mine-head" }, h("h2", { id: "gl-bulk-title", dir: "auto" }, this.field.label),
          h("div", { class: "gl-bulk-choose" }, h("label", { for: "gl-bulk-size" }, "At once"), sizes,
            h("button", { type: "button", class: "gl-button", onclick: () => gl.visit(this.page) }, h("span", null, "One at a time"), h("kbd", { "aria-hidden": "true" }, "Esc")))),
        this.field.help ? h("p", { class: "gl-muted", dir: "auto" }, this.field.help) : null,
        h("p", { class: "gl-muted" }, "One page of the queue, in serving order. Judge each task by itself: the one before it colours a verdict. ",
          "An answer by key goes on to the next row. The other questions stay unanswered, and nothing is sent before you submit."));
    }

    // Rows that are not there yet; those that are keep their place and their answer.
    add(answer) {
      const known = new Set(this.rows.map((one) => one.id));
      const fresh = answer.rows.filter((one) => !known.has(one.assignment_id)).map((one) => new Row(this, one));
      this.rows.push(...fresh);
      this.list.append(...fresh.map((one) => one.node));
      this.none.textContent = answer.why || "Nothing is free at the moment.";
      this.none.hidden = this.rows.length > 0 && !answer.why;
      this.lease = answer.lease_seconds || this.lease;
      this.changed();
      requestAnimationFrame(() => { for (const one of fresh) one.measure(); });
    }

    get pageKeys() {
      return [
        ["↑ ↓", "The row before, the next row"],
        ["Enter", "Show all of the row, or less"],
        ["Ctrl Enter", "Submit what is answered"],
        [";", "My tasks"],
        ["Esc", "Back to one task at a time"],
        ["?", "This list"],
      ];
    }

    get keys() {
      return this.rows.length ? (this.now || this.rows[0]).form.keys : {};
    }

    answered() {
      return this.rows.filter((one) => one.value() !== null);
    }

    changed() {
      const { length } = this.answered();
      this.rows.forEach((one, place) => one.mark(place + 1, this.rows.length));
      this.words.textContent = `Submit ${length} answered`;
      this.send.setAttribute("aria-disabled", String(length === 0));
      this.send.parentNode.hidden = this.rows.length === 0;
    }

    saved() {
      const open = this.rows.some((one) => one.dirty);
      this.page.layout.saved(open ? "Not saved: the server cannot be reached. Keep this page open." : "Saved", open);
    }

    // --- where the focus is ---

    entered(row) {
      if (this.now === row) return;
      if (this.now) {
        this.now.tick();
        this.now.box.tabIndex = -1;
        this.now.node.classList.remove("gl-now");
      }
      this.now = row;
      row.box.tabIndex = 0;
      row.node.classList.add("gl-now");
      row.look();
    }

    goTo(place) {
      const row = this.rows[Math.min(Math.max(place, 0), this.rows.length - 1)];
      if (!row) return;
      row.box.focus({ preventScroll: true });
      this.entered(row);  // a row that has the focus already hears of no other
      row.node.scrollIntoView({ block: "nearest" });
    }

    moved(event) {
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!step || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (event.target instanceof Element && event.target.closest("input, select, textarea")) return;
      event.preventDefault();
      this.goTo(this.rows.indexOf(this.now) + step);
    }

    enter() {
      if (this.now && !this.now.all.hidden) this.now.unfold();
    }

    press(key) {
      if (key === "z" || key === "x") return true;
      const row = this.now;
      if (!row || !Object.hasOwn(row.form.keys, key)) return false;
      row.form.keys[key].act();
      if (row.value() !== null) this.goTo(this.rows.indexOf(row) + 1);
      return true;
    }

    // --- what is sent, what is given back ---

    async submit() {
      const { page } = this;
      const chosen = this.answered();
      if (page.busy || !chosen.length) return;
      page.busy = true;
      page.layout.busy(true);
      try {
        await Promise.all(chosen.map((one) => one.saving));
        const told = { queue: page.queue, count: this.count, rows: chosen.map((one) => one.sent()) };
        const answer = await gl.call("submit_rows", told);
        if (answer.state === "error") page.layout.say(answer.error.message, "alarm");
        else this.stored(answer);
      } catch (error) {
        page.layout.say(`${error.message} Nothing is lost. Press Submit again: what was stored is not stored twice.`, "alarm");
      } finally {
        page.busy = false;
        page.layout.busy(false);
      }
    }

    stored(answer) {
      const { layout } = this.page;
      // The question changed meanwhile: what comes next is asked by the new one.
      if (answer.guideline && answer.guideline !== this.guideline) setTimeout(() => this.page.load());
      const results = new Map(answer.results.map((one) => [one.assignment_id, one]));
      const good = this.rows.filter((one) => results.get(one.id)?.state === "stored");
      for (const one of this.rows) {
        const result = results.get(one.id);
        if (result && result.state === "error") one.complain([result.error.message, result.error.hint].filter(Boolean).join(" "));
      }
      for (const one of good) one.node.remove();
      this.rows = this.rows.filter((one) => !good.includes(one));
      this.now = null;
      this.add(answer);
      if (answer.progress) layout.head(answer);
      layout.saved("");
      const bad = results.size - good.length;
      layout.say(`${gl.plural(good.length, "answer", "answers")} stored.` + (bad ? ` ${bad} could not be: the reason stands in the row.` : ""), bad ? "alarm" : "note");
      this.goTo(0);
    }

    async alone(row) {
      const { page } = this;
      if (page.busy) return;
      await row.saving;
      await this.leave({}, row);
      if (await page.ask("reopen", { assignment: row.id })) {
        history.pushState(null, "", `?${new URLSearchParams({ queue: page.queue })}`);
      }
    }

    // Rows without an answer go back; those with one are drafts of this person.
    async leave(options, but = null) {
      const empty = this.rows.filter((one) => one !== but && one.value() === null).map((one) => one.id);
      await this.page.ahead.release(empty, options);
    }
  }

  // Keep holding the rows while somebody is at them.
  function beat(page, bulk) {
    const beating = setInterval(() => {
      if (page.view !== bulk) return clearInterval(beating);
      const [first] = bulk.rows;
      if (document.hidden || !page.stirred || !first) return;
      page.stirred = false;
      gl.call("heartbeat", { assignment: first.id }).catch(() => null);
    }, Math.min(Math.max((bulk.lease || 60) / 3, 4), 300) * 1000);
  }

  gl.VIEWS = gl.VIEWS || {};
  gl.VIEWS.bulk = (page, answer) => {
    const bulk = new Bulk(page, answer);
    gl.showView(page, answer, bulk.node);
    document.addEventListener("visibilitychange", function seen() {
      if (page.view !== bulk) document.removeEventListener("visibilitychange", seen);
      else if (bulk.now) bulk.now[document.hidden ? "tick" : "look"]();
    });
    beat(page, bulk);
    bulk.goTo(0);
    return bulk;
  };
})();
