// For a page of one's own: begin a durable run, follow it to its end, stop it. docs/streaming/own-page.md has a page.

import { RunReader } from "./reader.js";
import { answer } from "./waiting.js";

const WITHIN = 30_000;
/** Milliseconds. Heartbeats come every 15 seconds, unless `STREAM_HEARTBEAT` of the site says otherwise. */
const TIMES = { retryMin: 500, retryMax: 10_000, silence: 45_000, patience: 3_000 };

/** The server's answer to a `post()` was an error. */
export class Refused extends Error {
  /** @param {Response} response */
  constructor(response) {
    super(`${response.url} answered ${response.status}`);
    this.response = response;
  }
}

/**
 * Follows a run: `for await (const { type, data, id } of follow(url))`. Each event comes once and in order, whatever
 * happens to the connection. `outcome` of what is returned says afterwards how it was over; `after` is the last id.
 * @param {string} url  of the run's events
 * @param {object} [options]
 * @param {number} [options.after]  the id of the last event that is known already: of a page that was reloaded, say
 * @param {AbortSignal} [options.signal]  ends the reading; the run goes on
 * @param {(isLost: boolean) => void} [options.onConnection]  hears that the connection is lost, and that it is back
 * @returns {RunReader}
 */
export function follow(url, { after = 0, signal = new AbortController().signal, onConnection } = {}) {
  /** @param {AbortSignal} signal @returns {Promise<Response>} */
  const open = (signal) => {
    const headers = { Accept: "text/event-stream", "Last-Event-ID": String(reader.after) };
    return answer(url, { headers, cache: "no-store" }, { within: WITHIN, signal });
  };
  const reader = new RunReader({ open, after, signal, onConnection, ...TIMES });
  return reader;
}

/**
 * Posts to a view that begins a run, or to one that stops it.
 * @param {string} url
 * @param {FormData} [data]  with the CSRF token; without, it is taken from Django's cookie
 * @returns {Promise<import("./events.js").Json>} the JSON of the answer; null if it has none
 * @throws {Refused} if the status is an error; `response` has more
 * @throws {unknown} if there is no answer
 */
export async function post(url, data = new FormData()) {
  const token = data.get("csrfmiddlewaretoken") ?? /(?:^|; )csrftoken=([^;]*)/.exec(document.cookie)?.[1] ?? "";
  const headers = { Accept: "application/json", "X-CSRFToken": String(token) };
  const signal = AbortSignal.timeout(WITHIN);
  const response = await fetch(url, { method: "POST", headers, body: data, signal });
  if (!response.ok) throw new Refused(response);
  return response.status === 204 ? null : response.json();
}
