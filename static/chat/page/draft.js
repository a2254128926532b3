// Keeps what was typed and not sent, for each conversation, over restarts and in all tabs of the browser. And its key:
// if the message had arrived and only the answer was lost, the server does not take it a second time. Another person at
// the browser does not see it: not who signs in, nor a guest who comes after somebody who has.

const AFTER = 300; // milliseconds without a letter

/**
 * Restores the draft, and keeps what is typed here from then on.
 * @param {HTMLTextAreaElement} box
 * @param {HTMLInputElement} keyField
 * @param {() => string} text  what there is to keep: what is being sent, or is in the box
 * @param {AbortSignal} signal
 * @returns {() => void} keeps it now: nothing, after it was sent
 */
export function keepDraft(box, keyField, text, signal) {
  forgetOthers(box.dataset.person ?? "");
  let place = location.pathname;
  let timer = 0;
  let wasTyped = false;
  if (!box.value) box.value = localStorage.getItem(`draft ${place}`) ?? "";
  if (box.value) keyField.value = localStorage.getItem(`key ${place}`) ?? keyField.value;
  const put = (/** @type {string} */ draft) => {
    store(`draft ${place}`, draft);
    store(`key ${place}`, draft && keyField.value);
  };
  const keep = () => {
    clearTimeout(timer);
    if (place !== location.pathname) put(""); // a new conversation gets its address later: nothing stays behind
    place = location.pathname;
    put(text());
  };
  const keepTyped = () => wasTyped && keep();
  const onInput = () => {
    wasTyped = true;
    clearTimeout(timer);
    timer = setTimeout(keep, AFTER);
  };
  // Sent in another tab: here it is no draft any more, and its key was used.
  const onSentElsewhere = (/** @type {StorageEvent} */ { key, oldValue, newValue }) => {
    if (newValue) return;
    if (key === `draft ${place}` && box.value === oldValue) box.value = "";
    if (key === `key ${place}` && keyField.value === oldValue) keyField.value = newKey();
  };
  box.addEventListener("input", onInput, { signal });
  addEventListener("storage", onSentElsewhere, { signal });
  addEventListener("pagehide", keepTyped, { signal });
  // A phone ends a page that it has hidden without another word.
  document.addEventListener("visibilitychange", () => document.hidden && keepTyped(), { signal });
  return keep;
}

/**
 * Deletes what the browser keeps of another person. All guests are "", and between two of them somebody has signed in.
 * @param {string} person
 */
function forgetOthers(person) {
  if (localStorage.getItem("person") !== person) localStorage.clear();
  localStorage.setItem("person", person);
}

/** @param {string} name @param {string} value  none deletes it */
export function store(name, value) {
  if (!value) return localStorage.removeItem(name);
  try {
    localStorage.setItem(name, value);
  } catch {
    // It is full: the draft lives as long as the page.
  }
}

/**
 * Makes the key of a message: the server takes one with the same key only once. (`crypto.randomUUID` is for secure
 * origins, and a site on a local network is none.)
 */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
