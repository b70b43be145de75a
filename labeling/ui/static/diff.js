// Word by word, what changed between two texts: [-1 gone | 0 kept | 1 new, text] pieces that in
// order are both texts. The shortest edit script by Myers (1986), doi:10.1007/BF01840446.
"use strict";

window.goldloop = window.goldloop || {};

(() => {
  const gl = window.goldloop;
  const MOST_EDITS = 1500;
  const cutter = window.Intl && Intl.Segmenter ? new Intl.Segmenter(undefined, { granularity: "word" }) : null;

  const tokens = (text) =>
    cutter ? Array.from(cutter.segment(text), (one) => one.segment) : text.match(/\s+|[\p{L}\p{N}_]+|[^]/gu) || [];

  gl.words = (text) => tokens(text).filter((one) => /[\p{L}\p{N}]/u.test(one)).length;

  // Whether the way to a line with so many edits came from the line above (a token more), else from
  // the line below (a token less). reach(line) is the furthest place on it with one edit fewer.
  const isInsertion = (line, edits, reach) =>
    line === -edits || (line !== edits && reach(line - 1) < reach(line + 1));

  // For every number of edits the furthest places reached before it, until both texts are through.
  function furthest(a, b) {
    const most = Math.min(a.length + b.length, MOST_EDITS);
    const places = new Int32Array(2 * most + 3);
    const reach = (line) => places[most + 1 + line];
    const history = [];
    for (let edits = 0; edits <= most; edits++) {
      history.push(places.slice(most - edits, most + edits + 3));
      for (let line = -edits; line <= edits; line += 2) {
        let x = isInsertion(line, edits, reach) ? reach(line + 1) : reach(line - 1) + 1;
        while (x < a.length && x - line < b.length && a[x] === b[x - line]) x++;
        places[most + 1 + line] = x;
        if (x >= a.length && x - line >= b.length) return history;
      }
    }
    return null;
  }

  // The steps from the end back to the start: [kind, token].
  function steps(a, b, history) {
    const found = [];
    let x = a.length;
    let y = b.length;
    for (let edits = history.length - 1; edits > 0; edits--) {
      const reach = (line) => history[edits][line + edits + 1];
      const insertion = isInsertion(x - y, edits, reach);
      const from = x - y + (insertion ? 1 : -1);
      const startX = reach(from);
      const startY = startX - from;
      while (x > startX + (insertion ? 0 : 1) && y > startY + (insertion ? 1 : 0)) { found.push([0, a[--x]]); y--; }
      found.push(insertion ? [1, b[--y]] : [-1, a[--x]]);
    }
    while (x > 0) found.push([0, a[--x]]);
    return found.reverse();
  }

  // Changes with nothing but space between them are one change: whole phrases are easier to read.
  function grouped(list) {
    const found = [];
    let gone = "";
    let added = "";
    const close = () => {
      const tail = /\s*$/.exec(gone)[0];
      const kept = gone && added && added.endsWith(tail) ? tail : "";
      found.push([-1, gone.slice(0, gone.length - kept.length)], [1, added.slice(0, added.length - kept.length)], [0, kept]);
      [gone, added] = ["", ""];
    };
    for (const [kind, text] of list) {
      if (kind < 0) gone += text;
      else if (kind > 0) added += text;
      else if ((gone || added) && !text.trim()) [gone, added] = [gone + text, added + text];
      else {
        if (gone || added) close();
        found.push([0, text]);
      }
    }
    if (gone || added) close();
    return found;
  }

  function merged(list) {
    const pieces = [];
    for (const [kind, text] of list) {
      const last = pieces[pieces.length - 1];
      if (last && last[0] === kind) last[1] += text;
      else if (text) pieces.push([kind, text]);
    }
    return pieces;
  }

  // null when the texts are too different to be compared in the blink of an eye.
  gl.diff = (before, after) => {
    const a = tokens(before);
    const b = tokens(after);
    let head = 0;
    while (head < a.length && head < b.length && a[head] === b[head]) head++;
    let tail = 0;
    while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
    const middle = [a.slice(head, a.length - tail), b.slice(head, b.length - tail)];
    const history = furthest(...middle);
    if (!history) return null;
    const changed = merged(grouped(merged(steps(...middle, history))));
    return merged([[0, a.slice(0, head).join("")], ...changed, [0, a.slice(a.length - tail).join("")]]);
  };
})();
