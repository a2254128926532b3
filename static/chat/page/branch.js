// What a new branch of the conversation asks of the page, whatever begins it.

/**
 * @typedef {import("./messages.js").Exchange} Exchange
 * @typedef {import("./sender.js").Accepted} Accepted
 */

/** What the page lets those do whom it loads when they are asked for.
 * @typedef {object} Branching
 * @property {HTMLElement} root
 * @property {import("./phase.js").Phase} phase
 * @property {import("./notice.js").Notice} notice
 * @property {import("./sender.js").Sender} sender
 * @property {import("./composer.js").Composer} composer
 * @property {import("./updates.js").Updates} updates
 * @property {(text: string, option: string) => Exchange} append
 * @property {(exchange: Exchange, accepted: Accepted, text: string) => Promise<void>} answer
 */

/** Adds the model that is chosen in the bar, where there is a choice. @param {FormData} data */
export function withModel(data) {
  const choice = /** @type {HTMLSelectElement | null} */ (document.querySelector("[data-model-choice]"));
  if (choice) data.set("model", choice.value);
  return data;
}

/**
 * Follows the first reply of a branch to its end, and then shows what the server knows of it: what is beside the messages,
 * and which reply is shown.
 * @param {Exchange} exchange
 * @param {Accepted} accepted
 * @param {string} text  of the question, if that is new
 * @param {Branching} page
 */
export async function begin(exchange, accepted, text, page) {
  const following = page.answer(exchange, accepted, text);
  const { dataset } = page.root;
  dataset.messageCount = ""; // not known from what is shown
  history.replaceState(null, "", `?leaf=${dataset.leaf}`); // a reload stays in the branch
  await following;
  await page.updates.now();
}
