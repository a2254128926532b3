// The key of a message that is sent: the server takes one with the same key only once.

/** (`crypto.randomUUID` is for secure origins, and a site on a local network is none.) */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
