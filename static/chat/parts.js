// The parts of the page, and the addresses that it carries in its data- attributes.

const NIL = "00000000-0000-0000-0000-000000000000"; // stands for the real id in an address

/** @template {HTMLElement} T @param {HTMLElement} root @param {string} selector @returns {T} */
export function find(root, selector) {
  return /** @type {T} */ (root.querySelector(selector));
}

/** A new copy of what is in a template. @param {string} name @returns {HTMLElement} */
export function copyOf(name) {
  const template = /** @type {HTMLTemplateElement} */ (document.querySelector(`[data-template="${name}"]`));
  return /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
}

/** @param {HTMLElement} root @param {string} name  of the data attribute @param {string} id */
export function address(root, name, id) {
  return (root.dataset[name] ?? "").replace(NIL, id);
}
