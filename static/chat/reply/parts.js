// The parts of the page, and the addresses that it carries in its data- attributes.

const NIL = "00000000-0000-0000-0000-000000000000"; // stands for the real id in an address

/** @template {HTMLElement} T @param {HTMLElement} root @param {string} selector @returns {T} */
export function find(root, selector) {
  return /** @type {T} */ (root.querySelector(selector));
}

/** By their names. They come after all messages, so each is looked for only once. @type {Map<string, HTMLElement>} */
const templates = new Map();

/** A new copy of what is in a template. @param {string} name @returns {HTMLElement} */
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

/** @param {HTMLElement} root @param {string} name  of the data attribute @param {string} id */
export function address(root, name, id) {
  return (root.dataset[name] ?? "").replace(NIL, id);
}
