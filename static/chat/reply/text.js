// A reply's text: finished blocks as the server's HTML, and after them what is not rendered yet.

import { linkCitations, unlinkCitations } from "./citations.js";
import { addCopyButtons } from "./copy.js";
import { find } from "./elements.js";

/** @typedef {import("../run/events.js").Block} Block */

// What is not worth showing at the head of the tail: empty lines, and the line that opens a fence.
const TAIL_HEAD = /^(?:[ \t]*\n)*(?: {0,3}(?<fence>`{3,}|~{3,}) *(?<language>[\w+#.-]*)[^\n]*\n?)?/;

export class ReplyText {
  #body;
  #tail;
  #sources;
  #node = new Text();
  /** Source text after the finished blocks; `#shown` characters at its head are passed over. */
  #text = "";
  #shown = 0;
  /** @type {Block[]} */
  #blocks = [];

  /** @param {HTMLElement} article @param {import("./citations.js").Numbered} sources */
  constructor(article, sources) {
    this.#sources = sources;
    this.#body = find(article, "[data-body]");
    this.#tail = find(article, "[data-tail]");
    this.#text = this.#tail.textContent ?? "";
    this.#tail.replaceChildren(this.#node);
    this.cite();
    this.draw();
  }

  /** @param {string} text */
  add(text) {
    this.#text += text;
  }

  /** @param {Block} block */
  block(block) {
    this.#blocks = block.whole ? [block] : [...this.#blocks, block];
    this.#shown -= block.whole ? Infinity : this.#text.length - block.tail.length;
    this.#text = block.tail;
  }

  /** Links the citations of all sources that there are now. */
  cite() {
    linkCitations(this.#body, this.#sources);
  }

  /** Shows nothing: the text is shown in another way. */
  clear() {
    this.#body.replaceChildren();
    this.#blocks = [];
    this.#text = "";
    this.draw();
  }

  draw() {
    for (const { html, whole } of this.#blocks) {
      const content = sanitised(html);
      if (whole && shows(this.#body, content)) continue;
      addCopyButtons(content);
      linkCitations(content, this.#sources);
      if (whole) this.#body.replaceChildren(content);
      else this.#body.append(content);
    }
    this.#blocks = [];
    const head = TAIL_HEAD.exec(this.#text);
    this.#tail.dataset.kind = head?.groups?.fence ? "code" : "text";
    if (head?.groups?.language) this.#tail.dataset.language = head.groups.language;
    else delete this.#tail.dataset.language;
    this.#show(head?.[0].length ?? 0);
  }

  /**
   * Brings the text node up to date by cutting and appending, so that a selection in it survives.
   * @param {number} from
   */
  #show(from) {
    const end = this.#shown + this.#node.length;
    if (from >= this.#shown && from <= end && end <= this.#text.length) {
      if (from > this.#shown) this.#node.deleteData(0, from - this.#shown);
      if (end < this.#text.length) this.#node.appendData(this.#text.slice(end));
    } else {
      this.#node.data = this.#text.slice(from);
    }
    this.#shown = from;
  }
}

/** Makes markup of text, here and nowhere else: the server has rendered and sanitised it. @param {string} html */
function sanitised(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

/**
 * Tells whether `body` has this content already, as after a reload: then a selection in it can stay.
 * @param {HTMLElement} body
 * @param {DocumentFragment} content
 */
function shows(body, content) {
  const shown = /** @type {HTMLElement} */ (body.cloneNode(true));
  for (const button of shown.querySelectorAll("[data-copy]")) button.remove();
  unlinkCitations(shown);
  const wanted = document.createElement("div");
  wanted.append(content.cloneNode(true));
  return shown.innerHTML === wanted.innerHTML;
}
