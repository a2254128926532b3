// Whether a person can see the page. One that has been hidden for a moment is away, and lets its connection go: a
// browser has six of them for a site, and any number of tabs.

/** Dispatches `away`, `back` after that, and `shown` whenever the page is shown again. */
export class Visibility extends EventTarget {
  #isAway = document.hidden; // opened in the background
  #timer = 0;

  /** @param {{ hiddenAfter: number }} options  in milliseconds @param {AbortSignal} signal */
  constructor({ hiddenAfter }, signal) {
    super();
    const onChange = () => {
      clearTimeout(this.#timer);
      if (document.hidden) this.#timer = setTimeout(() => this.#become({ away: true }), hiddenAfter);
      else this.#become({ away: false });
    };
    document.addEventListener("visibilitychange", onChange, { signal });
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  get isAway() {
    return this.#isAway;
  }

  /** @param {{ away: boolean }} state */
  #become({ away }) {
    const hasChanged = away !== this.#isAway;
    this.#isAway = away;
    if (hasChanged) this.dispatchEvent(new Event(away ? "away" : "back"));
    if (!away) this.dispatchEvent(new Event("shown"));
  }
}
