// One run, from the first event to the last, over as many connections as it takes.

import { BrokenOff, events } from "./sse.js";
import { BackOff, pause } from "./waiting.js";

/** @typedef {import("./sse.js").ServerEvent} ServerEvent */

/** What a run's reader needs to know. Times are in milliseconds.
 * @typedef {object} Source
 * @property {(signal: AbortSignal) => Promise<Response>} open  asks for the events after the last one seen
 * @property {(event: ServerEvent) => void} onEvent
 * @property {(after: number) => void} onLost  the connection has gone; worth a word if it is still away after so long
 * @property {() => void} onBack  it is there again, or not wanted
 * @property {import("../page/visibility.js").Attention} attention
 * @property {number} retryMin
 * @property {number} retryMax
 * @property {number} silence  heartbeats come more often than this, so the connection is dead after it
 * @property {number} patience  the connection can be away for so long before it is worth a word
 */

/** How a connection was over. `ended`: with the run's end. `reset`: the server has forgotten the events. `over`: it
 * has no more to say. `closed`: it wants the reader to come again. `left`: nobody looks. `broken`: any other way.
 * @typedef {{ outcome: "ended" | "reset" | "over" | "closed" | "left" | "broken", heard?: boolean, retryAfter?: number }} Ending
 */

/**
 * Hand every event to `onEvent` once; resolve when no more will come.
 * @param {Response | null} response  the connection that is already there
 * @param {Source} source
 * @param {AbortSignal} signal  leaves the run alone and stops reading
 * @returns {Promise<"ended" | "reset" | "over">}
 * @throws {unknown} what `onEvent` throws, and when `signal` is aborted
 */
export async function followRun(response, source, signal) {
  const wait = new BackOff({ first: source.retryMin, most: source.retryMax });
  let prompt = true; // the next attempt may be made at once: a server that is replaced closes all connections
  for (;;) {
    const { outcome, heard, retryAfter } = await connect(response, source, signal);
    signal.throwIfAborted();
    if (outcome === "ended" || outcome === "reset" || outcome === "over") return outcome;
    response = null;
    if (heard) {
      wait.restart();
      prompt = true;
    }
    if (outcome === "left") {
      source.onBack();
      await source.attention.back(signal);
    } else if (outcome === "closed" && prompt) {
      prompt = false;
      source.onLost(source.patience);
    } else {
      source.onLost(retryAfter ? source.patience : 0);
      await pause(retryAfter || wait.next(), signal, { hurry: !retryAfter });
    }
  }
}

/**
 * Read one connection to its end.
 * @param {Response | null} given
 * @param {Source} source
 * @param {AbortSignal} signal
 * @returns {Promise<Ending>}
 */
async function connect(given, source, signal) {
  const { signal: away } = source.attention;
  let response;
  try {
    response = given ?? (await source.open(AbortSignal.any([signal, away])));
  } catch {
    return { outcome: away.aborted ? "left" : "broken" };
  }
  if (isStream(response)) {
    source.onBack();
    return read(/** @type {ReadableStream<Uint8Array>} */ (response.body), source, away, signal);
  }
  const isAway = response.status >= 500 || response.status === 429;
  const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10) || 0;
  return isAway ? { outcome: "broken", retryAfter: seconds * 1000 } : { outcome: "over" };
}

/** @param {Response} response */
function isStream({ status, body, headers }) {
  return status === 200 && body && headers.get("Content-Type")?.startsWith("text/event-stream");
}

/**
 * @param {ReadableStream<Uint8Array>} body
 * @param {Source} source
 * @param {AbortSignal} away
 * @param {AbortSignal} signal
 * @returns {Promise<Ending>}
 */
async function read(body, source, away, signal) {
  const silence = new AbortController();
  let heard = false;
  let timer = 0;
  const onBytes = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), source.silence);
  };
  onBytes();
  try {
    for await (const event of events(body, { onBytes, signal: AbortSignal.any([silence.signal, away, signal]) })) {
      if (event.type === "reset") return { outcome: "reset" };
      heard = true;
      source.onEvent(event);
      if (event.type === "end") return { outcome: "ended" };
    }
    return { outcome: away.aborted ? "left" : "closed", heard };
  } catch (error) {
    if (!(error instanceof BrokenOff)) throw error; // a fault of the page's own
    return { outcome: away.aborted ? "left" : "broken", heard };
  } finally {
    clearTimeout(timer);
  }
}
