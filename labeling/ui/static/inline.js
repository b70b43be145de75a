// What is drawn inside a line of a text: a visible mark for what the eye would miss, and emphasis,
// code and links with their own marks dimmed. `left` is how many of them a text may still have.
"use strict";

window.goldloop = window.goldloop || {};

(() => {
  const gl = window.goldloop;
  const NESTED_AT_MOST = 6;

  // --- what the eye would miss ---------------------------------------------------------------

  const C0 = "NUL SOH STX ETX EOT ENQ ACK BEL BS TAB LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US".split(" ");
  const NAMED = {
    0x7f: "DEL", 0x61c: "ALM", 0x180e: "MVS", 0x200b: "ZWSP", 0x200e: "LRM", 0x200f: "RLM",
    0x2028: "LS", 0x2029: "PS", 0x202a: "LRE", 0x202b: "RLE", 0x202c: "PDF", 0x202d: "LRO",
    0x202e: "RLO", 0x2060: "WJ", 0x2066: "LRI", 0x2067: "RLI", 0x2068: "FSI", 0x2069: "PDI",
    0xfeff: "BOM",
  };
  // A flag of a region is spelt with invisible tag characters: the one place where they are meant.
  const UNSEEN =
    /\u{1f3f4}[\u{e0020}-\u{e007f}]+|\r(?=\n)|([\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}])\1*/gu;

  function markName(character) {
    const point = character.codePointAt(0);
    return C0[point] || NAMED[point] || "U+" + point.toString(16).toUpperCase().padStart(4, "0");
  }

  // Text with a visible mark around every run of an unseen character; the run stays inside it.
  gl.appendMarked = (parent, text, left) => {
    let from = 0;
    for (const match of text.matchAll(UNSEEN)) {
      if (match[1] === undefined) continue;
      if (--left.marks < 0) break;
      if (match.index > from) parent.append(text.slice(from, match.index));
      const times = [...match[0]].length;
      const name = markName(match[1]) + (times > 1 ? ` ×${times}` : "");
      parent.append(gl.h("span", { class: "gl-mark", "data-mark": name }, match[0]));
      from = match.index + match[0].length;
    }
    if (from < text.length) parent.append(text.slice(from));
  };

  gl.marked = (tag, attributes, text, left) => {
    const node = gl.h(tag, attributes);
    gl.appendMarked(node, text, left);
    return node;
  };

  gl.dim = (text, left) => gl.marked("span", { class: "gl-dim" }, text, left);

  // --- inside a line -------------------------------------------------------------------------

  const SPACE = /\s/;
  const WORD = /[\p{L}\p{N}]/u;
  const TAGS = { "*": "em", "_": "em", "**": "strong", "__": "strong", "***": "strong", "___": "strong", "~~": "del" };

  function runEnd(text, from) {
    let to = from + 1;
    while (text[to] === text[from]) to += 1;
    return to;
  }

  // Where the code ends that a run of so many backticks begins; -1 when nothing closes it.
  function codeEnd(text, from, length) {
    for (let at = text.indexOf("`", from); at >= 0;) {
      const to = runEnd(text, at);
      if (to - at === length) return to;
      at = text.indexOf("`", to);
    }
    return -1;
  }

  // Where an address in parentheses ends. One pair inside it at most, so no part is read often.
  function addressEnd(text, from) {
    let depth = 1;
    for (let at = from; at < text.length; at += 1) {
      if (text[at] === "(" && ++depth > 2) return -1;
      if (text[at] === ")" && --depth === 0) return at + 1;
    }
    return -1;
  }

  // The pieces of one line that are set apart, {from, to, kind, tag}, in the order of the text.
  class Pieces {
    constructor(text, room) {
      this.text = text;
      this.room = room;
      this.found = [];
      this.open = [];  // marks of emphasis that nothing has closed yet
      this.bracket = -1;
      this.unclosed = new Set();
    }

    // Null when there are more than there is room for.
    read() {
      const special = /[\\`*_~[\]]/g;
      for (let one = special.exec(this.text); one; one = special.exec(this.text)) {
        special.lastIndex = this.take(one.index, one[0]);
        if (this.found.length > this.room) return null;
      }
      return this.found.sort((one, other) => one.from - other.from);
    }

    // What stands at a place; where to read on.
    take(at, character) {
      if (character === "\\") return at + 2;
      if (character === "[") this.bracket = at;
      if (character === "[") return at + 1;
      if (character === "]") return this.link(at);
      const to = runEnd(this.text, at);
      if (character === "`") return this.code(at, to);
      if (Object.hasOwn(TAGS, this.text.slice(at, Math.min(to, at + 4)))) this.emphasis(at, to);
      return to;
    }

    code(at, to) {
      const length = to - at;
      if (length > 3 || this.unclosed.has(length)) return to;
      const end = codeEnd(this.text, to, length);
      if (end < 0) this.unclosed.add(length);
      else this.found.push({ from: at, to: end, kind: "code" });
      return end < 0 ? to : end;
    }

    link(at) {
      const end = this.bracket >= 0 && this.text[at + 1] === "(" ? addressEnd(this.text, at + 2) : -1;
      if (end < 0) return at + 1;
      this.found.push({ from: this.bracket, to: this.bracket + 1, kind: "dim" }, { from: at, to: end, kind: "dim" });
      this.bracket = -1;
      return end;
    }

    // Not inside a word for underscores; elsewhere whatever touches the text that it marks, since
    // not every script puts spaces between its words.
    emphasis(at, to) {
      const { text, open } = this;
      const [before, after] = [text[at - 1] || " ", text[to] || " "];
      const free = text[at] !== "_";
      if (!SPACE.test(before) && (free || !WORD.test(after)) && this.close(at, to)) return;
      if (SPACE.test(after) || (!free && WORD.test(before))) return;
      if (open.length === NESTED_AT_MOST) open.shift();
      open.push({ from: at, to, mark: text.slice(at, to) });
    }

    close(at, to) {
      const mark = this.text.slice(at, to);
      const place = this.open.findLastIndex((one) => one.mark === mark);
      if (place >= 0) {
        this.pair(place, at, to);
        return true;
      }
      // One run may close two: **bold *and slanted***
      let from = at;
      for (let top = this.open.at(-1); top && top.mark[0] === mark[0] && top.mark.length <= to - from; top = this.open.at(-1)) {
        this.pair(this.open.length - 1, from, from + top.mark.length);
        from += top.mark.length;
      }
      return from > at;
    }

    pair(place, from, to) {
      const { from: first, to: second, mark } = this.open[place];
      const tag = TAGS[mark];
      this.found.push({ from: first, to: second, kind: "open", tag, both: mark.length === 3 }, { from, to, kind: "close" });
      this.open.length = place;
    }
  }

  gl.appendInline = (parent, text, left) => {
    const pieces = left.pieces > 0 && /[`*_~\]]/.test(text) ? new Pieces(text, left.pieces).read() : null;
    if (!pieces) {
      gl.appendMarked(parent, text, left);
      return;
    }
    left.pieces -= pieces.length;
    const outer = [];
    let into = parent;
    let at = 0;
    for (const { from, to, kind, tag, both } of pieces) {
      gl.appendMarked(into, text.slice(at, from), left);
      const piece = text.slice(from, to);
      if (kind === "open") {
        const node = gl.h(tag, both ? { class: "gl-both" } : null);
        into.append(node);
        outer.push(into);
        into = node;
      }
      into.append(kind === "code" ? gl.marked("code", { dir: "ltr" }, piece, left) : gl.dim(piece, left));
      if (kind === "close") into = outer.pop();
      at = to;
    }
    gl.appendMarked(into, text.slice(at), left);
  };
})();
