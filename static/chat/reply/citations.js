// Citations in a reply's text, "[1]" or "[1, 3]", as links to the sources of these numbers.

import { word } from "./elements.js";

/** @typedef {{ count: number, id: (number: number) => string }} Numbered */

const CITATION = /\[\d{1,3}(?:\s*,\s*\d{1,3})*\]/g;
const NUMBER = /\[?\d+\]?/g; // with its bracket: more to hit with a thumb
const NOT_IN = "a, code, pre, [data-control]";

/**
 * Makes links of the citations in rendered text. Numbers that no source has stay text.
 * @param {ParentNode & Node} root
 * @param {Numbered} sources
 */
export function linkCitations(root, sources) {
  if (!sources.count) return;
  for (const node of textNodes(root)) {
    const pieces = [...linked(node.data, sources)];
    if (pieces.length) node.replaceWith(...pieces);
  }
}

/** @param {Node} root @returns {Text[]} */
function textNodes(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const node = /** @type {Text} */ (walker.currentNode);
    if (node.data.includes("[") && !node.parentElement?.closest(NOT_IN)) found.push(node);
  }
  return found;
}

/** Yields the text in pieces, if it cites anything. @param {string} text @param {Numbered} sources */
function* linked(text, sources) {
  let from = 0;
  for (const citation of text.matchAll(CITATION)) {
    for (const number of citation[0].matchAll(NUMBER)) {
      const at = citation.index + number.index;
      const cited = Number.parseInt(number[0].replace("[", ""), 10);
      if (cited < 1 || cited > sources.count) continue;
      yield text.slice(from, at);
      yield link(number[0], sources.id(cited), cited);
      from = at + number[0].length;
    }
  }
  if (from && from < text.length) yield text.slice(from);
}

/** @param {string} text @param {string} id @param {number} number @returns {HTMLAnchorElement} */
function link(text, id, number) {
  const anchor = document.createElement("a");
  anchor.className = "citation";
  anchor.href = `#${id}`;
  anchor.dataset.citation = id;
  anchor.setAttribute("aria-label", word("source", number));
  anchor.textContent = text;
  return anchor;
}
