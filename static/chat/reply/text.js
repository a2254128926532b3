// A reply's text: finished blocks as the server's HTML, and after them the block that is still being written.

import { linkCitations } from "./citations.js";
import { find } from "./elements.js";
import { OpenBlock } from "./open_block.js";
import { addCodeTools } from "./tools.js";

/** @typedef {import("../../streaming/events.js").Block} Block */
/** @typedef {import("../../streaming/events.js").Open} Open */

export class ReplyText {
  #body;
  #tail;
  #sources;
  #open;
  /** What is to be drawn: text, or events. @type {(string | Block | Open)[]} */
  #changes = [];

  /** @param {HTMLElement} article @param {import("./citations.js").Numbered} sources */
  constructor(article, sources) {
    this.#sources = sources;
    this.#body = find(article, "[data-body]");
    this.#tail = find(article, "[data-tail]");
    this.#open = new OpenBlock(this.#body);
    this.cite();
  }

  /** @param {string | Block | Open} change */
  add(change) {
    this.#changes.push(change);
  }

  /** Links the citations of all sources that there are now. */
  cite() {
    linkCitations(this.#body, this.#sources);
  }

  /** Shows nothing: the text is shown in another way. */
  clear() {
    this.#body.replaceChildren();
    this.#tail.replaceChildren();
    this.#open = new OpenBlock(this.#body);
    this.#changes = [];
  }

  draw() {
    for (const change of this.#changes) {
      if (typeof change === "string") this.#open.add(change);
      else this.#show(change);
    }
    this.#changes = [];
  }

  /** @param {Block | Open} change */
  #show(change) {
    this.#tail.replaceChildren(); // as it came with the page
    const content = this.#content(change.html);
    const hasCode = content.querySelector(".code") !== null;
    if ("tail" in change) {
      this.#open.finish(change, content);
    } else {
      if (change.done) {
        this.#open.show(this.#content(change.done));
        this.#open.settle(change.depth ?? 0);
      }
      this.#open.show(content);
    }
    if (hasCode) addCodeTools(this.#body);
  }

  /** Makes markup of text, here and nowhere else: the server has rendered and sanitised it. @param {string} html */
  #content(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    linkCitations(template.content, this.#sources);
    return template.content;
  }
}
