// How long to wait: for the answer to a request, and before another attempt.

/** How long an answer is waited for, until its headers, in milliseconds; and what ends the request at any time.
 * @typedef {{ within: number, signal: AbortSignal }} Limits
 */

/**
 * Sends a request. A connection can be dead and say nothing: then an answer would never come.
 * @param {string} url
 * @param {RequestInit} request
 * @param {Limits} limits
 * @returns {Promise<Response>} what comes after the headers takes its time
 * @throws {unknown} if there is none: the network is to blame, unless `signal` was aborted
 */
export async function answer(url, request, { within, signal }) {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), within);
  try {
    return await fetch(url, { ...request, signal: AbortSignal.any([signal, late.signal]) });
  } finally {
    clearTimeout(timer);
  }
}

/** Waits. `signal` ends the waiting. @param {number} ms @param {AbortSignal} signal @returns {Promise<void>} */
export function pause(ms, signal) {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}

/** Pauses between attempts, each longer than the one before. */
export class BackOff {
  #first;
  #most;
  #next;
  #hurry = new AbortController();

  /** @param {{ first: number, most: number }} limits  in milliseconds */
  constructor({ first, most }) {
    this.#first = this.#next = first;
    this.#most = most;
  }

  /**
   * Waits, never quite as long as others do: not all pages come at once to a server that is back.
   * @param {AbortSignal} signal
   */
  pause(signal) {
    const ms = this.#next * (0.75 + Math.random() / 2);
    this.#next = Math.min(this.#next * 2, this.#most);
    this.#hurry = new AbortController();
    return pause(ms, AbortSignal.any([signal, this.#hurry.signal]));
  }

  /** Ends the pause: there is a reason to expect that the next attempt succeeds. */
  hurry() {
    this.#hurry.abort();
  }

  /** Makes the next pause as short as the first. */
  restart() {
    this.#next = this.#first;
  }
}
