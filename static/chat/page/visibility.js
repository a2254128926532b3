// Whether anybody looks at the page. One that has been hidden for a moment lets its connection go: a browser has
// six of them for a site, and any number of tabs.

export class Attention {
  #away = new AbortController();
  #shown = new EventTarget();
  #timer = 0;

  /**
   * @param {{ hiddenAfter: number, onShown: (wasAway: boolean) => void }} options  `hiddenAfter` in milliseconds;
   *   `onShown` is called whenever the page is shown again, `wasAway` if it had let go
   * @param {AbortSignal} signal
   */
  constructor({ hiddenAfter, onShown }, signal) {
    if (document.hidden) this.#away.abort(); // opened in the background
    document.addEventListener("visibilitychange", () => {
      clearTimeout(this.#timer);
      if (document.hidden) this.#timer = setTimeout(() => this.#away.abort(), hiddenAfter);
      else onShown(this.#comeBack());
    }, { signal });
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  get #isAway() {
    return this.#away.signal.aborted;
  }

  /** Aborted when the page has been hidden for a moment. Another one from when it is shown again. */
  get signal() {
    return this.#away.signal;
  }

  /** Resolves as soon as the page is looked at. @param {AbortSignal} signal @returns {Promise<void>} */
  back(signal) {
    if (!this.#isAway || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#shown.addEventListener("shown", () => resolve(), { once: true });
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  #comeBack() {
    const wasAway = this.#isAway;
    if (wasAway) this.#away = new AbortController();
    this.#shown.dispatchEvent(new Event("shown"));
    return wasAway;
  }
}
