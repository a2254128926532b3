// The reply that is being written: read to its end, or stopped. There is one at a time.

import { RunReader } from "../../streaming/reader.js";
import { answer } from "../../streaming/waiting.js";
import { address, announce, word } from "../reply/elements.js";
import { Attention } from "./attention.js";
import { withHtml } from "./requests.js";

/**
 * @typedef {import("../reply/reply.js").Reply} Reply
 * @typedef {import("../../streaming/events.js").Start} Start
 * @typedef {import("./sender.js").Accepted} Accepted
 */

/** What the reply has to do with on the page.
 * @typedef {object} Surroundings
 * @property {import("./phase.js").Phase} phase
 * @property {import("./sender.js").Sender} sender
 * @property {import("./notice.js").Notice} notice
 * @property {import("./updates.js").Updates} updates
 * @property {import("./visibility.js").Visibility} visibility
 */

export class CurrentReply {
  #root;
  #page;
  #signal;
  /** @type {RunReader | null} */ #reader = null;

  /** @param {HTMLElement} root @param {Surroundings} page @param {AbortSignal} signal */
  constructor(root, page, signal) {
    this.#root = root;
    this.#page = page;
    this.#signal = signal;
    page.visibility.addEventListener("away", () => this.#reader?.suspend(), { signal });
    page.visibility.addEventListener("shown", () => this.#reader?.resume(), { signal });
    addEventListener("online", () => this.#reader?.hurry(), { signal });
  }

  /**
   * Follows a reply, until it has ended or the page cannot go on with it.
   * @param {Reply} reply
   * @param {Accepted | null} accepted  the request that has started it, if that was made here
   * @param {(start: Start) => void} [onStart]
   */
  async follow(reply, accepted, onStart = () => {}) {
    this.#page.phase.take("follow");
    const attention = new Attention(reply.article);
    const reader = (this.#reader = this.#readerOf(reply, accepted));
    if (this.#page.visibility.isAway) reader.suspend();
    try {
      for await (const event of reader) this.#show(event, reply, onStart);
    } catch (error) {
      this.#failed(error);
    } finally {
      attention.over();
    }
    if (reader.outcome === "left") return;
    this.#reader = null;
    this.#page.phase.take("end");
    if (!reader.outcome) return;
    // The server knows how a reply ended that was lost on the way. (Of a page fresh from it there is nothing new.)
    if (reader.outcome !== "ended" && !(await this.#page.updates.now())) {
      announce(reply.end({ status: "interrupted", finish_reason: null, error: null }));
    }
    // One that did not come to its end may have another beside it that did.
    this.#page.updates.look({ happened: reply.article.dataset.status !== "done" });
  }

  /** Asks for the end of the reply, as soon as there is a run that can be named. */
  async stop() {
    const reader = this.#reader;
    if (!reader) return;
    this.#page.phase.take("stop");
    announce("Stopping.");
    await this.#page.sender.stop(address(this.#root, "stopUrl", await reader.started));
  }

  /** @param {Reply} reply @param {Accepted | null} accepted @returns {RunReader} */
  #readerOf(reply, accepted) {
    const { retryMin, retryMax, silence, patience, answerWithin } = this.#root.dataset;
    const open = (/** @type {AbortSignal} */ signal) => {
      const limits = { within: Number(answerWithin), signal };
      // Until its first event has come, the reply is only known to the request that has started it.
      return accepted && !reader.run ? accepted.again(limits) : this.#events(reader, limits);
    };
    const reader = new RunReader({
      open,
      response: accepted?.response,
      run: reply.run,
      after: Number(reply.article.dataset.after),
      onConnection: (isLost) => {
        const sentence = reply.connection(isLost);
        if (sentence) announce(sentence);
      },
      retryMin: Number(retryMin),
      retryMax: Number(retryMax),
      silence: Number(silence),
      patience: Number(patience),
      signal: this.#signal,
    });
    return reader;
  }

  /** @param {RunReader} reader @param {import("../../streaming/waiting.js").Limits} limits */
  #events({ run, after }, limits) {
    const url = withHtml(`${address(this.#root, "eventsUrl", run)}?after=${after}`);
    const headers = { Accept: "text/event-stream", "Last-Event-ID": String(after) };
    return answer(url, { headers, cache: "no-store" }, limits);
  }

  /** @param {import("../../streaming/events.js").RunEvent} event @param {Reply} reply @param {(start: Start) => void} onStart */
  #show(event, reply, onStart) {
    if (event.type === "end") return announce(reply.end(event.data));
    if (event.type === "start") onStart(event.data);
    reply.take(event);
    if (event.type === "start" && this.#page.phase.name === "running") announce(word("begun"));
  }

  /**
   * Says that the page itself has failed. The server has the reply; a page that loaded it again by itself might never
   * end.
   * @param {unknown} error
   */
  #failed(error) {
    reportError(error);
    this.#page.notice.show({ message: word("unshown"), retryAfter: 0, retry: () => location.reload() });
  }
}
