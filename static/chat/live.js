// A reply that is being written: its run's events, from where the page is to the end.

import { followRun } from "./follow.js";
import { address } from "./parts.js";
import { withHtml } from "./requests.js";

/** @typedef {import("./sse.js").ServerEvent} ServerEvent */

/**
 * Hand each event of the reply's run to `onEvent`.
 * @param {import("./reply.js").Reply} reply
 * @param {Response | null} response  the connection that is already there
 * @param {{ root: HTMLElement, onEvent: (event: ServerEvent) => void }} page
 * @param {AbortSignal} signal
 * @returns {Promise<{ ended: boolean, heard: boolean }>} whether it came to its end, and whether anything came
 */
export async function followReply(reply, response, { root, onEvent }, signal) {
  const { retryMin, retryMax, silence } = root.dataset;
  let heard = false;
  const source = {
    url: () => withHtml(`${address(root, "eventsUrl", reply.run)}?after=${reply.after}`),
    after: () => reply.after,
    onEvent: (/** @type {ServerEvent} */ event) => {
      heard = true;
      onEvent(event);
    },
    onConnection: (/** @type {boolean} */ lost) => reply.connection(lost),
    retryMin: Number(retryMin),
    retryMax: Number(retryMax),
    silence: Number(silence),
  };
  const ended = await followRun(response, source, signal).catch((error) => {
    if (!signal.aborted) throw error;
    return true; // the page is being left
  });
  return { ended, heard };
}
