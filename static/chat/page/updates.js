// Brings the messages up to date with the server: another tab or another device may have written, and a reply may
// have ended while the connection was away. All else on the page stays as it is, a draft above all.

import { BackOff, answer } from "../../streaming/waiting.js";
import { address, find } from "../reply/elements.js";
import { showMessagesOf } from "./messages.js";

export class Updates {
  #root;
  #mayUpdate;
  #onArticle;
  #signal;
  #isStale = false;
  /** One request after the other, so that an older answer never comes last. */
  #last = Promise.resolve(true);
  #waiting = 0;
  #backOff;

  /**
   * @param {HTMLElement} root
   * @param {{ mayUpdate: () => boolean, onArticle: (article: HTMLElement) => void }} page  says whether its messages
   *   may change now, and takes new ones
   * @param {AbortSignal} signal
   */
  constructor(root, { mayUpdate, onArticle }, signal) {
    this.#root = root;
    this.#mayUpdate = mayUpdate;
    this.#onArticle = onArticle;
    this.#signal = signal;
    this.#backOff = new BackOff({ first: Number(root.dataset.retryMin), most: Number(root.dataset.retryMax) });
    addEventListener("online", () => this.#backOff.hurry(), { signal });
  }

  /** Looks whether there is anything new, as soon as the messages may change, if something has happened. */
  look({ happened = false } = {}) {
    this.#isStale ||= happened;
    this.#backOff.hurry();
    if (this.#isStale && !this.#waiting && this.#mayUpdate()) this.now();
  }

  /** Looks now. @returns {Promise<boolean>} whether there was anything new */
  now() {
    this.#isStale = false;
    this.#waiting += 1;
    this.#last = this.#last.catch(() => true).then(() => this.#update()).finally(() => {
      this.#waiting -= 1;
      this.look();
    });
    return this.#last;
  }

  async #update() {
    const { conversation = "", leaf } = this.#root.dataset;
    if (!conversation) return leave();
    const messages = find(this.#root, "[data-messages]");
    const newest = messages.lastElementChild;
    // Below what is asked last here: what is written in another branch does not take this one away.
    const page = await this.#newerPage(`${address(this.#root, "conversationUrl", conversation)}?leaf=${leaf}`, messages);
    if (!page) return false;
    const isNewer = newest === messages.lastElementChild && this.#mayUpdate();
    if (isNewer) this.#show(page, messages);
    else this.#isStale = true; // a message was sent from here meanwhile
    return true;
  }

  /** @param {Document} page @param {HTMLElement} messages */
  #show(page, messages) {
    const { messageCount } = find(page.body, "[data-message-count]").dataset;
    this.#root.dataset.messageCount = messageCount;
    for (const part of ["[data-earlier]", "[data-queue]"]) {
      find(this.#root, part).replaceWith(document.adoptNode(find(page.body, part)));
    }
    for (const article of showMessagesOf(page, messages)) this.#onArticle(article);
  }

  /**
   * Fetches the conversation's page, if it has other messages than those that are shown.
   * @param {string} url
   * @param {HTMLElement} messages
   * @returns {Promise<Document | null>}
   */
  async #newerPage(url, messages) {
    const { message, status } = /** @type {HTMLElement | null} */ (messages.lastElementChild)?.dataset ?? {};
    const { version = "" } = find(this.#root, "[data-queue]").dataset;
    const tag = `"${message}-${status}-${this.#root.dataset.messageCount}-${document.documentElement.lang}${version}"`;
    const headers = { Accept: "text/html", "If-None-Match": tag };
    const limits = { within: Number(this.#root.dataset.answerWithin), signal: this.#signal };
    this.#backOff.restart();
    while (!this.#signal.aborted) {
      try {
        const response = await answer(url, { headers, cache: "no-store" }, limits);
        if (response.status === 304) return null;
        const isThere = response.ok && !response.redirected;
        if (isThere) return new DOMParser().parseFromString(await response.text(), "text/html");
        if (response.status < 500 && response.status !== 429) return leave();
      } catch {
        // Only the network fails here.
      }
      await this.#backOff.pause(this.#signal);
    }
    return new Promise(() => {}); // the page is being left
  }
}

/**
 * Loads the page again: signed out, say, or the conversation was deleted, the server has one that says so.
 * @returns {Promise<never>}
 */
function leave() {
  location.reload();
  return new Promise(() => {});
}

/** Tells the other tabs of this browser which conversation has changed, and hears it from them. */
export class Tabs {
  #channel = new BroadcastChannel("conversations");

  /** @param {(conversation: string) => void} onChange @param {AbortSignal} signal */
  constructor(onChange, signal) {
    this.#channel.addEventListener("message", ({ data }) => onChange(data), { signal });
    signal.addEventListener("abort", () => this.#channel.close());
  }

  /** @param {string} conversation  that has other messages now */
  tell(conversation) {
    this.#channel.postMessage(conversation);
  }
}
