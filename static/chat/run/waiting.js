// How long to wait: for the answer to a request, and before another attempt.

/** How long an answer is waited for, from now to its headers, in milliseconds; and what ends the request at any time.
 * @typedef {{ within: number, signal: AbortSignal }} Limits
 */

/**
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

/**
 * Wait, or until the network is back or the page is looked at again, if that is a reason to hurry.
 * @param {number} ms
 * @param {AbortSignal} signal  ends the waiting
 * @param {{ hurry?: boolean }} [options]
 * @returns {Promise<void>}
 */
export function pause(ms, signal, { hurry = true } = {}) {
  return new Promise((resolve) => {
    const over = new AbortController();
    const done = () => {
      clearTimeout(timer);
      over.abort();
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { signal: over.signal });
    if (!hurry) return;
    addEventListener("online", done, { signal: over.signal });
    document.addEventListener("visibilitychange", () => document.hidden || done(), { signal: over.signal });
  });
}

/** Longer every time, and never quite the same: the pages of a server that is back do not all come at once. */
export class BackOff {
  #first;
  #most;
  #next;

  /** @param {{ first: number, most: number }} limits  in milliseconds */
  constructor({ first, most }) {
    this.#first = this.#next = first;
    this.#most = most;
  }

  next() {
    const ms = this.#next * (0.75 + Math.random() / 2);
    this.#next = Math.min(this.#next * 2, this.#most);
    return ms;
  }

  restart() {
    this.#next = this.#first;
  }
}
