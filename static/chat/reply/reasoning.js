// The model's reasoning: open while there is nothing else, folded when the reply begins.

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

  /** Folds it: the reply has begun. Reasoning that comes later is added, and does not open it again. */
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
