// A JSON value on the page, brought up to date by touching only what has changed (templates/chat/value.html).

import { copyOf, find } from "./elements.js";
import { fieldLabel, kindOf, plainText } from "./json_values.js";

/** @typedef {any} Json */
/** What is on the page for one value. @typedef {{ element: HTMLElement, update: (value: Json) => void }} View */

/** The one place of a value: in an output, a field or a list. */
export class Place {
  /** @type {"object" | "list" | "text" | null} */ #kind = null;
  /** @type {View | null} */ #view = null;
  /** @type {Json} */ #value;
  #container;
  #levels;

  /** @param {HTMLElement} container  empty @param {number} levels  of objects and lists; what is deeper is JSON text */
  constructor(container, levels) {
    this.#container = container;
    this.#levels = levels;
  }

  /** Shows a value. The same object as before has not changed: patches change nothing in place. @param {Json} value */
  show(value) {
    if (this.#view && value === this.#value) return;
    this.#value = value;
    const kind = kindOf(value, this.#levels);
    if (!this.#view || kind !== this.#kind) {
      this.#kind = kind;
      this.#view = new { object: Fields, list: Items, text: Value }[kind](this.#levels - 1);
      this.#container.replaceChildren(this.#view.element);
    }
    this.#view.update(value);
  }
}

/** An object: its entries by name. */
class Fields {
  element = copyOf("fields");
  /** @type {Map<string, { row: HTMLElement, place: Place }>} */ #rows = new Map();
  #levels;

  /** @param {number} levels */
  constructor(levels) {
    this.#levels = levels;
  }

  /** @param {Json} value */
  update(value) {
    for (const [name, { row }] of this.#rows) {
      if (Object.hasOwn(value, name)) continue;
      row.remove();
      this.#rows.delete(name);
    }
    for (const [at, [name, entry]] of Object.entries(value).entries()) {
      const { row, place } = this.#rows.get(name) ?? this.#begin(name);
      if (this.element.children[at] !== row) this.element.insertBefore(row, this.element.children[at] ?? null);
      place.show(entry);
    }
  }

  /** @param {string} name */
  #begin(name) {
    const row = copyOf("field");
    find(row, "dt").textContent = fieldLabel(name);
    const begun = { row, place: new Place(find(row, "dd"), this.#levels) };
    this.#rows.set(name, begun);
    return begun;
  }
}

/** A list: its entries in their order. */
class Items {
  element = copyOf("items");
  /** @type {Place[]} */ #places = [];
  #levels;

  /** @param {number} levels */
  constructor(levels) {
    this.#levels = levels;
  }

  /** @param {Json} value */
  update(value) {
    for (const _ of this.#places.splice(value.length)) this.element.lastElementChild?.remove();
    for (const [at, entry] of value.entries()) {
      if (at === this.#places.length) {
        const item = document.createElement("li");
        this.element.append(item);
        this.#places.push(new Place(item, this.#levels));
      }
      this.#places[at].show(entry);
    }
  }
}

/** Text, a number, a truth value or nothing. Text that grows is appended to, so that a selection in it stays. */
class Value {
  element = copyOf("value");
  #node = new Text();

  constructor() {
    this.element.append(this.#node);
  }

  /** @param {Json} value */
  update(value) {
    const text = plainText(value);
    if (text.startsWith(this.#node.data)) this.#node.appendData(text.slice(this.#node.length));
    else this.#node.data = text;
  }
}
