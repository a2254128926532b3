// When messages were written, as it is said where their reader is: the server does not know the time there.

import { find } from "../reply/elements.js";

/** @param {HTMLElement} article @param {Date} [now]  of a message that is written now */
export function showTime(article, now) {
  const time = /** @type {HTMLTimeElement} */ (find(article, "[data-time]"));
  if (now) time.dateTime = now.toISOString();
  const written = new Date(time.dateTime);
  // The page's language, as it is said where the reader is: British English, say.
  const { lang } = document.documentElement;
  const spoken = navigator.languages.find((each) => each.slice(0, 2) === lang.slice(0, 2)) ?? lang;
  const dateStyle = written.toDateString() === new Date().toDateString() ? undefined : "medium";
  time.textContent = written.toLocaleString(spoken, { dateStyle, timeStyle: "short" });
  time.title = written.toLocaleString(spoken, { dateStyle: "full", timeStyle: "short" });
}
