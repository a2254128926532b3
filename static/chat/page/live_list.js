// Keeps the list of conversations up to date, in every tab. One tab of a browser has a stream, by which the server says
// that the list has changed: it asks for the list and gives it to the others. It is one that a person can see; when that
// is closed, or has been hidden for a moment, another takes its place. Where nobody looks there is no stream.

import { events } from "../../streaming/sse.js";
import { BackOff, answer, pause } from "../../streaming/waiting.js";
import { showList } from "./list_rows.js";
import { Visibility } from "./visibility.js";

const NAME = "list";
const FOR_EVER = 2 ** 31 - 1;

/** @param {HTMLElement} root @param {AbortSignal} signal */
export async function keepListLive(root, signal) {
  const list = new LiveList(root, signal);
  const visibility = new Visibility({ hiddenAfter: Number(root.dataset.hiddenAfter) }, signal);
  let seen = new AbortController();
  document.addEventListener("click", ({ target }) => nameBranch(target, root), { signal, capture: true });
  visibility.addEventListener("away", () => seen.abort(), { signal });
  while (!signal.aborted && !list.isOver) {
    if (visibility.isAway) await shown(visibility, signal);
    seen = new AbortController();
    const here = AbortSignal.any([signal, seen.signal]);
    // Browsers have locks for secure origins only. On a local network each visible tab has a stream.
    if (!navigator.locks) await list.lead(here);
    else await navigator.locks.request(NAME, { signal: here }, () => list.lead(here)).catch(() => {});
  }
}

/**
 * Lets what is done with this conversation be done with the branch that is shown.
 * @param {EventTarget | null} target
 * @param {HTMLElement} root
 */
function nameBranch(target, { dataset: { leaf } }) {
  const link = /** @type {HTMLAnchorElement | null} */ (/** @type {Element} */ (target).closest("a.conversation-edit"));
  if (leaf && link?.pathname === `${location.pathname}edit/`) link.search = `leaf=${leaf}`;
}

/** @param {Visibility} visibility @param {AbortSignal} signal @returns {Promise<void>} */
function shown(visibility, signal) {
  return new Promise((resolve) => {
    visibility.addEventListener("shown", () => resolve(), { once: true, signal });
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

class LiveList {
  /** Whether there is nothing to be had any more: the session is over, say. */ isOver = false;
  #url;
  #times;
  #channel = new BroadcastChannel(NAME);
  #etag = "";
  #hurry = new AbortController();

  /** @param {HTMLElement} root @param {AbortSignal} signal */
  constructor({ dataset }, signal) {
    this.#url = dataset.listUrl ?? "";
    const { retryMin, retryMax, answerWithin, silence } = dataset;
    this.#times = { first: Number(retryMin), most: Number(retryMax), within: Number(answerWithin), silence: Number(silence) };
    this.#channel.addEventListener("message", ({ data }) => showList(data), { signal });
    // What happens in this browser need not be waited for: a guest, say, is known from the first message on.
    const conversations = new BroadcastChannel("conversations");
    conversations.addEventListener("message", () => this.#hurry.abort(), { signal });
    signal.addEventListener("abort", () => [this.#channel, conversations].forEach((channel) => channel.close()));
  }

  /** Follows the server for all tabs. @param {AbortSignal} signal */
  async lead(signal) {
    const backOff = new BackOff(this.#times);
    while (!signal.aborted && !this.isOver) {
      this.#hurry = new AbortController();
      const later = await this.#follow(signal, backOff).catch(() => 0); // only the network fails here
      if (later) await pause(later, AbortSignal.any([signal, this.#hurry.signal]));
      else await backOff.pause(signal);
    }
  }

  /**
   * Reads one stream to its end.
   * @param {AbortSignal} signal
   * @param {BackOff} backOff
   * @returns {Promise<number>} the milliseconds that the server wants to be left alone for, if it says so
   */
  async #follow(signal, backOff) {
    const headers = { Accept: "text/event-stream" };
    const { within } = this.#times;
    const response = await answer(`${this.#url}events/`, { headers, cache: "no-store" }, { within, signal });
    if (response.status === 200 && response.body) {
      await this.#read(response.body, signal, backOff);
      return 0;
    }
    this.isOver = response.status >= 400 && response.status < 500 && response.status !== 429;
    const seconds = Number(response.headers.get("Retry-After"));
    if (response.status !== 204) return seconds * 1000;
    if (seconds) await this.#ask(signal); // no place for a stream: it is looked at now and then
    return seconds * 1000 || FOR_EVER;
  }

  /** @param {ReadableStream<Uint8Array>} body @param {AbortSignal} signal @param {BackOff} backOff */
  async #read(body, signal, backOff) {
    const silence = new AbortController();
    let timer = 0;
    const onBytes = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), this.#times.silence);
    };
    onBytes();
    try {
      for await (const _ of events(body, { onBytes, signal: AbortSignal.any([signal, silence.signal]) })) {
        backOff.restart();
        await this.#ask(signal);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Asks for the list, and shows it in all tabs if it is another one. @param {AbortSignal} signal */
  async #ask(signal) {
    const headers = { Accept: "text/html", "If-None-Match": this.#etag };
    const { within } = this.#times;
    const response = await answer(this.#url, { headers, cache: "no-store" }, { within, signal });
    if (response.status !== 200 || response.redirected) return;
    const html = await response.text();
    this.#etag = response.headers.get("ETag") ?? "";
    this.#channel.postMessage(html);
    showList(html);
  }
}
