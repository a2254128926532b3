// Hands what a person asks for to the server, and says beside the message box why it was refused.

import { pause } from "../run/waiting.js";
import { Refused, openEvents, postForEvents, postForJson } from "./requests.js";

const SOON = 2; // seconds
const ATTEMPTS = 8;

/** A request that was taken: its answer, and the way to ask for the same again, which has the same key.
 * @typedef {{ response: Response, again: (limits: import("../run/waiting.js").Limits) => Promise<Response> }} Accepted
 */

export class Outbox {
  #root;
  #composer;
  #signal;

  /** @param {HTMLElement} root @param {import("./composer.js").Composer} composer @param {AbortSignal} signal */
  constructor(root, composer, signal) {
    this.#root = root;
    this.#composer = composer;
    this.#signal = signal;
  }

  /**
   * Ask for a reply.
   * @param {string} url
   * @param {FormData} data
   * @param {() => void} retry
   * @returns {Promise<Accepted | null>} null if it was refused, or another request is on its way
   */
  async ask(url, data, retry) {
    if (this.#composer.busy) return null;
    this.#composer.notice(null);
    this.#composer.state = "sending";
    try {
      const response = await this.#post(url, data);
      return { response, again: (limits) => openEvents(url, data, limits) };
    } catch (error) {
      this.#refused(error, retry);
      return null;
    } finally {
      this.#composer.state = "idle";
    }
  }

  /** A message that was not answered in time may have arrived: its key makes it safe to send it again. */
  get #limits() {
    return { within: Number(this.#root.dataset.answerWithin), signal: this.#signal };
  }

  /** A server that is being replaced is back in a moment: that is not worth a word. @param {string} url @param {FormData} data */
  async #post(url, data) {
    for (let left = ATTEMPTS; ; left -= 1) {
      try {
        return await postForEvents(url, data, this.#limits);
      } catch (error) {
        const isSoonBack = error instanceof Refused && error.retryAfter > 0 && error.retryAfter <= SOON;
        if (!isSoonBack || left === 1) throw error;
        await pause(error.retryAfter * 1000, this.#signal, { hurry: false });
        this.#signal.throwIfAborted();
      }
    }
  }

  /** Ask for the end of a reply. @param {string} url */
  async stop(url) {
    this.#composer.notice(null);
    try {
      await postForJson(url, this.#composer.token, this.#limits);
    } catch (error) {
      if (this.#composer.state !== "stopping") return; // the reply has ended meanwhile
      this.#composer.state = "running"; // Stop may be tried again
      this.#refused(error, null);
    }
  }

  /** @param {unknown} error @param {(() => void) | null} retry */
  #refused(error, retry) {
    if (!(error instanceof Refused)) throw error;
    const { message, retryAfter, retryable } = error;
    this.#composer.notice({ message, retryAfter, retry: retryable ? retry : null });
  }
}
