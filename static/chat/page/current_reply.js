// The reply that is being written: followed to its end, or stopped. There is one at a time.

import { find } from "../reply/elements.js";
import { followReply } from "./live.js";
import { address } from "./requests.js";

/**
 * @typedef {import("../reply/reply.js").Reply} Reply
 * @typedef {import("./sender.js").Accepted} Accepted
 * @typedef {{ conversation: string, message: string }} Start
 */

/** What has to be kept in step with it.
 * @typedef {object} Parts
 * @property {import("./composer.js").Composer} composer
 * @property {import("./sender.js").Outbox} outbox
 * @property {import("./visibility.js").Attention} attention
 * @property {import("./updates.js").Updates} updates
 */

export class Following {
  #root;
  #composer;
  #outbox;
  #attention;
  #updates;
  #signal;
  /** @type {Reply | null} */ #reply = null;

  /** @param {HTMLElement} root @param {Parts} parts @param {AbortSignal} signal */
  constructor(root, { composer, outbox, attention, updates }, signal) {
    this.#root = root;
    this.#composer = composer;
    this.#outbox = outbox;
    this.#attention = attention;
    this.#updates = updates;
    this.#signal = signal;
  }

  /**
   * Follow a reply, until it has ended or the page cannot go on with it.
   * @param {Reply} reply
   * @param {Accepted | null} accepted  the request that has started it, if that was made here
   * @param {(start: Start) => void} [onStart]
   */
  async follow(reply, accepted, onStart = () => {}) {
    this.#reply = reply;
    this.#composer.state = "running";
    const onEvent = (/** @type {import("../run/sse.js").ServerEvent} */ event) => this.#onEvent(reply, event, onStart);
    const page = { root: this.#root, attention: this.#attention, onEvent, again: accepted?.again ?? null };
    const following = followReply(reply, accepted?.response ?? null, page, this.#signal);
    const outcome = await following.catch((error) => this.#failed(error));
    if (outcome === "leaving") return;
    this.#reply = null;
    this.#composer.state = "idle";
    if (outcome === "failed") return;
    // The server knows how a reply ended that was lost on the way. (Of a page fresh from it there is nothing new.)
    if (outcome !== "ended" && !(await this.#updates.now())) {
      this.#announce(reply.end({ status: "interrupted", finish_reason: null, error: null }));
    }
    this.#updates.look();
  }

  /** Ask for its end. Until its first event it has no name that the server would know: the wish is kept. */
  stop() {
    this.#composer.state = "stopping";
    this.#announce("Stopping.");
    if (this.#reply?.run) this.#outbox.stop(address(this.#root, "stopUrl", this.#reply.run));
  }

  /** @param {Reply} reply @param {import("../run/sse.js").ServerEvent} event @param {(start: Start) => void} onStart */
  #onEvent(reply, { type, data, id }, onStart) {
    const content = JSON.parse(data);
    if (type === "end") this.#announce(reply.end(content));
    else if (type === "start") this.#begin(reply, content, onStart);
    else reply.take(type, content);
    if (id) reply.after = Number(id); // a block has none, and repeats the one before
  }

  /** @param {Reply} reply @param {any} start @param {(start: Start) => void} onStart */
  #begin(reply, start, onStart) {
    const isUnwanted = !reply.run && this.#composer.state === "stopping";
    onStart(start);
    reply.take("start", start);
    this.#announce("The reply has begun.");
    if (isUnwanted) this.stop();
  }

  /**
   * A fault of the page's own. The server has the reply; a page that loaded it again by itself might never end.
   * @param {unknown} error
   */
  #failed(error) {
    reportError(error);
    const message = "The page could not show the reply. Retry loads it again.";
    this.#composer.notice({ message, retryAfter: 0, retry: () => location.reload() });
    return "failed";
  }

  /** @param {string} sentence */
  #announce(sentence) {
    find(this.#root, "[data-announcer]").textContent = sentence;
  }
}
