// The block that is still being written: the server says what it looks like, and plain words go to its end at once.

import { reconcile } from "./reconcile.js";
import { slab, slabLines, unslab } from "./slabs.js";

// chatsite/chat/rendering/growing.py and unfinished.py have the same.
const NOT_PLAIN = /[\r\n*_~`[\]!\\$<&|/]/;
const NOT_PLAIN_IN_CODE = /[\r\n`~]/;
const MARK = /[\ue000\ue001]/;
const GOES_ON = "\ue000";
const MOST_STEPS = 50;

export class OpenBlock {
  #body;
  /** The last of the finished nodes. @type {Node | null} */
  #finished = null;
  /** The elements that what is to come is in, from the outermost. @type {Element[]} */
  #within = [];
  /** The last node of the innermost that stays. @type {Node | null} */
  #stays = null;
  /** Where plain text goes on. @type {Text | null} */
  #end = null;

  /** @param {HTMLElement} body */
  constructor(body) {
    this.#body = body;
    this.#begin(body.lastChild);
  }

  /** @param {import("../../streaming/events.js").Block} block @param {DocumentFragment} content  of it */
  finish({ tail, whole }, content) {
    unslab(this.#body);
    for (const code of content.querySelectorAll(".code code")) slabLines(code);
    const keepRest = tail.trim() !== ""; // until it is said what the next block looks like
    this.#begin(reconcile(this.#body, whole ? null : this.#finished, content.childNodes, { keepRest }));
  }

  /** @param {DocumentFragment} content  takes the place of what was open */
  show(content) {
    this.#place(content, 0);
    this.#end = this.#unmark();
  }

  /** What is open stays; what comes next is so deep in its last element. @param {number} depth */
  settle(depth) {
    const levels = Math.max(depth, this.#within.length);
    slab(this.#last(levels));
    this.#stays = this.#last(levels).lastChild;
  }

  /** Goes into the last element of the last element. @param {number} levels  how deep @returns {Element} */
  #last(levels) {
    this.#within = [];
    for (let level = 0; level < levels; level += 1) {
      this.#within.push(/** @type {Element} */ (this.#innermost.lastElementChild));
    }
    return this.#innermost;
  }

  /** @param {string} text */
  add(text) {
    if (!this.#end) return;
    const notPlain = this.#end.parentElement?.closest("pre") ? NOT_PLAIN_IN_CODE : NOT_PLAIN;
    if (notPlain.test(text)) this.#end = null;
    else this.#end.appendData(text);
  }

  /** @returns {Element} */
  get #innermost() {
    return this.#within.at(-1) ?? this.#body;
  }

  /** @param {Node | null} finished */
  #begin(finished) {
    this.#finished = this.#stays = finished;
    this.#within = [];
    this.#end = null;
  }

  /**
   * Puts nodes where they go on: below the same elements as those before them, and after these what follows.
   * @param {Element | DocumentFragment} content
   * @param {number} level
   */
  #place(content, level) {
    const parent = this.#within[level - 1] ?? this.#body;
    const same = this.#within[level];
    const nodes = [...content.childNodes];
    if (!same) {
      const isBlank = parent.matches("ul, ol, tbody") && nodes[0] instanceof Text;
      reconcile(parent, this.#stays, isBlank ? nodes.slice(1) : nodes);
      return;
    }
    const at = nodes.findIndex((node) => node instanceof Element && node.tagName === same.tagName);
    if (at >= 0) this.#place(/** @type {Element} */ (nodes[at]), level + 1);
    reconcile(parent, same, at < 0 ? nodes : nodes.slice(at + 1));
  }

  /** Takes the server's mark out of the text. @returns {Text | null} where it stood, if text goes on there */
  #unmark() {
    const walker = document.createTreeWalker(this.#body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    while (walker.lastChild());
    for (let step = 0; step < MOST_STEPS; step += 1) {
      const node = walker.currentNode;
      const at = node instanceof Text ? node.data.search(MARK) : -1;
      if (node instanceof Text && at >= 0) {
        const goesOn = node.data[at] === GOES_ON;
        node.deleteData(at, 1);
        return goesOn ? node : null;
      }
      if (!walker.previousNode()) break;
    }
    return null;
  }
}
