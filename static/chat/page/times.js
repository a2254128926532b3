// When messages were written, as it is said where their reader is: the server knows neither the time there nor the
// language.

import { find } from "../reply/elements.js";

/** @param {HTMLElement} article @param {Date} [now]  of a message that is written now */
export function showTime(article, now) {
  const time = /** @type {HTMLTimeElement} */ (find(article, "[data-time]"));
  if (now) time.dateTime = now.toISOString();
  const written = new Date(time.dateTime);
  const dateStyle = written.toDateString() === new Date().toDateString() ? undefined : "medium";
  time.textContent = written.toLocaleString([], { dateStyle, timeStyle: "short" });
  time.title = written.toLocaleString([], { dateStyle: "full", timeStyle: "short" });
}
