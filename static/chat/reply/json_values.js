// JSON values as the page shows them, to the letter as the server does (chatsite/chat/templatetags/json_values.py).

/** @typedef {any} Json */

/** Lists in lists in lists: what is deeper is shown as JSON text. */
const DEEPEST = 8;

/** How a value is shown. @param {Json} value @param {number} depth @returns {"object" | "list" | "text"} */
export function kindOf(value, depth) {
  if (depth >= DEEPEST || typeof value !== "object" || value === null) return "text";
  return Array.isArray(value) ? "list" : "object";
}

/** The name of a field for people. @param {string} name */
export function fieldLabel(name) {
  return name.replaceAll("_", " ");
}

/** Whether there is anything in it. @param {Json} value */
export function isWorthShowing(value) {
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return value !== null && value !== "";
}

/** Text as it is, nothing for null, and any other value as JSON. @param {Json} value @returns {string} */
export function plainText(value) {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
