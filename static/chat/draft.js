// What was typed and not sent outlives a reload, and a look at another conversation, in this tab. So does its key: if
// the message had arrived all the same, and only the answer was lost, it is not taken a second time.

/** @param {HTMLTextAreaElement} box @param {HTMLInputElement} keyField @param {AbortSignal} signal */
export function keepDraft(box, keyField, signal) {
  // A new conversation gets its address later.
  const places = () => ({ draft: `draft ${location.pathname}`, key: `key ${location.pathname}` });
  const { draft, key } = places();
  if (!box.value) box.value = sessionStorage.getItem(draft) ?? "";
  if (box.value) keyField.value = sessionStorage.getItem(key) ?? keyField.value;
  const keep = () => {
    const { draft, key } = places();
    store(draft, box.value);
    store(key, box.value && keyField.value);
  };
  addEventListener("pagehide", keep, { signal });
}

/** @param {string} name @param {string} value */
function store(name, value) {
  if (value) sessionStorage.setItem(name, value);
  else sessionStorage.removeItem(name);
}
