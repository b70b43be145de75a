// One listener for every key. It asks what is open, who is typing and whether the next task loads
// before it acts, so that a held key or a stray letter never labels anything.
"use strict";

window.goldloop = window.goldloop || {};

(() => {
  const gl = window.goldloop;

  // [key, words] of the page itself, for the help sheet.
  gl.PAGE_KEYS = [
    ["Enter", "Submit and go to the next task"],
    ["Ctrl Enter", "The same while you write"],
    ["X", "Skip, with a reason"],
    ["Z", "Undo: go back to what you finished last"],
    ["B", "Show or hide the guideline"],
    [",", "Open or close the system prompt"],
    [".", "Open or close the context"],
    ["/", "Search in the task"],
    ["Esc", "Leave a text, close what is open"],
    ["?", "This list"],
  ];

  const isTyping = (target) => target instanceof Element && target.closest("textarea, select, input:not([type=radio]):not([type=checkbox])") !== null;
  const isButton = (target) => target instanceof Element && target.closest("button, a, summary") !== null;

  // The letter or digit that was meant, on other keyboard layouts too.
  function meant(event) {
    if (/^[\x21-\x7e]$/.test(event.key) && !/^[a-z]$/i.test(event.key) && !/^Digit/.test(event.code)) return event.key;
    if (/^[a-z0-9]$/i.test(event.key)) return event.shiftKey ? event.key.toUpperCase() : event.key.toLowerCase();
    const place = /^(?:Key([A-Z])|Digit([0-9]))$/.exec(event.code);
    if (!place || (event.shiftKey && place[2])) return event.key;
    const key = (place[1] || place[2]).toLowerCase();
    return event.shiftKey ? key.toUpperCase() : key;
  }

  function flash(node) {
    node.classList.add("gl-flash");
    setTimeout(() => node.classList.remove("gl-flash"), 160);
  }

  // The key is ours. Whoever labels by keys leaves the mouse lying somewhere: no help from there.
  function take(event) {
    event.preventDefault();
    event.stopPropagation();
    for (const tip of document.querySelectorAll(".gl-tip")) tip.hidden = true;
  }

  function fold(page, name) {
    if (page.now.state !== "task") return;
    const node = page.root.querySelector(`details[data-fold=${name}]`);
    if (node) node.open = !node.open;
  }

  // What single keys do on every task; a file that brings a command adds it here and to PAGE_KEYS.
  gl.COMMANDS = {
    x: (page) => page.askWhy(),
    z: (page) => page.undo(),
    b: (page) => page.layout.toggleRubric(),
    ",": (page) => fold(page, "system"),
    ".": (page) => fold(page, "context"),
    "/": (page) => page.layout.search.open(),
  };

  function withEnter(page, event) {
    const { layout } = page;
    if (event.ctrlKey || event.metaKey) {
      take(event);
      if (!layout.skipIsOpen()) page.submit();
    } else if (!isTyping(event.target) && !isButton(event.target) && !layout.skipIsOpen() && gl.wants("keys")) {
      take(event);
      if (page.view) page.view.enter?.(event.target);
      else if (page.now && page.now.state === "queues") layout.pressQueue(1);
      else page.submit();
    }
  }

  function withEscape(page, event) {
    const { layout } = page;
    if (layout.skipIsOpen()) {
      take(event);
      layout.closeSkip();
    } else if (layout.search.endsWith(event.target, isTyping(event.target))) {
      take(event);
      layout.search.close();
    } else if (isTyping(event.target)) {
      take(event);
      event.target.blur();
      layout.focusTask();
    } else if (layout.rubricCovers()) {
      take(event);
      layout.toggleRubric();
    }
  }

  function withLetter(page, event) {
    const { layout, now } = page;
    const key = meant(event);
    if (now.state === "queues" && layout.pressQueue(Number(key))) {
      take(event);
      return;
    }
    if (page.view?.press?.(key)) {
      take(event);
      return;
    }
    if (Object.hasOwn(gl.COMMANDS, key)) {
      take(event);
      gl.COMMANDS[key](page);
      return;
    }
    const control = now.state === "task" && Object.hasOwn(page.form.keys, key) ? page.form.keys[key] : null;
    if (!control) return;
    take(event);
    control.act();
    control.node.scrollIntoView({ block: "nearest" });
    flash(control.node);
  }

  // A digit chooses a reason, anything else is the beginning of one's own; the space bar does nothing.
  function withReason(page, event) {
    const { layout } = page;
    if (isButton(event.target) && ["Enter", " "].includes(event.key)) return;
    if (event.key === " " || (gl.wants("keys") && layout.pressReason(meant(event)))) take(event);
    else if (event.key.length === 1) layout.bar.why.other.focus();
  }

  // Who chose a reason and types on means the reason, not the task that came: until the keys rest for
  // as long as it takes to look at a task, none acts.
  function typesOn(page, event) {
    if (!page.skippedAt || page.layout.skipIsOpen() || isTyping(event.target)) return false;
    if (event.key.length > 1 && event.key !== "Enter") return false;
    const at = performance.now();
    const rests = !page.busy && at - page.skippedAt > 1000 * gl.LOOKED_AT;
    page.skippedAt = rests ? 0 : at;
    return !rests;
  }

  // A widget that is in the middle of something, such as selecting words, has the first say.
  function grabbed(page, event) {
    if (page.busy || !page.now || page.now.state !== "task" || isTyping(event.target)) return false;
    if (page.layout.helpIsOpen() || page.layout.skipIsOpen() || !page.form) return false;
    return page.form.grab(event);
  }

  gl.pressed = (page, event) => {
    if (event.defaultPrevented || event.isComposing || event.altKey) return;
    if (grabbed(page, event)) {
      take(event);
      return;
    }
    if (event.repeat) {
      // A key held down on a button would press it again and again, on tasks nobody has seen.
      if (event.key === "Enter" && !isTyping(event.target)) take(event);
      return;
    }
    if (page.layout.helpIsOpen()) return;
    if (!event.ctrlKey && !event.metaKey && typesOn(page, event)) {
      take(event);
      return;
    }
    if (event.key === "Enter") {
      withEnter(page, event);
      return;
    }
    if (event.ctrlKey || event.metaKey || event.key === "Shift") return;
    if (event.key === "Escape") {
      withEscape(page, event);
      return;
    }
    if (isTyping(event.target) || page.busy || !page.now) return;
    if (page.layout.skipIsOpen()) {
      withReason(page, event);
      return;
    }
    if (!gl.wants("keys")) return;
    if (event.key === "?") {
      take(event);
      page.help();
      return;
    }
    withLetter(page, event);
  };
})();
