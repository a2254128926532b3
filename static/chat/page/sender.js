// Sends what a person asks for to the server, and says beside the message box why it was refused.

import { pause } from "../../streaming/waiting.js";
import { word } from "../reply/elements.js";
import { Refused, openEvents, postForEvents, postForJson } from "./requests.js";

const SOON = 2; // seconds
const ATTEMPTS = 8;

/** A request that was taken: its answer, and the way to ask for the same again, which has the same key.
 * @typedef {{ response: Response, again: (limits: import("../../streaming/waiting.js").Limits) => Promise<Response> }} Accepted
 */

export class Sender {
  #root;
  #phase;
  #notice;
  #signal;
  /** @type {(() => void) | null} */ #onOnline = null; // while the notice says that the site cannot be reached

  /**
   * @param {HTMLElement} root
   * @param {{ phase: import("./phase.js").Phase, notice: import("./notice.js").Notice }} page
   * @param {AbortSignal} signal
   */
  constructor(root, { phase, notice }, signal) {
    this.#root = root;
    this.#phase = phase;
    this.#notice = notice;
    this.#signal = signal;
    addEventListener("online", () => this.#onOnline?.(), { signal });
  }

  /**
   * Asks for a reply.
   * @param {string} url
   * @param {FormData} data
   * @param {() => void} retry
   * @returns {Promise<Accepted | null>} null if it was refused, or another request is on its way
   */
  async ask(url, data, retry) {
    if (!this.#phase.isIdle) return null;
    this.#onOnline = null;
    this.#notice.show(null);
    this.#phase.take("send");
    try {
      const response = await this.#post(url, data);
      return { response, again: (limits) => openEvents(url, data, limits) };
    } catch (error) {
      this.#phase.take("refuse");
      this.#refused(error, retry);
      return null;
    }
  }

  /** Asks for the end of a reply. @param {string} url */
  async stop(url) {
    this.#notice.show(null);
    try {
      await postForJson(url, this.#token, this.#limits);
    } catch (error) {
      if (this.#phase.name !== "stopping") return; // the reply has ended meanwhile
      this.#phase.take("cannotStop"); // Stop may be tried again
      this.#refused(error, null);
    }
  }

  /** A message that was not answered in time may have arrived: its key makes it safe to send it again. */
  get #limits() {
    return { within: Number(this.#root.dataset.answerWithin), signal: this.#signal };
  }

  /** The field with the CSRF token alone. */
  get #token() {
    const field = /** @type {HTMLInputElement} */ (this.#root.querySelector("[name=csrfmiddlewaretoken]"));
    const data = new FormData();
    data.set(field.name, field.value);
    return data;
  }

  /**
   * Posts; a server that is being replaced is back in a moment, and asked again.
   * @param {string} url
   * @param {FormData} data
   */
  async #post(url, data) {
    for (let left = ATTEMPTS; ; left -= 1) {
      try {
        return await postForEvents(url, data, this.#limits);
      } catch (error) {
        const isSoonBack = error instanceof Refused && error.retryAfter > 0 && error.retryAfter <= SOON;
        if (!isSoonBack || left === 1) throw error;
        await pause(error.retryAfter * 1000, this.#signal);
        this.#signal.throwIfAborted();
      }
    }
  }

  /** @param {unknown} error @param {(() => void) | null} retry */
  #refused(error, retry) {
    if (!(error instanceof Refused)) throw error;
    const { message, retryAfter, retryable } = error;
    const back = { message: word("unsent"), retryAfter: 0, retry };
    this.#onOnline = error.isUnreachable ? () => this.#notice.show(retry && back) : null;
    this.#notice.show({ message, retryAfter, retry: retryable ? retry : null });
  }
}
