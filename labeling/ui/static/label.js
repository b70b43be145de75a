// The labeling page: which task, what was typed, what was sent. Rules live on the server; this file
// shows what the server says, keeps what people type, and never says "saved" before the server did.
"use strict";

window.goldloop = window.goldloop || {};

(() => {
  const gl = window.goldloop;
  const DRAFT_AFTER = 400;
  const RETRY_AT_MOST = 30_000;
  const SKIP_REASONS = [
    "I cannot judge this: language or knowledge",
    "The task is broken",
    "I know the person, or it distresses me",
  ];

  gl.LOOKED_AT = 0.4;  // seconds; who pressed twice has not seen the second task

  // --- the page ------------------------------------------------------------------------------

  class Page {
    constructor(root) {
      this.root = root;
      this.guidelines = new Map();
      this.form = null;
      this.now = null;
      this.busy = false;
      this.saving = null;
      this.draft = { dirty: false, timer: 0, wait: DRAFT_AFTER };
      this.seconds = 0;
      this.seen = null;
      this.stirred = true;
      this.skippedAt = 0;
      this.cut = null;
      this.layout = gl.buildLayout({
        submit: () => this.submit(),
        skip: () => this.askWhy(),
        undo: () => this.undo(),
        help: (part) => this.help(part),
        own: () => gl.care.openOwn(this),
        queues: () => this.go(null),
        logOut: () => this.logOut(),
        reason: (reason) => this.skip(reason),
        giveBack: () => this.giveBack(),
        closeSkip: () => this.layout.closeSkip(),
        reasons: SKIP_REASONS,
      });
      this.guidance = gl.buildGuidance(this);
      root.replaceChildren(this.layout.node);
      this.listen();
      this.view = null;
      this.ahead = new gl.Ahead(this);
      gl.addLists(this);
      gl.care.watch(this);
    }

    listen() {
      document.addEventListener("keydown", (event) => gl.pressed(this, event), true);
      window.addEventListener("popstate", () => this.load());
      document.addEventListener("visibilitychange", () => {
        this.tick();
        if (document.hidden) this.saveDraft({ keepalive: true });
        else if (this.now && this.now.state === "nothing") this.load();
      });
      for (const kind of ["pointerdown", "keydown", "wheel", "touchmove"]) {
        window.addEventListener(kind, () => { this.stirred = true; }, { passive: true });
      }
      window.addEventListener("online", () => this.saveDraft());
      window.addEventListener("beforeunload", (event) => {
        if (this.draft.dirty && !this.keptHere) event.preventDefault();
      });
    }

    get queue() {
      return new URLSearchParams(location.search).get("queue");
    }

    // Go to a queue, or to the list of queues.
    go(queue) {
      this.saveDraft();
      history.pushState(null, "", queue === null ? location.pathname : `?queue=${encodeURIComponent(queue)}`);
      this.load();
    }

    async load() {
      this.waits = this.busy;  // then it is looked at when what runs has ended
      if (this.busy) return false;
      const [name, told] = gl.whereTo();
      await this.leave(name);
      return this.ask(name, told);
    }

    // Give back what was taken for a place that is left.
    async leave(name = null, options = {}) {
      await Promise.all([this.ahead.leave(name, options), this.view?.leave?.(options)]);
    }

    // One call that ends in another state of the page. While it runs no key and no button acts.
    async ask(name, told, failed = "Nothing was lost. Try again.") {
      if (this.busy) return false;
      this.busy = true;
      this.layout.busy(true);
      try {
        await this.saving;
        const known = this.now && this.now.guideline ? this.now.guideline.hash : null;
        const { next } = this.ahead;
        const answer = await gl.call(name, { queue: this.queue || "", knows: known, has: this.ahead.has(), ...told });
        if (answer.state === "error") return this.refused(answer.error);
        this.ahead.fill(answer, next);
        this.show(answer);
        return true;
      } catch (error) {
        if (!(error instanceof gl.Unreached)) throw error;
        this.cut = name;
        this.layout.say(`${error.message} ${failed}`, "alarm");
        if (!this.now) setTimeout(() => this.load(), 3000);
        return false;
      } finally {
        this.busy = false;
        this.layout.busy(false);
        if (this.waits) this.load();
      }
    }

    // The server said no: beside the field that it named, else above the buttons.
    refused(error) {
      const message = [error.message, error.hint].filter(Boolean).join(" ");
      if (!this.now) this.show({ state: "nothing", why: message, queue: { name: this.queue || "" } });
      else if (!(error.field && this.form && this.form.complain(error.field, message))) {
        this.layout.say(message, "alarm");
      }
      return false;
    }

    show(answer) {
      this.now = answer;
      this.cut = null;
      if (this.skippedAt) this.skippedAt = performance.now();
      this.layout.closeSkip();
      this.root.dataset.state = answer.state;
      clearTimeout(this.again);
      clearTimeout(this.draft.timer);
      this.draft = { dirty: false, timer: 0, wait: DRAFT_AFTER };
      this.pending = null;
      document.title = answer.queue ? `${answer.queue.name} · Goldloop` : "Goldloop";
      this.layout.say("", "note");
      this.layout.saved("");
      this.view = null;
      if (answer.state === "task") this.showTask(answer);
      else {
        delete this.root.dataset.taskId;
        if (Object.hasOwn(gl.VIEWS, answer.state)) this.view = gl.VIEWS[answer.state](this, answer);
        else if (answer.state === "queues") this.layout.showQueues(answer, this);
        else if (answer.state === "nothing") this.showNothing(answer);
      }
      gl.care.shown(this, answer);
      if (answer.message) this.layout.say(answer.message, "note");
      this.guidance.shown(answer);
      this.ahead.shown(answer);
      gl.showWays(this, answer);
    }

    showNothing(answer) {
      this.layout.showNothing(answer, this);
      if (answer.retry_after_seconds) {
        this.again = setTimeout(() => { if (!document.hidden) this.load(); }, answer.retry_after_seconds * 1000);
      }
    }

    showTask(answer) {
      const known = this.guidelines.get(answer.guideline.hash);
      if (answer.guideline.rubric) this.guidelines.set(answer.guideline.hash, answer.guideline);
      else answer.guideline = known;
      if (this.formHash !== answer.guideline.hash) {
        this.formHash = answer.guideline.hash;
        this.form = gl.buildForm(answer.guideline.fields, (field) => { this.changed(); this.onward(field); });
        this.layout.showForm(this.form, answer.guideline);
      }
      const kept = this.localDraft(answer);
      this.seconds = kept ? kept.seconds : 0;
      this.seen = document.hidden ? null : performance.now();
      this.nonce = crypto.getRandomValues(new Uint32Array(4)).join("-");
      const root = gl.drawTask(answer.view, (part, offset) => this.readMore(part, offset));
      this.layout.showTask(answer, root);
      this.form.begin({ answer, view: answer.view, root }, kept ? kept.values : answer.values);
      this.root.dataset.taskId = answer.assignment_id;
      this.beat();
      if (kept) {
        this.layout.say("What you had typed here is back.", "note");
        this.changed();
      } else if (answer.drafted) {
        this.layout.saved("Draft restored");
      }
    }

    async readMore(part, offset) {
      const next = await gl.readMore(this.now.assignment_id, part, offset);
      if (!next) this.layout.say("The rest of the text cannot be had at the moment.", "alarm");
      return next;
    }

    // --- drafts ------------------------------------------------------------------------------

    draftKey(answer = this.now) {
      return `goldloop:draft:${answer.account}:${answer.assignment_id}`;
    }

    // What was typed here and had not reached the server when the page went away.
    localDraft(answer) {
      try {
        const kept = JSON.parse(sessionStorage.getItem(this.draftKey(answer)));
        return kept && kept.values && kept.revises === answer.revises ? kept : null;
      } catch {
        return null;
      }
    }

    keepHere() {
      this.keptHere = true;
      try {
        sessionStorage.setItem(this.draftKey(), JSON.stringify({
          values: this.form.draft(), seconds: this.tick(), revises: this.now.revises,
        }));
      } catch {
        this.keptHere = false;
      }
    }

    forgetHere(key) {
      try {
        sessionStorage.removeItem(key);
      } catch {
        // nothing was kept
      }
    }

    changed() {
      if (this.now.state !== "task") return;
      this.draft.dirty = true;
      this.layout.hush();
      if (this.draft.wait === DRAFT_AFTER) this.layout.saved("Saving…");  // else: why it is not
      this.keepHere();
      if (!this.draft.timer) this.draft.timer = setTimeout(() => this.saveDraft(), this.draft.wait);
    }

    // Who wants it so goes on with the answer that completes a task, once the task was in view.
    onward(field) {
      const { now } = this;
      if (!gl.wants("onward") || this.busy || now.reopened || this.tick() < gl.LOOKED_AT) return;
      if (!this.form.isDoneBy(field)) return;
      this.submit();
    }

    // Send the draft if there is one. Only one is under way at a time, so none overtakes another.
    async saveDraft(options = {}) {
      const { now, draft } = this;
      clearTimeout(draft.timer);
      draft.timer = 0;
      if (!draft.dirty || !now || now.state !== "task" || this.busy || this.saving) return;
      draft.dirty = false;
      const key = this.draftKey();
      const told = { assignment: now.assignment_id, values: this.form.draft(), revises: now.revises };
      this.saving = gl.call("draft", told, options).then(
        (answer) => this.draftAnswered(draft, key, answer),
        () => this.draftFailed(draft));
      await this.saving;
      this.saving = null;
      if (this.draft === draft && draft.dirty && !draft.timer) {
        draft.timer = setTimeout(() => this.saveDraft(), draft.wait);
      }
    }

    draftAnswered(draft, key, answer) {
      if (answer.state === "error") {
        const { message, hint } = answer.error;
        this.layout.saved(["Not saved:", message, hint].filter(Boolean).join(" "), true);
        return;
      }
      draft.wait = DRAFT_AFTER;
      if (draft.dirty) return;
      this.forgetHere(key);
      if (this.draft !== draft) return;
      this.layout.saved(answer.kept ? "Saved" : "");
      if (this.cut) this.layout.say(this.cut === "submit" ? "The server can be reached again. Press Submit again." : "", "note");
      this.cut = null;
    }

    draftFailed(draft) {
      const words = "Not saved: the server cannot be reached. " +
        (this.keptHere ? "Kept in this browser." : "Keep this page open: this browser stores nothing.");
      draft.dirty = true;
      draft.wait = Math.min(draft.wait * 2, RETRY_AT_MOST);
      if (this.draft === draft) this.layout.saved(words, true);
    }

    // --- what people do ----------------------------------------------------------------------

    async submit() {
      const { now } = this;
      if (this.busy || !now) return;
      if (this.view) return this.view.submit?.();
      if (now.state === "nothing") return this.load();
      if (now.state === "feedback") return gl.care.goOn(this);
      if (now.state !== "task") return;
      const lack = this.form.lacking();
      if (lack) return this.form.complain(...lack);
      const values = this.form.get();
      // The same answer is sent with the same words, so that the server knows a repeat.
      if (!this.pending || JSON.stringify(this.pending.values) !== JSON.stringify(values)) {
        const order = now.view.responses.length > 1 ? now.view.responses.map((one) => one.id) : null;
        this.pending = {
          assignment: now.assignment_id, values, nonce: this.nonce, revises: now.revises,
          seconds: Math.round(this.tick() * 10) / 10, response_order: order,
        };
      }
      const key = this.draftKey();
      const sent = this.pending;
      clearTimeout(this.draft.timer);
      this.draft.timer = 0;
      const done = await this.ask("submit", this.pending, "Your answer is not sent yet, and is kept. Press Submit again.");
      if (done) {
        this.forgetHere(key);
        gl.care.submitted(this, now, sent.seconds);
      } else if (this.draft.dirty) this.draft.timer = setTimeout(() => this.saveDraft(), DRAFT_AFTER);
    }

    askWhy() {
      const { now } = this;
      if (this.busy || !now || now.state !== "task") return;
      if (now.reopened) this.keep();
      else this.layout.openSkip();
    }

    async skip(reason) {
      if (this.busy) return;
      const key = this.draftKey();
      this.skippedAt = performance.now();
      if (!(await this.ask("skip", { assignment: this.now.assignment_id, reason }))) return;
      this.forgetHere(key);
      if (this.now.state === "task" && !this.now.message) this.layout.say("Skipped. Undo takes you back to it.", "note");
    }

    async keep() {
      const key = this.draftKey();
      if (await this.ask("keep", { assignment: this.now.assignment_id })) this.forgetHere(key);
    }

    async giveBack() {
      const key = this.draftKey();
      this.skippedAt = performance.now();
      if (!(await this.ask("give_back", { assignment: this.now.assignment_id }))) return;
      this.forgetHere(key);
      history.pushState(null, "", location.pathname);
    }

    async undo() {
      const { now } = this;
      if (this.busy || !now || !now.queue) return;
      await this.saveDraft();
      const before = now.reopened ? now.assignment_id : null;
      await this.ask("undo", { before });
    }

    help(part) {
      const keys = this.form && this.now.state === "task" ? this.form.keys : this.view?.keys || {};
      this.layout.openHelp(keys, part, this.view?.pageKeys);
    }

    async logOut() {
      await this.saveDraft();
      if (this.draft.dirty) return this.layout.say("What you typed is not saved yet. Wait until the server can be reached, then log out.", "alarm");
      await this.leave();
      for (const key of Object.keys(sessionStorage)) {
        if (key.startsWith("goldloop:draft:")) sessionStorage.removeItem(key);
      }
      await fetch("/logout", { method: "POST" }).catch(() => null);
      location.assign("/login");
    }

    // --- time --------------------------------------------------------------------------------

    // Seconds for which the task has been in view.
    tick() {
      const at = performance.now();
      if (this.seen !== null) this.seconds += (at - this.seen) / 1000;
      this.seen = document.hidden ? null : at;
      return this.seconds;
    }

    // Keep holding the task while somebody is at it.
    beat() {
      clearInterval(this.beating);
      const { assignment_id: assignment, lease_seconds: lease, reopened } = this.now;
      if (reopened) return;
      this.beating = setInterval(async () => {
        if (this.now.assignment_id !== assignment) return clearInterval(this.beating);
        if (document.hidden || !this.stirred || this.busy) return;
        this.stirred = false;
        const answer = await gl.call("heartbeat", { assignment }).catch(() => null);
        if (answer && answer.state === "error" && this.now.assignment_id === assignment) {
          clearInterval(this.beating);
          this.layout.say("Your hold on this task ran out while you were away. You can still submit: it counts if nobody has taken your place.", "note");
        }
      }, Math.min(Math.max(lease / 3, 4), 300) * 1000);
    }
  }

  gl.mountLabelPage = (element) => {
    const page = new Page(element.querySelector(".gl"));
    page.load();
    return page;
  };
})();
