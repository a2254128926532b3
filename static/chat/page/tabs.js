// The other tabs of this browser: who changes a conversation tells those that show it.

export class Tabs {
  #channel = new BroadcastChannel("conversations");

  /** @param {(conversation: string) => void} onChange @param {AbortSignal} signal */
  constructor(onChange, signal) {
    this.#channel.addEventListener("message", ({ data }) => onChange(data), { signal });
    signal.addEventListener("abort", () => this.#channel.close());
  }

  /** @param {string} conversation  that has other messages now */
  tell(conversation) {
    this.#channel.postMessage(conversation);
  }
}
