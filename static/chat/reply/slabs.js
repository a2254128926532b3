// Long blocks in slabs. A browser lays out anew all that shares a box with what changes: the text of a paragraph, the
// items of a list, the rows of a table, the lines of code. So what is settled of them gets boxes of its own.

const MOST = 128; // lines, items or rows of a slab
const FIRST = 2; // rows of a table, which say how wide its columns are
const CHARACTERS = 2000;
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufeff]/;

/** Puts what is settled of an open block into slabs: all that is in it now. @param {Element} block */
export function slab(block) {
  if (block.matches("code")) slabLines(block);
  else if (block.matches("ul, ol")) slabItems(block);
  else if (block.matches("p")) slabText(block);
  else if (block instanceof HTMLTableSectionElement) slabRows(block);
}

/** Takes paragraphs, lists and tables out of their slabs. @param {ParentNode} root */
export function unslab(root) {
  for (const made of root.querySelectorAll("[data-slab]")) {
    if (made instanceof HTMLTableElement) joinTables(made);
    else made.replaceWith(...made.childNodes);
  }
}

/** Puts whole lines of code into slabs: the same ones, whether they come at once or one by one. @param {Element} code */
export function slabLines(code) {
  let begin = begins(code);
  let lines = 0;
  for (let node = begin; node; node = node.nextSibling) {
    let at = -1;
    while (node instanceof Text && (at = node.data.indexOf("\n", at + 1)) >= 0) {
      lines += 1;
      if (lines < MOST) continue;
      const rest = node.splitText(at + 1);
      wrap(begin, rest, "span").className = "lines";
      begin = node = rest;
      lines = 0;
      at = -1;
    }
  }
}

/** @param {Element} list */
function slabItems(list) {
  if (list.childElementCount - list.querySelectorAll(":scope > [data-slab]").length < MOST) return;
  wrap(begins(list), null, "div").dataset.slab = "";
}

/** Keeps the columns as they are, and goes on with a table below one that is full. @param {HTMLTableSectionElement} body */
function slabRows(body) {
  const table = /** @type {HTMLTableElement} */ (body.parentElement);
  const isFull = body.rows.length >= MOST;
  if (isFull ? !table.style.width : body.rows.length >= FIRST && !table.dataset.slab) keepWidths(table, isFull);
  if (!isFull) return;
  const next = /** @type {HTMLTableElement} */ (table.cloneNode());
  next.append(/** @type {Element} */ (table.firstChild).cloneNode(true), document.createElement("tbody"));
  table.after(next);
}

/**
 * Lets a table's columns stay as wide as they are: rows that are read do not move while others come.
 * @param {HTMLTableElement} table
 * @param {boolean} isFull  until then its last column may grow, which moves nothing
 */
function keepWidths(table, isFull) {
  const columns = document.createElement("colgroup");
  for (const { offsetWidth, className, nextElementSibling } of table.rows[0].cells) {
    const column = document.createElement("col");
    if (isFull || className || nextElementSibling) column.style.width = column.style.minWidth = `${offsetWidth}px`;
    columns.append(column);
  }
  if (isFull) table.style.cssText = `table-layout: fixed; width: ${table.offsetWidth}px`;
  table.querySelector("colgroup")?.remove();
  table.prepend(columns);
  table.dataset.slab = "kept";
}

/** @param {HTMLTableElement} table  the first of them, and after that those that it has taken in */
function joinTables(table) {
  while (table.nextElementSibling instanceof HTMLTableElement) {
    table.tBodies[0].append(...table.nextElementSibling.tBodies[0].childNodes);
    table.nextElementSibling.remove();
  }
  table.querySelector("colgroup")?.remove();
  table.removeAttribute("style");
  delete table.dataset.slab;
}

/**
 * Cuts a paragraph where the browser breaks its lines, which stay as they are; in another width they would not.
 * @param {Element} paragraph
 */
function slabText(paragraph) {
  const width = String(paragraph.clientWidth);
  const [first] = paragraph.children;
  if (first instanceof HTMLElement && first.dataset.slab && first.dataset.slab !== width) unslab(paragraph);
  const begin = begins(paragraph);
  const text = textFrom(begin);
  if (text.length < CHARACTERS || RIGHT_TO_LEFT.test(text)) return;
  const cut = lastLine(/** @type {Text} */ (paragraph.lastChild));
  if (cut && cut !== begin) wrap(begin, cut, "span").dataset.slab = width;
}

/** Where the last line of a text begins, if that is in it. @param {Node} node @returns {Text | null} */
function lastLine(node) {
  if (!(node instanceof Text)) return null;
  const range = document.createRange();
  const top = (/** @type {number} */ at) => {
    range.setStart(node, at);
    range.setEnd(node, at + 1);
    return range.getBoundingClientRect().top;
  };
  const last = top(node.length - 1);
  if (top(0) === last) return null;
  let [before, from] = [0, node.length - 1];
  while (from - before > 1) {
    const middle = (before + from) >> 1;
    if (top(middle) < last) before = middle;
    else from = middle;
  }
  return node.splitText(from);
}

/** The first node that is in no slab. @param {Element} block @returns {ChildNode | null} */
function begins(block) {
  let node = block.firstChild;
  while (node instanceof Element && node.matches("[data-slab], .lines")) node = node.nextSibling;
  return node;
}

/** @param {ChildNode | null} node */
function textFrom(node) {
  let text = "";
  for (let next = node; next; next = next.nextSibling) text += next.textContent;
  return text;
}

/**
 * Puts nodes into an element of their own.
 * @param {ChildNode | null} begin  the first of them
 * @param {Node | null} end  the one after them
 * @param {string} tag
 */
function wrap(begin, end, tag) {
  const made = document.createElement(tag);
  begin?.before(made);
  for (let node = begin; node && node !== end; node = made.nextSibling) made.append(node);
  return made;
}
