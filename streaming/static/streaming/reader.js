// Reads one run, from an event on to its end, over as many connections as that takes. It knows no page.

import { runEvent } from "./events.js";
import { BrokenOff, events } from "./sse.js";
import { BackOff, pause } from "./waiting.js";

/** @typedef {import("./events.js").RunEvent} RunEvent */

/** How the reading was over. `ended`: with the run's end. `reset`: the server has forgotten the events. `over`: the
 * server has no more to say. `left`: the reader was told to leave.
 * @typedef {"ended" | "reset" | "over" | "left"} Outcome
 */

/** How one connection was over. `closed`: by the server, which wants the reader to come again. `suspended`: by the
 * reader. `broken`: in any other way.
 * @typedef {{ how: Outcome | "closed" | "suspended" | "broken", heard?: boolean, retryAfter?: number }} Ending
 */

/** Times are in milliseconds.
 * @typedef {object} Options
 * @property {(signal: AbortSignal) => Promise<Response>} open  asks for the events after the last one read
 * @property {Response | null} [response]  a connection that is already there
 * @property {string} [run]  the id of the run, if it is known
 * @property {number} [after]  the number of the last event that need not be read
 * @property {(isLost: boolean) => void} [onConnection]  hears that the connection is lost, and that it is back
 * @property {number} retryMin  the first pause between attempts
 * @property {number} retryMax  the longest
 * @property {number} silence  heartbeats come more often than this: a connection is dead after it
 * @property {number} patience  a connection may be away for so long before it counts as lost
 * @property {AbortSignal} signal  ends the reading; the run goes on
 */

/**
 * Yields each event of a run once and in order: `for await (const { type, data } of reader)`.
 * `outcome` says afterwards how the reading was over.
 */
export class RunReader {
  /** The id of the run; empty until it is known. */
  run;
  /** The number of the last event that was dealt with. */
  after;
  /** Resolves with the id of the run as soon as that is known. @type {Promise<string>} */
  started;
  /** @type {Outcome | null} */ outcome = null;
  /** @type {(run: string) => void} */ #start = () => {};
  #options;
  #backOff;
  #suspension = new AbortController();
  /** Ends the waiting of a suspended reader. */ #wake = () => {};
  #lostTimer = 0;

  /** @param {Options} options */
  constructor({ run = "", after = 0, ...options }) {
    this.#options = options;
    this.run = run;
    this.after = after;
    this.started = new Promise((resolve) => (this.#start = resolve));
    if (run) this.#start(run);
    this.#backOff = new BackOff({ first: options.retryMin, most: options.retryMax });
  }

  /** Closes the connection until `resume()`. */
  suspend() {
    this.#suspension.abort();
  }

  /** Goes on where `suspend()` has left off. */
  resume() {
    if (this.#suspension.signal.aborted) this.#suspension = new AbortController();
    this.#wake();
    this.hurry();
  }

  /** Makes the next attempt now, unless the server has asked for a pause: the network is back, say. */
  hurry() {
    this.#backOff.hurry();
  }

  /** @returns {AsyncGenerator<RunEvent, void>} @throws {SyntaxError} if an event is no JSON */
  async *[Symbol.asyncIterator]() {
    try {
      this.outcome = yield* this.#connections();
    } finally {
      this.#isThere();
    }
  }

  /** @returns {AsyncGenerator<RunEvent, Outcome>} */
  async *#connections() {
    const { signal, patience } = this.#options;
    let response = this.#options.response ?? null;
    let isPrompt = true; // the next attempt may be made at once: a server that is replaced closes all connections
    while (!signal.aborted) {
      const { how, heard = false, retryAfter = 0 } = yield* this.#connection(response);
      response = null;
      if (how === "ended" || how === "reset" || how === "over") return how;
      if (heard) this.#backOff.restart();
      isPrompt ||= heard;
      if (how === "suspended") await this.#resumed();
      else if (how === "closed" && isPrompt) {
        isPrompt = false;
        this.#isAway(patience);
      } else {
        this.#isAway(retryAfter ? patience : 0);
        await (retryAfter ? pause(retryAfter, signal) : this.#backOff.pause(signal));
      }
    }
    return "left";
  }

  /** Reads one connection to its end. @param {Response | null} given @returns {AsyncGenerator<RunEvent, Ending>} */
  async *#connection(given) {
    const suspended = this.#suspension.signal;
    const signal = AbortSignal.any([this.#options.signal, suspended]);
    let response;
    try {
      response = given ?? (await this.#options.open(signal));
    } catch {
      return { how: suspended.aborted ? "suspended" : "broken" };
    }
    if (!isStream(response) || !response.body) return refusal(response);
    this.#isThere();
    const ending = yield* this.#read(response.body, signal);
    const isCut = ending.how === "closed" || ending.how === "broken";
    return isCut && suspended.aborted ? { ...ending, how: "suspended" } : ending;
  }

  /**
   * @param {ReadableStream<Uint8Array>} body
   * @param {AbortSignal} signal
   * @returns {AsyncGenerator<RunEvent, Ending>}
   */
  async *#read(body, signal) {
    const silence = new AbortController();
    let heard = false;
    let timer = 0;
    const onBytes = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), this.#options.silence);
    };
    onBytes();
    try {
      for await (const told of events(body, { onBytes, signal: AbortSignal.any([silence.signal, signal]) })) {
        const event = runEvent(told);
        if (event.type === "reset") return { how: "reset" };
        heard = true;
        if (event.type === "start") this.#start((this.run = event.data.run));
        yield event;
        if (event.id) this.after = event.id; // a block has none, and repeats the one before
        if (event.type === "end") return { how: "ended" };
      }
      return { how: "closed", heard };
    } catch (error) {
      if (!(error instanceof BrokenOff)) throw error;
      return { how: "broken", heard };
    } finally {
      clearTimeout(timer);
    }
  }

  /** @returns {Promise<void>} */
  #resumed() {
    this.#isThere();
    if (!this.#suspension.signal.aborted) return Promise.resolve(); // meanwhile
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#options.signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  /** The connection counts as lost if it is still away later. @param {number} ms  from the first of several times on */
  #isAway(ms) {
    if (ms && this.#lostTimer) return;
    clearTimeout(this.#lostTimer);
    this.#lostTimer = setTimeout(() => this.#options.onConnection?.(true), ms);
  }

  /** The connection is there, or not wanted. */
  #isThere() {
    clearTimeout(this.#lostTimer);
    this.#lostTimer = 0;
    this.#options.onConnection?.(false);
  }
}

/** @param {Response} response */
function isStream({ status, headers }) {
  return status === 200 && headers.get("Content-Type")?.startsWith("text/event-stream");
}

/** @param {Response} response @returns {Ending} */
function refusal({ status, headers }) {
  const seconds = Number(headers.get("Retry-After")) || 0;
  return status >= 500 || status === 429 ? { how: "broken", retryAfter: seconds * 1000 } : { how: "over" };
}
