// The only script that the page names.

import { Chat } from "./page/chat.js";
import { closeable } from "./page/conversations.js";

const root = document.querySelector("[data-chat]");
if (root instanceof HTMLElement) begin(root);

/** @param {HTMLElement} root */
function begin(root) {
  const leaving = new AbortController();
  new Chat(root, leaving.signal);
  const drawer = root.querySelector("[data-drawer]");
  letThemesBeChosen(leaving.signal);
  letTextBeQuoted(root, leaving.signal);
  import("./page/live_list.js").then(({ keepListLive }) => keepListLive(root, leaving.signal), () => {});
  if (drawer instanceof HTMLDetailsElement) closeable(drawer, leaving.signal);
  const { worker } = root.dataset;
  if (worker) addEventListener("load", () => navigator.serviceWorker?.register(worker).catch(() => {}));
  addEventListener("pagehide", () => leaving.abort());
  // Back from the browser's cache the page is a still of what it was: let the server show what has happened since.
  addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
}

/** From the first selection on. @param {HTMLElement} root @param {AbortSignal} signal */
function letTextBeQuoted(root, signal) {
  const onChange = () => {
    if (getSelection()?.isCollapsed !== false) return;
    document.removeEventListener("selectionchange", onChange);
    import("./page/quote.js").then(({ offerQuotes }) => offerQuotes(root, signal), () => {});
  };
  document.addEventListener("selectionchange", onChange, { signal });
}

/** There are two switches: one at the side, and one that folds away on a phone. @param {AbortSignal} signal */
function letThemesBeChosen(signal) {
  const switches = /** @type {NodeListOf<HTMLSelectElement>} */ (document.querySelectorAll("[data-theme-switch]"));
  for (const select of switches) {
    /** @type {HTMLElement} */ (select.parentElement).hidden = false;
    const onChange = () => import("./page/theme.js").then(({ choose }) => choose(select.value, switches));
    select.addEventListener("change", onChange, { signal });
  }
}
