// What was typed and not sent outlives a reload, and a look at another conversation, in this tab.

/** @param {HTMLTextAreaElement} box @param {AbortSignal} signal */
export function keepDraft(box, signal) {
  const key = () => `draft ${location.pathname}`; // a new conversation gets its address later
  box.value ||= sessionStorage.getItem(key()) ?? "";
  const keep = () => (box.value ? sessionStorage.setItem(key(), box.value) : sessionStorage.removeItem(key()));
  addEventListener("pagehide", keep, { signal });
}
