// Puts a list of conversations that the server has made in the place of the one on the page. Rows that stay are the same
// elements, so that the focus stays on them, and only what differs in them is changed.

import { announce, find } from "../reply/elements.js";

/** @param {string} html  the groups */
export function showList(html) {
  const news = new Set();
  // There are two lists: the one at the side, and the one that folds away on a phone.
  for (const list of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-groups]"))) {
    const focused = document.activeElement;
    const place = placeOf(focused, list);
    const { body } = new DOMParser().parseFromString(html, "text/html");
    for (const title of showGroups(list, body)) news.add(title);
    if (document.activeElement !== focused) place?.().focus({ preventScroll: true });
  }
  if (news.size && document.hasFocus()) announce([...news].join(". "));
}

/** @param {Element | null} focused @param {HTMLElement} list @returns {(() => HTMLElement) | null} finds it again */
function placeOf(focused, list) {
  const row = list.contains(focused) ? focused?.closest("li") : null;
  if (!row) return null;
  const at = [...row.querySelectorAll("a")].indexOf(/** @type {HTMLAnchorElement} */ (focused));
  return () => (row.isConnected ? row : list).querySelectorAll("a")[Math.max(at, 0)] ?? list;
}

/** @param {HTMLElement} list @param {HTMLElement} fresh @returns {Iterable<string>} which of them have something new */
function* showGroups(list, fresh) {
  const groups = new Map([...list.children].map((group) => [nameOf(group), group]));
  const rows = new Map([...list.querySelectorAll("li")].map((row) => [addressOf(row), row]));
  const shown = [];
  for (const group of fresh.children) {
    const mine = groups.get(nameOf(group)) ?? group;
    const theirs = [...group.querySelectorAll("li")];
    for (const row of theirs) yield* showRow(row, rows);
    put(theirs.map((row) => rows.get(addressOf(row)) ?? row), find(/** @type {HTMLElement} */ (mine), "ul"));
    shown.push(mine);
  }
  put(shown, list);
}

/**
 * Brings a row up to date.
 * @param {HTMLElement} row  as the server has it
 * @param {Map<string, HTMLElement>} rows  those of the page
 * @returns {Iterable<string>} its title, if there is something new in it
 */
function* showRow(row, rows) {
  const fresh = /** @type {HTMLAnchorElement} */ (find(row, "a"));
  const isShown = fresh.pathname === location.pathname;
  if (isShown) showCurrent(fresh);
  const mine = rows.get(addressOf(row));
  const link = mine && find(mine, "a");
  if (fresh.querySelector("[data-news]") && !link?.querySelector("[data-news]")) yield fresh.textContent ?? "";
  if (!link || link.isEqualNode(fresh)) return;
  link.toggleAttribute("aria-current", isShown);
  if (isShown) link.ariaCurrent = "page";
  link.replaceChildren(...fresh.childNodes);
}

/** Marks the conversation of this page, whose title is the page's. @param {HTMLAnchorElement} link */
function showCurrent(link) {
  link.ariaCurrent = "page";
  link.querySelector("[data-news]")?.remove(); // it can be seen here
  const title = link.firstChild?.textContent?.trim() ?? "";
  const heading = find(document.body, "[data-title]");
  if (heading.textContent === title) return;
  heading.textContent = title;
  document.title = document.title.replace(/^(● )?.*(?= · )/, (_, sign = "") => sign + title);
}

/** @param {Element[]} children @param {Element} parent */
function put(children, parent) {
  const isSame = children.length === parent.children.length && children.every((one, at) => one === parent.children[at]);
  if (!isSame) parent.replaceChildren(...children);
}

/** @param {Element} group */
const nameOf = (group) => group.querySelector("ul")?.ariaLabel ?? "";

/** @param {HTMLElement} row */
const addressOf = (row) => /** @type {HTMLAnchorElement} */ (find(row, "a")).pathname;
