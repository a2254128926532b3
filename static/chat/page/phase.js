// Where a request for a reply is, from Send to the end of the reply. There is one at a time.

/** `idle`: there is none. `sending`: until the server has answered there is nothing to stop. `running`: the reply is
 * being written. `stopping`: its end was asked for.
 * @typedef {"idle" | "sending" | "running" | "stopping"} Name
 */

/** What each step makes of each phase. A step that is not here is a fault of the page.
 * @satisfies {Record<string, Partial<Record<Name, Name>>>}
 */
const STEPS = {
  send: { idle: "sending" },
  refuse: { sending: "idle" },
  follow: { idle: "running", sending: "running" },
  stop: { running: "stopping" },
  cannotStop: { stopping: "running" },
  end: { running: "idle", stopping: "idle" },
};

export class Phase {
  /** @type {Name} */ #name = "idle";
  #changes = new EventTarget();

  get name() {
    return this.#name;
  }

  get isIdle() {
    return this.#name === "idle";
  }

  /** @param {keyof typeof STEPS} step */
  take(step) {
    const next = /** @type {Partial<Record<Name, Name>>} */ (STEPS[step])[this.#name];
    if (!next) throw new Error(`There is no ${step} while ${this.#name}.`);
    this.#name = next;
    this.#changes.dispatchEvent(new Event("change"));
  }

  /** Calls `onChange` after each step. @param {(name: Name) => void} onChange @param {AbortSignal} signal */
  watch(onChange, signal) {
    this.#changes.addEventListener("change", () => onChange(this.#name), { signal });
  }
}
