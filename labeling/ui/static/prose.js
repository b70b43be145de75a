// Draws one text. What Markdown means is shown, and not a character is added, taken or moved: the
// marks stay where they are, dimmed. "As written" is a matter of style alone (reading.css), so that
// nothing is drawn again. Every step is linear in the text, whatever it holds.
"use strict";

window.goldloop = window.goldloop || {};

(() => {
  const gl = window.goldloop;
  const PIECES_AT_MOST = 6000;  // set apart in one text; what follows stands there as written
  const MARKS_AT_MOST = 5000;
  const COLUMNS_AT_MOST = 60;
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
  function appendMarked(parent, text, left) {
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
  }

  function marked(tag, attributes, text, left) {
    const node = gl.h(tag, attributes);
    appendMarked(node, text, left);
    return node;
  }

  function auto(node) {
    node.setAttribute("dir", "auto");
    return node;
  }

  const dim = (text, left) => marked("span", { class: "gl-dim" }, text, left);

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

  function appendInline(parent, text, left) {
    const pieces = left.pieces > 0 && /[`*_~\]]/.test(text) ? new Pieces(text, left.pieces).read() : null;
    if (!pieces) {
      appendMarked(parent, text, left);
      return;
    }
    left.pieces -= pieces.length;
    const outer = [];
    let into = parent;
    let at = 0;
    for (const { from, to, kind, tag, both } of pieces) {
      appendMarked(into, text.slice(at, from), left);
      const piece = text.slice(from, to);
      if (kind === "open") {
        const node = gl.h(tag, both ? { class: "gl-both" } : null);
        into.append(node);
        outer.push(into);
        into = node;
      }
      into.append(kind === "code" ? marked("code", { dir: "ltr" }, piece, left) : dim(piece, left));
      if (kind === "close") into = outer.pop();
      at = to;
    }
    appendMarked(into, text.slice(at), left);
  }

  // --- lines and blocks: each draws what begins at a line and says where the next one begins ---

  // Backticks with backticks behind them are code inside a line.
  const OPENING = /^[ \t]{0,12}(?:`{3,}[^`\n]*|~{3,}[^\n]*)\n?$/;
  const FENCE = /^[ \t]{0,12}(`{3,}|~{3,})/;
  const HEADING = /^ {0,3}(#{1,6})[ \t]+/;
  const ITEM = /^[ \t]{0,40}(?:[-*+•‣]|\d{1,9}[.)])[ \t]{1,4}(?:\[[ xX]\] )?/;
  const QUOTE = /^(?: {0,3}>){1,20} ?/;
  const RULE = /^ {0,3}([-*_])(?:[ \t]{0,3}\1){2,80}[ \t]{0,20}\r?\n?$/;
  const DELIMITERS = /^[ \t|:-]+[\r\n]*$/;

  function linesOf(text) {
    const lines = [];
    let from = 0;
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", from)) {
      lines.push(text.slice(from, at + 1));
      from = at + 1;
    }
    if (from < text.length) lines.push(text.slice(from));
    return lines;
  }

  function drawFence(parent, lines, at, left) {
    const fence = FENCE.exec(lines[at])[1];
    const closes = (line) => {
      const found = FENCE.exec(line);
      return found !== null && found[1].startsWith(fence) && !line.slice(found[0].length).trim();
    };
    let end = at + 1;
    while (end < lines.length && !closes(lines[end])) end += 1;
    const code = gl.h("span", { class: "gl-code", dir: "ltr" }, dim(lines[at], left));
    appendMarked(code, lines.slice(at + 1, end).join(""), left);
    if (end < lines.length) code.append(dim(lines[end], left));
    parent.append(code);
    return end + 1;
  }

  function drawHeading(parent, lines, at, left) {
    const [mark, { length: level }] = HEADING.exec(lines[at]);
    const node = gl.h(`h${Math.min(6, level + 3)}`, { class: `gl-heading gl-heading-${Math.min(level, 3)}` }, dim(mark, left));
    appendInline(node, lines[at].slice(mark.length), left);
    parent.append(auto(node));
    return at + 1;
  }

  // A line whose text keeps clear of the mark before it.
  function drawHanging(parent, lines, at, left) {
    const line = lines[at];
    const quote = QUOTE.exec(line);
    const quoted = quote ? quote[0] : "";
    const item = ITEM.exec(line.slice(quoted.length));
    const mark = quoted + (item ? item[0] : "");
    const words = gl.h("span", { class: "gl-words-of" });
    appendInline(words, line.slice(mark.length), left);
    parent.append(auto(gl.h("span", { class: quote ? "gl-item gl-quoted" : "gl-item" }, dim(mark, left), words)));
    return at + 1;
  }

  function drawRule(parent, lines, at, left) {
    parent.append(marked("span", { class: "gl-rule gl-dim" }, lines[at], left));
    return at + 1;
  }

  // The cells of a row: where each begins. A bar opens the cell that follows it.
  function cellStarts(line) {
    const starts = [];
    const special = /\\.|[|]/gs;
    for (let one = special.exec(line); one; one = special.exec(line)) {
      if (one[0] === "|") starts.push(one.index);
      if (starts.length > COLUMNS_AT_MOST) break;
    }
    if (starts.length && line.slice(0, starts[0]).trim() === "") starts[0] = 0;
    else starts.unshift(0);
    return starts;
  }

  const isTable = (lines, at) =>
    lines[at].includes("|") && at + 1 < lines.length && lines[at + 1].includes("|") &&
    lines[at + 1].includes("-") && DELIMITERS.test(lines[at + 1]) && cellStarts(lines[at]).length <= COLUMNS_AT_MOST;

  // How the cells below a cell of the delimiter row are aligned.
  function sideOf(cell) {
    const bare = cell.replaceAll("|", "").trim();
    if (!bare.endsWith(":")) return null;
    return bare.startsWith(":") ? "gl-middle" : "gl-end";
  }

  function drawRow(line, tag, sides, left) {
    const row = gl.h("tr", null);
    const starts = cellStarts(line);
    starts.forEach((from, place) => {
      const cell = line.slice(from, starts[place + 1]);
      const bar = /^[ \t]*\|/.exec(cell);
      const isEdge = bar !== null && place > 0 && place === starts.length - 1 && cell.trim() === "|";
      const words = gl.h("span", { class: "gl-words-of" });
      appendInline(words, cell.slice(bar ? bar[0].length : 0), left);
      row.append(gl.h(isEdge ? "td" : tag, { class: isEdge ? "gl-edge" : sides[place] }, bar ? dim(bar[0], left) : null, words));
    });
    left.pieces -= starts.length;
    return row;
  }

  function drawTable(parent, lines, at, left) {
    const starts = cellStarts(lines[at + 1]);
    const sides = starts.slice(0, COLUMNS_AT_MOST).map((from, place) => sideOf(lines[at + 1].slice(from, starts[place + 1])));
    const between = marked("td", { class: "gl-dim", colspan: String(sides.length) }, lines[at + 1], left);
    const table = gl.h("table", null, drawRow(lines[at], "th", sides, left), gl.h("tr", { class: "gl-between" }, between));
    let end = at + 2;
    while (end < lines.length && left.pieces > 0 && lines[end].includes("|")) {
      table.append(drawRow(lines[end], "td", sides, left));
      end += 1;
    }
    parent.append(gl.h("div", { class: "gl-table", role: "group", "aria-label": "Table", tabindex: "0" }, auto(table)));
    return end;
  }

  const STARTS = {
    "`": [[OPENING, drawFence]], "~": [[OPENING, drawFence]], "#": [[HEADING, drawHeading]], ">": [[QUOTE, drawHanging]],
    "-": [[RULE, drawRule], [ITEM, drawHanging]], "*": [[RULE, drawRule], [ITEM, drawHanging]], "_": [[RULE, drawRule]],
  };
  for (const start of "+•‣0123456789") STARTS[start] = [[ITEM, drawHanging]];

  function blockAt(lines, at) {
    const line = lines[at];
    if (isTable(lines, at)) return drawTable;
    let first = 0;
    while (first < 40 && (line[first] === " " || line[first] === "\t")) first += 1;
    const ways = Object.hasOwn(STARTS, line[first]) ? STARTS[line[first]] : [];
    const way = ways.find(([shape]) => shape.test(line));
    return way ? way[1] : null;
  }

  function appendProse(parent, text, left) {
    const lines = linesOf(text);
    let plain = "";
    const flush = () => {
      if (plain) appendInline(parent, plain, left);
      plain = "";
    };
    for (let at = 0; at < lines.length;) {
      if (left.pieces <= 0) {
        plain += lines.slice(at).join("");
        break;
      }
      const draw = blockAt(lines, at);
      const isMarked = /[`*_~\]]/.test(lines[at]);
      if (draw || isMarked) flush();
      if (draw) {
        left.pieces -= 1;
        at = draw(parent, lines, at, left);
      } else {
        plain += lines[at];
        if (isMarked) flush();
        at += 1;
      }
    }
    flush();
  }

  // Appends a text to a node: "text" is read as Markdown, everything else stands there as it is.
  gl.appendText = (parent, text, kind) => {
    const left = { pieces: PIECES_AT_MOST, marks: MARKS_AT_MOST };
    // A node with dir=auto looks for its direction again with every child: it is told at the end.
    const dir = parent.getAttribute("dir");
    parent.removeAttribute("dir");
    if (kind === "text") appendProse(parent, text, left);
    else appendMarked(parent, text, left);
    if (dir) parent.setAttribute("dir", dir);
  };
})();
