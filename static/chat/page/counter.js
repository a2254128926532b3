// How much room is left in the message box: shown with each letter near its end, and said when that is near.

import { find, word } from "../reply/elements.js";

const LEVELS = [1000, 100, 0]; // characters left: shown from the first on, and said when one of them is passed

export class Counter {
  #shown;
  #said;
  #max;
  #passed = 0;

  /** @param {HTMLElement} root @param {number} max  characters that a message may have */
  constructor(root, max) {
    this.#shown = find(root, "[data-counter]");
    this.#said = find(root, "[data-counter-said]");
    this.#max = max;
  }

  /** Shows how much room is left. @param {string} text @returns {string} that the text is too long, or nothing */
  count(text) {
    const left = this.#max - this.#length(text);
    const tooLong = left < 0 ? word("overlong", -left) : "";
    const sentence = tooLong || (left < LEVELS[0] ? word("left", left) : "");
    this.#shown.textContent = sentence;
    const passed = LEVELS.filter((level) => left < level).length;
    if (passed !== this.#passed) this.#said.textContent = sentence;
    this.#passed = passed;
    return tooLong;
  }

  /** Counts characters as the server does, an emoji as one, where that makes a difference. @param {string} text */
  #length(text) {
    return text.length < this.#max - LEVELS[0] ? text.length : [...text].length;
  }
}
