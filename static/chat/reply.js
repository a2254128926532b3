// A reply on the page: finished blocks as the server's HTML, and after them the text that is not rendered yet.

import { addCopyButtons, addReplyCopyButton } from "./copy.js";
import { onceAFrame } from "./frames.js";
import { sanitised, shows } from "./html.js";
import { find } from "./parts.js";

/**
 * @typedef {{ status: string, finish_reason: string | null, error: { code: string, message: string } | null }} End
 * @typedef {{ html: string, tail: string, whole?: boolean }} Block
 */

// What is not worth showing at the head of the tail: empty lines, and the line that opens a fence.
const TAIL_HEAD = /^(?:[ \t]*\n)*(?: {0,3}(?<fence>`{3,}|~{3,}) *(?<language>[\w+#.-]*)[^\n]*\n?)?/;

export class Reply {
  /** Number of the last event that is on the page. @type {number} */
  after;
  /** @type {HTMLElement} */ #body;
  /** @type {HTMLElement} */ #tail;
  #node = new Text();
  /** Source text after the finished blocks; `#shown` characters at its head are passed over. */
  #text = "";
  #shown = 0;
  /** @type {Block[]} */
  #blocks = [];
  #draw = onceAFrame(() => this.#update());
  #onDraw;

  /**
   * @param {HTMLElement} article  made from the template, or by the server
   * @param {{ onDraw: () => void }} options  `onDraw` is called after the page has changed
   */
  constructor(article, { onDraw }) {
    this.article = article;
    this.after = Number(article.dataset.after);
    this.#onDraw = onDraw;
    this.#body = find(article, "[data-body]");
    this.#tail = find(article, "[data-tail]");
    this.#text = this.#tail.textContent ?? "";
    this.#tail.replaceChildren(this.#node);
    this.#update();
  }

  get run() {
    return this.article.dataset.run ?? "";
  }

  /** @param {{ run: string, message: string | null, model: string | null }} data */
  start({ run, message, model }) {
    this.article.dataset.run = run;
    if (message) {
      this.article.dataset.message = message;
      this.article.id = `message-${message}`;
    }
    if (model) find(this.article, "[data-model]").textContent = model;
  }

  /** @param {string} text */
  token(text) {
    this.#text += text;
    this.#draw();
  }

  /** @param {Block} block */
  block(block) {
    this.#blocks = block.whole ? [block] : [...this.#blocks, block];
    this.#shown -= block.whole ? Infinity : this.#text.length - block.tail.length;
    this.#text = block.tail;
    this.#draw();
  }

  /** @param {boolean} lost */
  connection(lost) {
    find(this.article, "[data-connection]").hidden = !lost;
  }

  /** @param {End} end @returns {string} the sentence that says so */
  end({ status, finish_reason: reason, error }) {
    this.#draw.now();
    this.connection(false);
    this.article.dataset.status = status;
    const kind = status === "done" && reason === "length" ? "length" : status;
    if (error) {
      find(this.article, "[data-error-message]").textContent = error.message;
      find(this.article, "[data-error-code]").textContent = error.code;
    }
    find(this.article, "[data-reference]").textContent = this.run.slice(0, 8);
    for (const line of this.article.querySelectorAll("[data-when]")) {
      /** @type {HTMLElement} */ (line).hidden = /** @type {HTMLElement} */ (line).dataset.when !== kind;
    }
    find(this.article, "[data-retry]").hidden = status === "done";
    this.finished();
    const line = this.article.querySelector(`[data-when="${kind}"] [data-error-message], p[data-when="${kind}"]`);
    return line?.textContent?.trim() ?? "The reply is complete.";
  }

  /** Add what only a finished reply has. */
  finished() {
    addReplyCopyButton(this.article);
    this.#onDraw();
  }

  #update() {
    for (const { html, whole } of this.#blocks) {
      const content = sanitised(html);
      if (whole && shows(this.#body, content)) continue;
      addCopyButtons(content);
      if (whole) this.#body.replaceChildren(content);
      else this.#body.append(content);
    }
    this.#blocks = [];
    const head = TAIL_HEAD.exec(this.#text);
    this.#tail.dataset.kind = head?.groups?.fence ? "code" : "text";
    if (head?.groups?.language) this.#tail.dataset.language = head.groups.language;
    else delete this.#tail.dataset.language;
    this.#show(head?.[0].length ?? 0);
    this.#onDraw();
  }

  /**
   * Bring the text node up to date by cutting and appending, so that a selection in it survives.
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
