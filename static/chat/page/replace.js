// Another reply in the place of one: a new one, or one that goes on where that stopped. Those before are kept beside it.

import { address, copyOf, word } from "../reply/elements.js";
import { said } from "../reply/ending.js";
import { begin, withModel } from "./branch.js";
import { removeFrom } from "./messages.js";
import { showTime } from "./times.js";

/** @param {HTMLFormElement} form  Regenerate, or Continue @param {import("./branch.js").Branching} page */
export async function replace(form, page) {
  const old = /** @type {HTMLElement} */ (form.closest("article"));
  const name = form.matches("[data-continue]") ? "continueUrl" : "regenerateUrl";
  const url = address(page.root, name, old.dataset.message ?? "");
  const data = withModel(new FormData(form));
  const accepted = await page.sender.ask(url, data, () => replace(form, page));
  if (!accepted) return;
  if (accepted.response.redirected) return location.assign(accepted.response.url);
  const article = copyOf("assistant");
  showTime(article, new Date());
  removeFrom(old.nextElementSibling);
  const question = /** @type {HTMLElement} */ (old.previousElementSibling);
  old.replaceWith(article);
  page.composer.focus();
  await begin({ question, article }, accepted, "", page);
  if (article.isConnected) return;
  // The server shows a finished one in place of one that failed or was stopped.
  page.notice.show({ message: word("kept", said(article)), retryAfter: 0, retry: null });
}
