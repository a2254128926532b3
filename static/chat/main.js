// The only script that the page names.

import { Chat } from "./page/chat.js";
import { closeable } from "./page/conversations.js";
import { themeSwitches } from "./page/theme.js";

const root = document.querySelector("[data-chat]");
if (root instanceof HTMLElement) begin(root);

/** @param {HTMLElement} root */
function begin(root) {
  const leaving = new AbortController();
  new Chat(root, leaving.signal);
  const drawer = root.querySelector("[data-drawer]");
  themeSwitches(document.querySelectorAll("[data-theme-switch]"), leaving.signal);
  if (drawer instanceof HTMLDetailsElement) closeable(drawer, leaving.signal);
  addEventListener("pagehide", () => leaving.abort());
  // Back from the browser's cache the page is a still of what it was: let the server show what has happened since.
  addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
}
