// What a person thinks of a reply: one press keeps it, a second one takes it back.

import { address, announce, find } from "../reply/elements.js";

/** @param {HTMLFormElement} form @param {HTMLButtonElement} pressed @param {HTMLElement} root */
export async function think(form, pressed, root) {
  if (form.ariaBusy) return;
  const { message = "" } = /** @type {HTMLElement} */ (form.closest("article")).dataset;
  const isTakenBack = pressed.ariaPressed === "true";
  const data = new URLSearchParams(/** @type {[string, string][]} */ ([...new FormData(form, pressed)]));
  const url = address(root, "opinionUrl", message) + (isTakenBack ? "forget/" : "");
  form.ariaBusy = "true";
  const request = { method: "POST", headers: { Accept: "application/json" }, body: data };
  const isKept = await fetch(url, request).then(({ ok }) => ok, () => false);
  form.ariaBusy = null;
  const { kept = "", forgotten = "", failed = "" } = form.dataset;
  announce(!isKept ? failed : isTakenBack ? forgotten : kept);
  if (!isKept) return;
  for (const button of form.querySelectorAll("button")) {
    button.ariaPressed = String(button === pressed && !isTakenBack);
    button.removeAttribute("formaction");
  }
  find(form, "[data-why]").hidden = isTakenBack;
}
