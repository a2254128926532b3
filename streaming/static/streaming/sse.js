// Reads server-sent events from fetch, as WHATWG defines them. EventSource cannot POST, and gives up at the first 502.

/** The connection has gone in the middle of its events. */
export class BrokenOff extends Error {}

/** @typedef {{ type: string, data: string, id: string }} ServerEvent  `id` is the last one seen: it persists. */

/**
 * Yields the events of a response's body as they arrive. An event that is cut off at the end is dropped.
 * @param {ReadableStream<Uint8Array>} body
 * @param {{ onBytes?: () => void, signal?: AbortSignal }} [options]  `onBytes` hears of everything that comes,
 *   heartbeats as well; `signal` ends the reading where it is
 * @returns {AsyncGenerator<ServerEvent>}
 * @throws {BrokenOff}
 */
export async function* events(body, { onBytes = () => {}, signal } = {}) {
  const reader = body.getReader();
  const cancel = () => void reader.cancel().catch(() => {});
  if (signal?.aborted) cancel();
  signal?.addEventListener("abort", cancel);
  const brokenOff = (/** @type {unknown} */ cause) => {
    throw new BrokenOff("The connection broke off.", { cause });
  };
  const decoder = new TextDecoder(); // drops a byte order mark
  const parser = new EventParser();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(brokenOff);
      if (done) return;
      onBytes();
      yield* parser.feed(decoder.decode(value, { stream: true }));
    }
  } finally {
    cancel(); // also when the consumer leaves early
  }
}

/** Turns text, cut anywhere, into events. */
export class EventParser {
  #line = "";
  #afterCarriageReturn = false;
  #type = "";
  /** @type {string[]} */
  #data = [];
  #id = "";

  /**
   * @param {string} text
   * @returns {Generator<ServerEvent>}
   */
  *feed(text) {
    if (!text) return;
    // A CRLF may be cut in two: the CR has already ended the line.
    const isEnded = this.#afterCarriageReturn && text.startsWith("\n");
    this.#afterCarriageReturn = text.endsWith("\r");
    if (isEnded) text = text.slice(1);
    const lines = text.split(/\r\n|\r|\n/);
    for (const [index, part] of lines.entries()) {
      this.#line += part;
      if (index === lines.length - 1) return;
      const event = this.#endLine(this.#line);
      this.#line = "";
      if (event) yield event;
    }
  }

  /** @param {string} line @returns {ServerEvent | null} */
  #endLine(line) {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return null; // a comment
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#type = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    return null;
  }

  /** @returns {ServerEvent | null} */
  #dispatch() {
    const data = this.#data;
    const type = this.#type || "message";
    this.#data = [];
    this.#type = "";
    return data.length ? { type, data: data.join("\n"), id: this.#id } : null;
  }
}
