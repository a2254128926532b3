// The messages on the page: put in, brought up to date, taken out.

import { copyOf, find } from "../reply/elements.js";
import { showTime } from "./times.js";

/** A question, and the article of its reply. @typedef {{ question: HTMLElement, article: HTMLElement }} Exchange */

/**
 * Adds a question after the other messages, which is on its way, and a place for its reply.
 * @param {HTMLElement} messages
 * @param {string} text
 * @param {string} option  of the assistant's
 * @returns {Exchange}
 */
export function appendExchange(messages, text, option) {
  const question = copyOf("user");
  const article = copyOf("assistant");
  find(question, "[data-text]").textContent = text;
  find(question, "[data-more]").hidden = text.length <= 2000 && text.split("\n").length <= 21;
  find(question, "[data-sending]").hidden = false;
  for (const message of [question, article]) showTime(message, new Date());
  question.dataset.option = option;
  article.dataset.status = "sending";
  messages.append(question, article);
  return { question, article };
}

/** Names a question that the server has taken. @param {HTMLElement} question @param {string} id @param {string} editUrl */
export function named(question, id, editUrl) {
  find(question, "[data-sending]").hidden = true;
  question.id = `message-${id}`;
  const link = /** @type {HTMLAnchorElement} */ (find(question, "[data-edit]"));
  link.href = editUrl;
  link.hidden = false;
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
      const [old, now] = [mine, article].map((one) => find(one, "[data-siblings]"));
      if (!old.isEqualNode(now)) old.replaceWith(document.adoptNode(now));
    } else {
      messages.insertBefore(document.adoptNode(article), place);
      added.push(article);
    }
  }
  removeFrom(place);
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

/** Removes a message and all after it, which are in another branch. @param {Element | null} place */
export function removeFrom(place) {
  while (place) place = removed(place);
}

/** Removes an element. @param {Element} element @returns {Element | null} the one after it */
function removed(element) {
  const next = element.nextElementSibling;
  element.remove();
  return next;
}
