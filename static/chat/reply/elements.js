// Elements of the page: found, copied from a template, opened and folded; and the addresses that the page has.

const NO_ID = "00000000-0000-0000-0000-000000000000"; // stands for the real id in the page's addresses

/**
 * Finds what the templates are known to have.
 * @template {HTMLElement} T
 * @param {HTMLElement} root
 * @param {string} selector
 * @returns {T}
 */
export function find(root, selector) {
  return /** @type {T} */ (root.querySelector(selector));
}

/** What the page's words say, in its language. @param {string} name @param {string | number} value  where they have {} */
export function word(name, value = "") {
  return (find(document.body, "[data-words]").dataset[name] ?? "").replace("{}", () => String(value));
}

/** Says something to people who do not see it. @param {string} sentence */
export function announce(sentence) {
  find(document.body, "[data-announcer]").textContent = sentence;
}

/** Shows those lines that are for a state, and hides the others. @param {HTMLElement} root @param {string} state */
export function showWhen(root, state) {
  for (const line of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-when]"))) {
    line.hidden = line.dataset.when !== state;
  }
}

/**
 * Fills an id into an address that the page has as `data-`.
 * @param {HTMLElement} root
 * @param {string} name
 * @param {string} id
 */
export function address(root, name, id) {
  return (root.dataset[name] ?? "").replace(NO_ID, id);
}

/**
 * The templates' contents by name. They come after all messages: each is searched for only once.
 * @type {Map<string, HTMLElement>}
 */
const templates = new Map();

/** Copies what is in a template. @param {string} name @returns {HTMLElement} */
export function copyOf(name) {
  const element = templates.get(name) ?? inTemplate(name);
  templates.set(name, element);
  return /** @type {HTMLElement} */ (element.cloneNode(true));
}

/** @param {string} name @returns {HTMLElement} */
function inTemplate(name) {
  const template = /** @type {HTMLTemplateElement} */ (document.querySelector(`[data-template="${name}"]`));
  return /** @type {HTMLElement} */ (template.content.firstElementChild);
}

/** A <details> that the page opens and folds, until the person has done so: from then on only the person does. */
export class Fold {
  #details;
  #isThePersons = false;

  /** @param {HTMLDetailsElement} details */
  constructor(details) {
    this.#details = details;
    details.querySelector("summary")?.addEventListener("click", () => void (this.#isThePersons = true));
  }

  /** @param {boolean} open */
  set open(open) {
    if (!this.#isThePersons) this.#details.open = open;
  }
}
