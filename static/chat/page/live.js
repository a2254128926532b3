// A reply that is being written: its run's events, from where the page is to the end.

import { followRun } from "../run/reader.js";
import { answer } from "../run/waiting.js";
import { address, withHtml } from "./requests.js";

/**
 * @typedef {import("../run/sse.js").ServerEvent} ServerEvent
 * @typedef {object} Page
 * @property {HTMLElement} root
 * @property {import("./visibility.js").Attention} attention
 * @property {(event: ServerEvent) => void} onEvent
 * @property {((limits: import("../run/waiting.js").Limits) => Promise<Response>) | null} again  repeats the request that has started the reply
 */

/**
 * Hand each event of the reply's run to `onEvent`.
 * @param {import("../reply/reply.js").Reply} reply
 * @param {Response | null} response  the connection that is already there
 * @param {Page} page
 * @param {AbortSignal} signal
 * @returns {Promise<"ended" | "reset" | "over" | "leaving">}
 * @throws {unknown} what `onEvent` throws
 */
export async function followReply(reply, response, { root, attention, onEvent, again }, signal) {
  const { retryMin, retryMax, silence, patience, answerWithin } = root.dataset;
  const open = (/** @type {AbortSignal} */ until) => {
    const limits = { within: Number(answerWithin), signal: until };
    // Until its first event has come, the reply is only known to the request that has started it.
    return again && !reply.run ? again(limits) : events(root, reply, limits);
  };
  const notice = new LostNotice(reply);
  const source = {
    open,
    onEvent,
    onLost: (/** @type {number} */ after) => notice.show(after),
    onBack: () => notice.hide(),
    attention,
    retryMin: Number(retryMin),
    retryMax: Number(retryMax),
    silence: Number(silence),
    patience: Number(patience),
  };
  try {
    return await followRun(response, source, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    return "leaving";
  } finally {
    notice.hide();
  }
}

/** @param {HTMLElement} root @param {import("../reply/reply.js").Reply} reply @param {import("../run/waiting.js").Limits} limits */
function events(root, reply, limits) {
  const url = withHtml(`${address(root, "eventsUrl", reply.run)}?after=${reply.after}`);
  const headers = { Accept: "text/event-stream", "Last-Event-ID": String(reply.after) };
  return answer(url, { headers, cache: "no-store" }, limits);
}

/** Says that the connection is lost, unless it is back in time. */
class LostNotice {
  #reply;
  #timer = 0;

  /** @param {import("../reply/reply.js").Reply} reply */
  constructor(reply) {
    this.#reply = reply;
  }

  /** @param {number} after  milliseconds, from the first of several times */
  show(after) {
    if (after && this.#timer) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#reply.connection(true), after);
  }

  hide() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#reply.connection(false);
  }
}
