// What draws attention to a reply while nobody can see it grow: how long the model has been thinking, and, in a hidden
// tab, a sign in the title when it is done.

import { announce, find, word } from "../reply/elements.js";

const SHOWN_AFTER = 3; // seconds
const SAID_EVERY = 20;
const SIGN = "● ";

export class Attention {
  #article;
  #began = Date.now();
  #timer;

  /** @param {HTMLElement} article  of the reply that is being written */
  constructor(article) {
    this.#article = article;
    this.#timer = setInterval(() => this.#tick(), 1000);
  }

  /** Ends it: the reply has ended, or the page has left it. */
  over() {
    clearInterval(this.#timer);
    if (!document.hidden || document.title.startsWith(SIGN)) return;
    document.title = SIGN + document.title;
    const onShown = () => (document.title = document.title.replace(SIGN, ""));
    document.addEventListener("visibilitychange", onShown, { once: true });
  }

  #tick() {
    const thinking = find(this.#article, "[data-thinking]");
    if (!thinking.checkVisibility()) return;
    const seconds = Math.round((Date.now() - this.#began) / 1000);
    if (seconds >= SHOWN_AFTER) find(thinking, "[data-elapsed]").textContent = word("elapsed", seconds);
    if (seconds % SAID_EVERY === 0) announce(word("thinking", seconds));
  }
}
