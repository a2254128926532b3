// A question and its reply on the page.

import { copyOf, find } from "../reply/parts.js";

/**
 * Put a question after the other messages, and the place of its reply.
 * @param {HTMLElement} messages
 * @param {string} text
 * @returns {HTMLElement} the article of the reply
 */
export function appendExchange(messages, text) {
  const question = copyOf("user");
  find(question, "[data-text]").textContent = text;
  const article = copyOf("assistant");
  messages.append(question, article);
  return article;
}

/**
 * Take away a reply that is now shown by another article: what was sent had arrived before, without the page's knowing.
 * @param {string} message
 * @param {HTMLElement} article  the other one
 * @param {{ withQuestion: boolean }} options
 */
export function removeEarlier(message, article, { withQuestion }) {
  const earlier = document.getElementById(`message-${message}`);
  if (!earlier || earlier === article) return;
  if (withQuestion) earlier.previousElementSibling?.remove();
  earlier.remove();
}
