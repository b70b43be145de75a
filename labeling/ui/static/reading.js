// Long tasks: earlier turns that are drawn when somebody wants them, long texts that show their
// beginning, and one way to open whatever hides a place.
"use strict";

window.goldloop = window.goldloop || {};

(() => {
  const gl = window.goldloop;
  const TURNS_UNFOLDED = 6;
  const LAST_TURNS = 4;
  const openers = new WeakMap();  // a node that hides what is in it -> what opens it
  const fillers = new WeakMap();  // a node whose content waits -> what draws it

  // Who pressed with the mouse goes on by keys: Enter is to submit, not to press this once more.
  gl.letGo = (event) => {
    if (event.detail) event.currentTarget.closest(".gl-reading")?.focus({ preventScroll: true });
  };

  // Every turn, or the last ones behind a button for those before: drawn when it is first opened.
  gl.foldTurns = (turns, draw) => {
    if (turns.length <= TURNS_UNFOLDED) return turns.map(draw);
    const early = turns.slice(0, -LAST_TURNS);
    const words = gl.plural(early.length, "earlier turn", "earlier turns");
    const place = gl.h("div", { class: "gl-earlier", hidden: true });
    const button = gl.h("button", { type: "button", class: "gl-button gl-earlier-button", "aria-expanded": "false" }, `Show ${words}`);
    const show = (open) => {
      fillers.get(place)();
      place.hidden = !open;
      button.setAttribute("aria-expanded", String(open));
      button.textContent = `${open ? "Hide" : "Show"} ${words}`;
    };
    fillers.set(place, () => {
      if (place.hasChildNodes()) return;
      place.append(...early.map(draw));
      place.dispatchEvent(new Event("gl-drawn", { bubbles: true }));
    });
    openers.set(place, () => show(true));
    button.addEventListener("click", (event) => {
      show(place.hidden);
      gl.letGo(event);
    });
    return [button, place, ...turns.slice(-LAST_TURNS).map(draw)];
  };

  // A long text that shows so many lines of itself. All of it is there: for the search, for whoever
  // listens, and for the places of a selection.
  gl.clamped = (node, lines) => {
    const box = gl.h("div", { class: "gl-clamp gl-shut", style: `--lines: ${lines}` }, node);
    const button = gl.h("button", { type: "button", class: "gl-quiet gl-clamp-button", "aria-expanded": "false" }, "Show all");
    const show = (open) => {
      box.classList.toggle("gl-shut", !open);
      button.setAttribute("aria-expanded", String(open));
      button.textContent = open ? "Show less" : "Show all";
      if (!open) box.scrollTop = 0;
    };
    openers.set(box, () => show(true));
    box.addEventListener("focusin", () => show(true));
    button.addEventListener("click", (event) => {
      show(box.classList.contains("gl-shut"));
      button.scrollIntoView({ block: "nearest" });
      gl.letGo(event);
    });
    return gl.h("div", null, box, button);
  };

  // Draws the turns that wait, still hidden, so that they can be searched.
  gl.drawWaiting = (root) => {
    for (const place of root.querySelectorAll(".gl-earlier")) fillers.get(place)();
  };

  // Whether something hides a node from who reads.
  gl.isHidden = (node, root) => {
    for (let one = node.parentElement; one && one !== root; one = one.parentElement) {
      if (one.matches("details:not([open]), [hidden], .gl-shut")) return true;
    }
    return false;
  };

  // Opens whatever hides a node.
  gl.reveal = (node) => {
    for (let one = node.parentElement; one; one = one.parentElement) {
      if (one.matches("details:not([open])")) {
        one.dataset.revealed = "";
        one.open = true;
      }
      openers.get(one)?.();
    }
  };

  // The turn of that place in the interaction's messages, opened to view; null when there is none.
  gl.revealTurn = (root, index) => {
    const find = () => root.querySelector(`[data-turn="${Number(index)}"]`);
    if (!find()) gl.drawWaiting(root);
    const node = find();
    if (node) gl.reveal(node);
    return node;
  };
})();
