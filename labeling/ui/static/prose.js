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
  const PART_CHARS = 4000;

  // --- lines and blocks: each draws what begins at a line and says where the next one begins ---

  // Backticks with backticks behind them are code inside a line.
  const OPENING = /^[ \t]{0,12}(?:`{3,}[^`\n]*|~{3,}[^\n]*)\n?$/;
  const FENCE = /^[ \t]{0,12}(`{3,}|~{3,})/;
  const HEADING = /^ {0,3}(#{1,6})[ \t]+/;
  const ITEM = /^[ \t]{0,40}(?:[-*+•‣]|\d{1,9}[.)])[ \t]{1,4}(?:\[[ xX]\] )?/;
  const QUOTE = /^(?: {0,3}>){1,20} ?/;
  const RULE = /^ {0,3}([-*_])(?:[ \t]{0,3}\1){2,80}[ \t]{0,20}\r?\n?$/;
  const DELIMITERS = /^[ \t|:-]+[\r\n]*$/;

  function auto(node) {
    node.setAttribute("dir", "auto");
    return node;
  }

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
    const code = gl.h("span", { class: "gl-code", dir: "ltr" }, gl.dim(lines[at], left));
    gl.appendMarked(code, lines.slice(at + 1, end).join(""), left);
    if (end < lines.length) code.append(gl.dim(lines[end], left));
    parent.append(code);
    return end + 1;
  }

  function drawHeading(parent, lines, at, left) {
    const [mark, { length: level }] = HEADING.exec(lines[at]);
    const node = gl.h(`h${Math.min(6, level + 3)}`, { class: `gl-heading gl-heading-${Math.min(level, 3)}` }, gl.dim(mark, left));
    gl.appendInline(node, lines[at].slice(mark.length), left);
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
    gl.appendInline(words, line.slice(mark.length), left);
    parent.append(auto(gl.h("span", { class: quote ? "gl-item gl-quoted" : "gl-item" }, gl.dim(mark, left), words)));
    return at + 1;
  }

  function drawRule(parent, lines, at, left) {
    parent.append(gl.marked("span", { class: "gl-rule gl-dim" }, lines[at], left));
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
      gl.appendInline(words, cell.slice(bar ? bar[0].length : 0), left);
      row.append(gl.h(isEdge ? "td" : tag, { class: isEdge ? "gl-edge" : sides[place] }, bar ? gl.dim(bar[0], left) : null, words));
    });
    left.pieces -= starts.length;
    return row;
  }

  function drawTable(parent, lines, at, left) {
    const starts = cellStarts(lines[at + 1]);
    const sides = starts.slice(0, COLUMNS_AT_MOST).map((from, place) => sideOf(lines[at + 1].slice(from, starts[place + 1])));
    const between = gl.marked("td", { class: "gl-dim", colspan: String(sides.length) }, lines[at + 1], left);
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

  // Where lines go: into the node itself, or, when the text is long, into parts of it that the
  // browser lays out only when they come near the view.
  class Parts {
    constructor(parent, text) {
      this.parent = parent;
      this.isLong = text.length > PART_CHARS * 2;
      this.room = 0;
      this.into = parent;
    }

    // For a line that begins a block, or a plain one.
    forLine(line) {
      if (this.isLong && this.room <= 0) {
        this.into = gl.h("span", { class: "gl-part" });
        this.parent.append(this.into);
        this.room = PART_CHARS;
      }
      this.room -= line.length;
      return this.into;
    }
  }

  function appendLines(parent, text, left) {
    const parts = new Parts(parent, text);
    let plain = "";
    let into = parent;
    for (const line of linesOf(text)) {
      const next = parts.forLine(line);
      if (next !== into && plain) {
        gl.appendMarked(into, plain, left);
        plain = "";
      }
      into = next;
      plain += line;
    }
    gl.appendMarked(into, plain, left);
  }

  function appendProse(parent, text, left) {
    const lines = linesOf(text);
    const parts = new Parts(parent, text);
    let plain = "";
    let into = parent;
    const flush = () => {
      if (plain) gl.appendInline(into, plain, left);
      plain = "";
    };
    for (let at = 0; at < lines.length;) {
      if (left.pieces <= 0) {
        flush();
        appendLines(parent, lines.slice(at).join(""), left);
        return;
      }
      const next = parts.forLine(lines[at]);
      const draw = blockAt(lines, at);
      const isMarked = /[`*_~\]]/.test(lines[at]);
      if (draw || isMarked || next !== into) flush();
      into = next;
      if (draw) {
        left.pieces -= 1;
        at = draw(into, lines, at, left);
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
    else appendLines(parent, text, left);
    if (dir) parent.setAttribute("dir", dir);
  };
})();
