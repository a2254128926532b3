// The messages on the page: put in, brought up to date, taken out.

import { copyOf, find } from "../reply/elements.js";
import { showTime } from "./times.js";

/** A question, and the article of its reply. @typedef {{ question: HTMLElement, article: HTMLElement }} Exchange */

/**
 * Adds a question after the other messages, which is on its way, and a place for its reply.
 * @param {HTMLElement} messages
 * @param {string} text
 * @returns {Exchange}
 */
export function appendExchange(messages, text) {
  const question = copyOf("user");
  const article = copyOf("assistant");
  find(question, "[data-text]").textContent = text;
  find(question, "[data-more]").hidden = text.length <= 2000 && text.split("\n").length <= 21;
  find(question, "[data-sending]").hidden = false;
  for (const message of [question, article]) showTime(message, new Date());
  article.dataset.status = "sending";
  messages.append(question, article);
  return { question, article };
}

/**
 * Removes a reply that another article shows now: the server had taken the message before, and its answer was lost.
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

/**
 * Shows the messages of a newer page. An article that is the same stays, with all that is folded or selected in it.
 * @param {Document} page
 * @param {HTMLElement} messages
 * @returns {HTMLElement[]} the articles that were put in
 */
export function showMessagesOf(page, messages) {
  const added = [];
  let place = messages.firstElementChild;
  for (const article of /** @type {NodeListOf<HTMLElement>} */ (page.querySelectorAll("[data-messages] > article"))) {
    const mine = shown(article, messages);
    if (mine) {
      while (place && place !== mine) place = removed(place);
      place = mine.nextElementSibling;
    } else {
      messages.insertBefore(document.adoptNode(article), place);
      added.push(article);
    }
  }
  while (place) place = removed(place);
  return added;
}

/**
 * Finds the article that shows the same.
 * @param {HTMLElement} article
 * @param {HTMLElement} messages
 * @returns {HTMLElement | null}
 */
function shown({ id, dataset: { status } }, messages) {
  const mine = document.getElementById(id);
  return mine && messages.contains(mine) && mine.dataset.status === status ? mine : null;
}

/** Removes an element. @param {Element} element @returns {Element | null} the one after it */
function removed(element) {
  const next = element.nextElementSibling;
  element.remove();
  return next;
}
