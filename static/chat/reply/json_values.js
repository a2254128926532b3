// JSON values as the page shows them, to the letter as the server does (chatsite/chat/templatetags/json_values.py).

/** @typedef {any} Json */

/**
 * Says how a value is shown.
 * @param {Json} value
 * @param {number} levels  0: as text
 * @returns {"object" | "list" | "text"}
 */
export function kindOf(value, levels) {
  if (levels <= 0 || typeof value !== "object" || value === null) return "text";
  return Array.isArray(value) ? "list" : "object";
}

/** Makes a name for people of the name of a field. @param {string} name */
export function fieldLabel(name) {
  return name.replaceAll("_", " ");
}

/** Tells whether there is anything in it. @param {Json} value */
export function isWorthShowing(value) {
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return value !== null && value !== "";
}

/** Gives text as it is, nothing for null, and any other value as JSON. @param {Json} value @returns {string} */
export function plainText(value) {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
