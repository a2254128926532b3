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
  /** The text of the reply, which is JSON or is not. */
  #source;
  #value = null;
  #began = false;

  /** @param {HTMLElement} article */
  constructor(article) {
    this.#element = find(article, "[data-output]");
    this.#details = find(article, "[data-json]");
    const json = find(article, "[data-json-text]");
    this.#node.data = json.textContent ?? "";
    json.replaceChildren(this.#node);
    const places = [json, find(article, "[data-body]"), find(article, "[data-tail]")];
    this.#source = places.map((place) => place.textContent).join("");
    const { value } = this.#element.dataset; // what patches go on from: the reply is running
    if (value === undefined) return;
    delete this.#element.dataset.value;
    this.#value = JSON.parse(value);
    this.#began = true;
  }

  /** Tells whether the reply's text is shown here, because fields are read from it. */
  get isJson() {
    return this.#began && LOOKS_LIKE_JSON.test(this.#source);
  }

  /** @param {import("../../streaming/events.js").Operation[]} patch */
  patch(patch) {
    this.#value = applyPatch(this.#value, patch);
    this.#began = true;
  }

  /** Adds a piece of the reply's text. @param {string} text */
  add(text) {
    this.#source += text;
  }

  draw() {
    if (!this.#began) return;
    this.#place ??= this.#begin();
    const shown = isWorthShowing(this.#value);
    if (shown) this.#place.show(this.#value);
    this.#element.hidden = !shown;
    if (!this.isJson) return;
    this.#details.hidden = false;
    this.#node.appendData(this.#source.slice(this.#node.length));
  }

  #begin() {
    this.#element.replaceChildren();
    return new Place(this.#element, Number(this.#element.dataset.deepest));
  }
}
