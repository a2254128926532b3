// What a new branch of the conversation asks of the page, whatever begins it.

/**
 * Follows the first reply of a branch to its end, and then shows what the server knows of it: what is beside the messages,
 * and which reply is shown.
 * @param {import("./messages.js").Exchange} exchange
 * @param {import("./sender.js").Accepted} accepted
 * @param {string} text  of the question, if that is new
 * @param {import("./chat.js").Branching} page
 */
export async function begin(exchange, accepted, text, page) {
  const following = page.answer(exchange, accepted, text);
  const { dataset } = page.root;
  dataset.messageCount = ""; // not known from what is shown
  history.replaceState(null, "", `?leaf=${dataset.leaf}`); // a reload stays in the branch
  await following;
  await page.updates.now();
}
