// A request and its answer. A connection can be dead without anybody's knowing: then no answer would ever come.

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
