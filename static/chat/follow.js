// One run, from the first event to the last, over as many connections as it takes.

import { events } from "./sse.js";

/** @typedef {import("./sse.js").ServerEvent} ServerEvent */

/** What a run's reader needs to know. Times are in milliseconds.
 * @typedef {object} Source
 * @property {() => string} url  where the events after the last one seen are
 * @property {() => number} after  the number of the last one seen
 * @property {(event: ServerEvent) => void} onEvent
 * @property {(lost: boolean) => void} onConnection
 * @property {number} retryMin
 * @property {number} retryMax
 * @property {number} silence  heartbeats come more often than this, so the connection is dead after it
 */

/**
 * Hand every event to `onEvent` once; resolve to true after the end, to false if the server has no more to say.
 * @param {Response | null} response  the connection that is already there
 * @param {Source} source
 * @param {AbortSignal} signal  leaves the run alone and stops reading
 * @returns {Promise<boolean>}
 */
export async function followRun(response, source, signal) {
  let wait = source.retryMin;
  for (;;) {
    if (response?.ok && response.body) {
      if (response.status === 204) return false;
      source.onConnection(false);
      const { ended, heard } = await read(response.body, source, signal);
      if (ended) return true;
      if (heard) wait = source.retryMin;
    } else if (response && response.type !== "error" && response.status < 500 && response.status !== 429) {
      return false;
    }
    if (response) source.onConnection(true);
    if (response) await pause(wait * (0.75 + Math.random() / 2), signal);
    wait = Math.min(wait * 2, source.retryMax);
    signal.throwIfAborted();
    response = await reconnect(source, signal);
  }
}

/** @param {Source} source @param {AbortSignal} signal @returns {Promise<Response>} */
async function reconnect(source, signal) {
  const headers = { Accept: "text/event-stream", "Last-Event-ID": String(source.after()) };
  try {
    return await fetch(source.url(), { headers, cache: "no-store", signal });
  } catch (error) {
    if (signal.aborted) throw error;
    return Response.error(); // no network: the same as a server that is away
  }
}

/**
 * @param {ReadableStream<Uint8Array>} body
 * @param {Source} source
 * @param {AbortSignal} signal
 */
async function read(body, source, signal) {
  const silence = new AbortController();
  let heard = false;
  let timer = 0;
  const onBytes = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), source.silence);
  };
  onBytes();
  try {
    for await (const event of events(body, { onBytes, signal: silence.signal })) {
      heard = true;
      source.onEvent(event);
      if (event.type === "end") return { ended: true, heard };
    }
  } catch (error) {
    if (signal.aborted || !(error instanceof TypeError)) throw error; // a TypeError is the network's
  } finally {
    clearTimeout(timer);
  }
  return { ended: false, heard };
}

/** Wait, or until the network is back. @param {number} ms @param {AbortSignal} signal @returns {Promise<void>} */
function pause(ms, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener("online", done, { signal });
    signal.addEventListener("abort", done, { once: true });
  });
}
