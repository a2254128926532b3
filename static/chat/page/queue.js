// Messages that wait for the end of a reply: sent there, changed, removed, sent now. Loaded when there are some, or when
// somebody writes while a reply is written. What waits is kept and sent by the server; here it is shown.

import { BackOff, answer, pause } from "../../streaming/waiting.js";
import { address, announce, copyOf, find } from "../reply/elements.js";
import { onKey } from "./edit.js";
import { Refused, postForJson } from "./requests.js";

/** What the page lets the queue do.
 * @typedef {import("./branch.js").Branching & { tabs: import("./updates.js").Tabs }} Page
 */

export class Queue {
  #page;
  #signal;
  /** One request after the other. */ #last = Promise.resolve();
  #isLooking = false;

  /** @param {Page} page @param {AbortSignal} signal */
  constructor(page, signal) {
    this.#page = page;
    this.#signal = signal;
    page.root.addEventListener("submit", (event) => this.#onSubmit(event), { signal });
    page.root.addEventListener("click", (event) => this.#onClick(event), { signal });
    page.phase.watch(() => this.#look(), signal);
    this.#look();
  }

  /**
   * Sends what was taken out of the box. It is put back there if the server does not take it.
   * @param {string} action
   * @param {FormData} data
   */
  send(action, data) {
    return (this.#last = this.#last.catch(reportError).then(() => this.#send(action, data)));
  }

  /** @param {string} action @param {FormData} data */
  async #send(action, data) {
    const { root, composer, phase } = this.#page;
    // Until its first reply begins a new conversation has no name.
    while (!this.#conversation && !phase.isIdle) await pause(50, this.#signal);
    data.set("conversation", this.#conversation);
    const newest = /** @type {HTMLElement} */ (find(root, "[data-messages]").lastElementChild);
    data.set("leaf", newest.dataset.message || (root.dataset.leaf ?? ""));
    data.set("wait", "1");
    const response = await this.#ask(action, data);
    if (!response) return composer.putBack();
    composer.accepted(); // the next one has another key
    await this.#changed();
  }

  /** Shows what waits by now. */
  async refresh() {
    const url = `${address(this.#page.root, "conversationUrl", this.#conversation)}waiting/`;
    const response = await answer(url, { headers: { Accept: "text/html" }, cache: "no-store" }, this.#limits);
    if (!response.ok) return;
    const now = new DOMParser().parseFromString(await response.text(), "text/html");
    const hadFocus = this.#element.contains(document.activeElement);
    this.#element.replaceWith(document.adoptNode(find(now.body, "[data-queue]")));
    if (hadFocus) this.#page.composer.focus();
  }

  /** Something was changed here: shows it, and lets the other tabs show it. */
  async #changed() {
    this.#page.tabs.tell(`waiting ${this.#conversation}`);
    await this.refresh().catch(reportError);
    const said = this.#element.querySelector("p");
    if (said) announce(said.textContent ?? "");
    if (this.#page.phase.isIdle) this.#page.updates.look({ happened: true }); // it may have been sent at once
    this.#look();
  }

  /** Posts a form's fields, and says why if they are refused. @param {string} url @param {FormData} data */
  async #ask(url, data) {
    this.#page.notice.show(null);
    try {
      return await postForJson(url, data, this.#limits);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#page.notice.show({ message: error.message, retryAfter: 0, retry: null });
      return null;
    }
  }

  /** @param {SubmitEvent} event  of a form beside a message that waits */
  async #onSubmit(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!form.closest("[data-queue]")) return;
    event.preventDefault();
    await this.#ask(form.action, new FormData(form));
    await this.#changed(); // also if it was refused: it may have been sent
  }

  /** Opens a form with a message that waits. @param {MouseEvent} event */
  #onClick(event) {
    const target = /** @type {Element} */ (event.target);
    const link = /** @type {HTMLAnchorElement | null} */ (target.closest("[data-queue] [data-edit]"));
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const dialog = document.createElement("dialog");
    dialog.className = "waiting-dialog card";
    const form = /** @type {HTMLFormElement} */ (copyOf("waiting"));
    const box = /** @type {HTMLTextAreaElement} */ (find(form, "textarea"));
    form.action = link.href;
    box.value = find(/** @type {HTMLElement} */ (link.closest("[data-waiting]")), "[data-text]").textContent ?? "";
    dialog.append(form);
    box.addEventListener("keydown", (event) => onKey(event, () => dialog.close()));
    dialog.addEventListener("keydown", (event) => event.key === "Escape" && event.stopPropagation()); // stops no reply
    dialog.addEventListener("close", () => dialog.remove());
    find(form, "[data-cancel]").addEventListener("click", () => dialog.close());
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (await this.#ask(form.action, new FormData(form))) dialog.close();
      await this.#changed();
    });
    this.#page.root.append(dialog);
    dialog.showModal();
  }

  /** Looks, once no reply is written, until what is about to be sent is. It may be sent before the page has asked. */
  async #look() {
    const { phase, updates } = this.#page;
    if (this.#isLooking || !phase.isIdle || this.#element.hidden) return;
    this.#isLooking = true;
    const { retryMin, retryMax } = this.#page.root.dataset;
    const backOff = new BackOff({ first: Number(retryMin) / 2, most: Number(retryMax) });
    while (phase.isIdle && !this.#signal.aborted) {
      if (document.hidden) {
        updates.look({ happened: true }); // as soon as it is shown
        break;
      }
      await updates.now();
      if (!phase.isIdle || !("goesOn" in this.#element.dataset)) break;
      await backOff.pause(this.#signal);
    }
    this.#isLooking = false;
  }

  get #element() {
    return find(this.#page.root, "[data-queue]");
  }

  get #conversation() {
    return this.#page.root.dataset.conversation ?? "";
  }

  get #limits() {
    return { within: Number(this.#page.root.dataset.answerWithin), signal: this.#signal };
  }
}
