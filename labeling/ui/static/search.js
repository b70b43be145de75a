// Search in the texts of a task. Matches are painted, not wrapped, so that no text is touched and
// offsets stay true; what hides a match is opened when somebody comes to it.
"use strict";

window.goldloop = window.goldloop || {};

(() => {
  const gl = window.goldloop;
  const MATCHES_AT_MOST = 2000;
  const AFTER_TYPING = 120;

  // [node, from, to] places of a text node each, in the order of the text.
  function textNodes(root) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const places = [];
    let at = 0;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      places.push([node, at, at + node.length]);
      at += node.length;
    }
    return places;
  }

  // Ranges of what a pattern finds in one drawn text, `room` of them at most.
  function rangesIn(text, pattern, room) {
    const ranges = [];
    const places = textNodes(text);
    let place = 0;
    for (const match of text.textContent.matchAll(pattern)) {
      if (ranges.length === room) break;
      const end = match.index + match[0].length;
      const range = document.createRange();
      while (places[place][2] <= match.index) place += 1;
      range.setStart(places[place][0], match.index - places[place][1]);
      while (places[place][2] < end) place += 1;
      range.setEnd(places[place][0], end - places[place][1]);
      ranges.push(range);
    }
    return ranges;
  }

  function paint(name, ranges, priority) {
    if (!globalThis.CSS?.highlights) return;
    const painted = new Highlight(...ranges);
    painted.priority = priority;
    CSS.highlights.set(name, painted);
  }

  // In view, and below the bar that lies over the text.
  function bringToView(range) {
    const { top, bottom } = range.getBoundingClientRect();
    if (top > 140 && bottom < window.innerHeight - 140) return;
    const near = range.startContainer.parentElement;
    near.scrollIntoView({ block: "nearest" });
    const pane = near.closest(".gl-reading");
    const scrolls = pane && pane.scrollHeight > pane.clientHeight && getComputedStyle(pane).overflowY === "auto";
    const now = range.getBoundingClientRect().top - window.innerHeight / 3;
    (scrolls ? pane : window).scrollBy(0, now);
  }

  class Search {
    constructor(task, leave) {
      const { h } = gl;
      const small = (words, label, act) =>
        h("button", { type: "button", class: "gl-button gl-plain", "aria-label": label, title: label, onclick: act }, words);
      this.task = task;
      this.leave = leave;
      this.found = [];
      this.at = -1;
      this.opener = h("button", { type: "button", class: "gl-find", "aria-keyshortcuts": "/", "aria-expanded": "false", onclick: () => this.open() },
        h("span", null, "Search"), gl.key("/"));
      this.field = h("input", { type: "text", class: "gl-search-field", "aria-label": "Search in the task", placeholder: "Search in the task", autocomplete: "off", spellcheck: "false", maxlength: 200, enterkeyhint: "search" });
      this.count = h("span", { class: "gl-search-count", role: "status" });
      this.held = h("p", { class: "gl-hint", hidden: true });
      this.bar = h("div", { class: "gl-search", role: "search", hidden: true },
        h("div", { class: "gl-search-row" }, this.field, this.count,
          small("↑", "Previous match", () => this.step(-1)), small("↓", "Next match", () => this.step(1)),
          small("✕", "Close the search", () => this.close())),
        this.held);
      this.node = h("div", { class: "gl-search-place" }, this.opener, this.bar);
      this.field.addEventListener("input", () => {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.look(), AFTER_TYPING);
      });
      this.field.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        this.step(event.shiftKey ? -1 : 1);
      });
    }

    isOpen() {
      return !this.bar.hidden;
    }

    // Whether Esc, pressed there, is meant for the search.
    endsWith(target, typing) {
      return this.isOpen() && (this.bar.contains(target) || !typing);
    }

    open() {
      if (this.task.closest("[hidden]")) return;
      if (!this.isOpen()) this.from = document.activeElement;
      this.bar.hidden = false;
      this.opener.setAttribute("aria-expanded", "true");
      this.field.focus({ preventScroll: true });
      this.field.select();
      if (this.field.value) this.look();
    }

    // The focus goes back to where it was.
    close() {
      const { from } = this;
      this.forget();
      const work = from && from.isConnected && from.closest("input, textarea");
      if (work) from.focus({ preventScroll: true });
      else this.leave();
    }

    // Another task comes, or nobody searches any more.
    forget() {
      clearTimeout(this.timer);
      this.bar.hidden = true;
      this.opener.setAttribute("aria-expanded", "false");
      this.show([], null);
      this.sought = null;
    }

    look() {
      clearTimeout(this.timer);
      const words = this.field.value;
      gl.drawWaiting(this.task);
      const pattern = new RegExp(words.replace(/[\^$\\.*+?()[\]{}|/]/g, "\\$&"), "giu");
      const found = [];
      for (const text of words ? this.task.querySelectorAll(".gl-text") : []) {
        if (found.length > MATCHES_AT_MOST) break;
        found.push(...rangesIn(text, pattern, MATCHES_AT_MOST + 1 - found.length));
      }
      this.sought = words;
      this.show(found, words);
    }

    show(found, words) {
      this.isMore = found.length > MATCHES_AT_MOST;
      this.found = found.slice(0, MATCHES_AT_MOST);
      // What stands open comes first: a search opens things only where nothing else is left.
      const first = this.found.findIndex((one) => !gl.isHidden(one.startContainer, this.task));
      this.at = this.found.length ? Math.max(0, first) : -1;
      paint("gl-found", this.found, 10);
      this.tell(words);
      this.goTo();
    }

    step(by) {
      if (this.sought !== this.field.value) this.look();
      else if (this.found.length) {
        this.at = (this.at + by + this.found.length) % this.found.length;
        this.tell(this.sought);
        this.goTo();
      }
    }

    goTo() {
      const range = this.found[this.at];
      paint("gl-found-here", range ? [range] : [], 11);
      if (!range) return;
      gl.reveal(range.startContainer);
      bringToView(range);
    }

    tell(words) {
      const total = `${this.isMore ? "more than " : ""}${gl.count(this.found.length)}`;
      const says = this.found.length ? `${gl.count(this.at + 1)} of ${total}` : "Not found";
      this.count.textContent = words ? says : "";
      const left = [...this.task.querySelectorAll("[data-left]")].reduce((sum, one) => sum + Number(one.dataset.left), 0);
      this.held.textContent = `${gl.plural(left, "character is", "characters are")} held back and not searched.`;
      this.held.hidden = !words || !left;
    }
  }

  gl.buildSearch = (task, leave) => new Search(task, leave);
})();
