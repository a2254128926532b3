// What the model says to itself: open while there is nothing else, folded when the reply begins.

import { Fold, find } from "./elements.js";

export class Reasoning {
  /** @type {HTMLDetailsElement} */ #details;
  #fold;
  #node = new Text();
  #waiting = "";
  #over = false;

  /** @param {HTMLElement} article */
  constructor(article) {
    this.#details = find(article, "[data-reasoning]");
    this.#fold = new Fold(this.#details);
    const box = find(article, "[data-reasoning-text]");
    this.#node.data = box.textContent ?? "";
    box.replaceChildren(this.#node);
    this.#over = this.#node.length > 0 && !this.#details.open;
  }

  /** @param {string} text */
  add(text) {
    this.#waiting += text;
  }

  /** Something else has come. What is said to itself from now on is added, but not shown by itself. */
  over() {
    if (this.#over) return;
    this.#over = true;
    this.#fold.open = false;
    delete this.#details.dataset.writing;
  }

  draw() {
    if (!this.#waiting) return;
    this.#node.appendData(this.#waiting);
    this.#waiting = "";
    if (this.#details.hidden && !this.#over) {
      this.#fold.open = true;
      this.#details.dataset.writing = "";
    }
    this.#details.hidden = false;
  }
}
