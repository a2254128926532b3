// Requests that make the server do something, and the reason if it refuses.

import { answer } from "../../streaming/waiting.js";
import { word } from "../reply/elements.js";

/** @typedef {import("../../streaming/waiting.js").Limits} Limits */

/** Why a request was refused, in a sentence, and how many seconds to wait before another. */
export class Refused extends Error {
  /** @param {string} message @param {{ retryAfter?: number, retryable?: boolean, isUnreachable?: boolean }} [options] */
  constructor(message, { retryAfter = 0, retryable = true, isUnreachable = false } = {}) {
    super(message);
    this.isUnreachable = isUnreachable;
    this.retryAfter = retryAfter;
    this.retryable = retryable;
  }
}

/**
 * Posts a form's fields; the answer is an open stream of events with rendered blocks. Or the conversation's page
 * (`redirected`), if this had been asked for before, so long ago that its events are gone.
 * @param {string} url
 * @param {FormData} data  with the CSRF token
 * @param {Limits} limits
 * @returns {Promise<Response>}
 * @throws {Refused}
 */
export async function postForEvents(url, data, limits) {
  const response = await told(openEvents(url, data, limits), limits.signal);
  const isStream = response.headers.get("Content-Type")?.startsWith("text/event-stream");
  if (response.ok && (isStream || response.redirected)) return response;
  throw await refusal(response);
}

/** Posts the same, whatever the answer is. @param {string} url @param {FormData} data @param {Limits} limits */
export function openEvents(url, data, limits) {
  return post(withHtml(url), data, "text/event-stream", limits);
}

/** @param {string} url @param {FormData} data @param {Limits} limits @throws {Refused} */
export async function postForJson(url, data, limits) {
  const response = await told(post(url, data, "application/json", limits), limits.signal);
  if (!response.ok) throw await refusal(response);
  return response;
}

/** @param {string} url  of events @returns {string} the same, with rendered blocks */
export function withHtml(url) {
  const full = new URL(url, location.href);
  full.searchParams.set("html", "1");
  full.searchParams.set("open", "1");
  return full.href;
}

/** @param {string} url @param {FormData} data @param {string} accept @param {Limits} limits */
function post(url, data, accept, limits) {
  const body = new URLSearchParams(/** @type {[string, string][]} */ ([...data]));
  const headers = { Accept: accept, "X-CSRFToken": String(data.get("csrfmiddlewaretoken") ?? "") };
  return answer(url, { method: "POST", headers, body }, limits);
}

/** Makes a refusal of a lost connection. @param {Promise<Response>} response @param {AbortSignal} signal */
async function told(response, signal) {
  try {
    return await response;
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Refused(word("unreachable"), { isUnreachable: true });
  }
}

/** @param {Response} response @returns {Promise<Refused>} */
async function refusal(response) {
  const told = await response.json().catch(() => null);
  const message = told?.error?.message ?? word("refused", response.status);
  const retryAfter = Number(response.headers.get("Retry-After")) || 0;
  return new Refused(message, { retryAfter, retryable: response.status >= 500 || response.status === 429 });
}
