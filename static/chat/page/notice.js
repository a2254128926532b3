// Why a message was not sent, beside the message box, and the button that tries again.

import { find } from "../reply/elements.js";

/** @typedef {{ message: string, retryAfter: number, retry: (() => void) | null }} Refusal  `retryAfter` in seconds */

export class Notice {
  #element;
  #text;
  #button;
  #countdown = 0;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#element = find(root, "[data-notice]");
    this.#text = find(root, "[data-notice-text]");
    this.#button = /** @type {HTMLButtonElement} */ (find(root, "[data-notice-retry]"));
  }

  get hasFocus() {
    return this.#element.contains(document.activeElement);
  }

  /** @param {Refusal | null} refusal  nothing takes the notice back */
  show(refusal) {
    clearInterval(this.#countdown);
    this.#element.hidden = !refusal;
    this.#text.textContent = refusal?.message ?? "";
    this.#button.hidden = !refusal?.retry;
    if (!refusal?.retry) return;
    this.#button.onclick = refusal.retry;
    let left = refusal.retryAfter;
    const tick = () => {
      this.#button.disabled = left > 0;
      this.#button.textContent = left > 0 ? `Retry in ${left} s` : "Retry";
      if (left-- <= 0) clearInterval(this.#countdown);
    };
    tick();
    this.#countdown = setInterval(tick, 1000);
  }
}
