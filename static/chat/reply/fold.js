// A <details> that the page opens and folds by itself, until the person has done so: then it is theirs.

export class Fold {
  #details;
  #theirs = false;

  /** @param {HTMLDetailsElement} details */
  constructor(details) {
    this.#details = details;
    details.querySelector("summary")?.addEventListener("click", () => void (this.#theirs = true));
  }

  /** @param {boolean} open */
  set open(open) {
    if (!this.#theirs) this.#details.open = open;
  }
}
