// The tools that a reply has called: each step as it happens, all of them folded when the reply is done.

import { Fold, copyOf, find, showWhen, word } from "./elements.js";
import { plainText } from "./json_values.js";

export class Steps {
  /** @type {HTMLDetailsElement} */ #details;
  #list;
  #fold;
  /** By the ids of the calls. @type {Map<string, HTMLElement>} */ #steps = new Map();

  /** @param {HTMLElement} article */
  constructor(article) {
    this.#details = find(article, "[data-steps]");
    this.#list = find(article, "[data-step-list]");
    this.#fold = new Fold(this.#details);
    for (const step of this.#list.children) {
      this.#steps.set(/** @type {HTMLElement} */ (step).dataset.step ?? "", /** @type {HTMLElement} */ (step));
    }
  }

  /** @param {import("../../streaming/events.js").ToolStart} call */
  begin({ id, name, input }) {
    const step = copyOf("step");
    step.dataset.step = id;
    find(step, "[data-step-name]").textContent = name;
    find(step, "[data-step-input]").textContent = JSON.stringify(input);
    this.#steps.set(id, step);
    this.#list.append(step);
    this.#fold.open = true;
    this.#details.hidden = false;
  }

  /** @param {import("../../streaming/events.js").ToolText} piece */
  write({ id, text }) {
    const step = this.#steps.get(id);
    if (!step) return;
    find(step, "[data-step-text]").hidden = false;
    find(step, "[data-step-written]").append(text);
  }

  /** @param {import("../../streaming/events.js").ToolEnd} result */
  finish({ id, output, error }) {
    const step = this.#steps.get(id);
    if (!step) return;
    become(step, error === undefined ? "done" : "failed");
    find(step, "[data-step-result]").textContent = error ?? plainText(output);
  }

  end() {
    for (const step of this.#steps.values()) if (step.dataset.state === "running") become(step, "unfinished");
    const count = this.#steps.size;
    find(this.#details, "[data-steps-summary]").textContent = word(count === 1 ? "usedOne" : "used", count);
    this.#fold.open = false;
  }
}

/** @param {HTMLElement} step @param {string} state */
function become(step, state) {
  step.dataset.state = state;
  showWhen(step, state);
}
