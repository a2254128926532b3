// Says beside the message box why something could not be done, and has the button that tries again.

import { find, word } from "../reply/elements.js";

/** @typedef {{ message: string, retryAfter: number, retry: (() => void) | null }} Refusal  `retryAfter` in seconds */

export class Notice {
  #element;
  #text;
  #button;
  #prompt;
  #countdown = 0;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#element = find(root, "[data-notice]");
    this.#text = find(root, "[data-notice-text]");
    this.#button = /** @type {HTMLButtonElement} */ (find(root, "[data-notice-retry]"));
    this.#prompt = find(root, "[data-prompt]");
  }

  /** Shows why; null takes the notice back. @param {Refusal | null} refusal */
  show(refusal) {
    clearInterval(this.#countdown);
    const hadFocus = this.#element.contains(document.activeElement); // Retry was pressed
    if (hadFocus) this.#prompt.focus({ preventScroll: true });
    this.#element.hidden = !refusal;
    this.#text.textContent = refusal?.message ?? "";
    this.#button.hidden = !refusal?.retry;
    if (!refusal?.retry) return;
    this.#button.onclick = refusal.retry;
    let left = refusal.retryAfter;
    const tick = () => {
      this.#button.disabled = left > 0;
      this.#button.textContent = left > 0 ? word("wait", left) : word("retry");
      if (left-- <= 0) clearInterval(this.#countdown);
    };
    tick();
    this.#countdown = setInterval(tick, 1000);
  }
}
