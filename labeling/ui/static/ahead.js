// The next task, fetched while somebody reads this one. It is only ever shown when the server has
// named it in its answer; what is not used is given back.
"use strict";

window.goldloop = window.goldloop || {};

(() => {
  const gl = window.goldloop;
  const IDLE = 300;
  const whenIdle = window.requestIdleCallback
    ? (act) => window.requestIdleCallback(act, { timeout: 2000 })
    : (act) => setTimeout(act, IDLE);

  gl.Ahead = class {
    constructor(page) {
      this.page = page;
      this.next = null;  // {assignment_id, view, after, queue}
      this.timer = 0;
    }

    has() {
      return this.next ? [this.next.assignment_id] : [];
    }

    // The server leaves out the task that this page has.
    fill(answer, next) {
      if (answer.state === "task" && !answer.view) answer.view = next.view;
    }

    // Something is shown: what was ahead of another task is of no use any more.
    shown(answer) {
      clearTimeout(this.timer);
      if (answer.state !== "task" || answer.reopened) return;
      if (this.next && this.next.after === answer.assignment_id) return;
      this.next = null;
      this.timer = setTimeout(() => whenIdle(() => this.fetch(answer)), IDLE);
    }

    async fetch(answer) {
      const { page } = this;
      if (page.now !== answer || page.busy || document.hidden) return;
      const told = { queue: answer.queue.name, assignment: answer.assignment_id };
      const found = await gl.call("ahead", told).catch(() => null);
      if (!found || found.state !== "ahead" || !found.next) return;
      if (page.queue !== answer.queue.name || gl.whereTo()[0] !== "open") {
        this.release([found.next.assignment_id]);
      } else if (page.now.assignment_id !== found.next.assignment_id && !this.next) {
        this.next = { ...found.next, after: answer.assignment_id, queue: answer.queue.name };
      }
    }

    // Bulk takes over what is held; everywhere else nobody needs it.
    async leave(name, options) {
      const { next } = this;
      clearTimeout(this.timer);
      if (!next || (name === "open" && next.queue === this.page.queue)) return;
      this.next = null;
      if (name !== "bulk") await this.release([next.assignment_id], options);
    }

    async release(assignments, options = {}) {
      if (assignments.length) await gl.call("release", { assignments }, options).catch(() => null);
    }
  };
})();
