// A structured reply: fields that fill in as patches come, and folded, the JSON that they are read from.

import { applyPatch } from "../../streaming/json_patch.js";
import { find } from "./elements.js";
import { Place } from "./fields.js";
import { isWorthShowing } from "./json_values.js";

// As the server has it.
const LOOKS_LIKE_JSON = /^\s*(?:```\w*\s*)?[{[]/;

export class Output {
  #element;
  #details;
  /** @type {Place | null} */ #place = null;
  #node = new Text();
  #value = null;

  /** @param {HTMLElement} article */
  constructor(article) {
    this.#element = find(article, "[data-output]");
    this.#details = find(article, "[data-json]");
    const json = find(article, "[data-json-text]");
    this.#node.data = json.textContent ?? "";
    json.replaceChildren(this.#node);
    const { value } = this.#element.dataset; // what patches go on from: the reply is running
    if (value !== undefined) this.#value = JSON.parse(value);
    delete this.#element.dataset.value;
  }

  /** @param {import("../../streaming/events.js").Operation[]} patch */
  patch(patch) {
    this.#value = applyPatch(this.#value, patch);
  }

  /**
   * Shows the fields.
   * @param {string} text  of the reply so far
   * @returns {boolean} whether the text is shown here as well, because the fields are read from it
   */
  draw(text) {
    this.#place ??= this.#begin();
    const shown = isWorthShowing(this.#value);
    if (shown) this.#place.show(this.#value);
    this.#element.hidden = !shown;
    if (!LOOKS_LIKE_JSON.test(text)) return false;
    this.#details.hidden = false;
    this.#node.appendData(text.slice(this.#node.length));
    return true;
  }

  #begin() {
    this.#element.replaceChildren();
    return new Place(this.#element, Number(this.#element.dataset.deepest));
  }
}
