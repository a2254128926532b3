// Keeps what was typed and not sent over a reload, and a look at another conversation, in this tab. And its key: if
// the message had arrived and only the answer was lost, the server does not take it a second time. Another person in
// the tab does not see it: not who signs in, nor a guest who comes after somebody who has.

/**
 * Restores the draft, and keeps it whenever the page may end.
 * @param {HTMLTextAreaElement} box
 * @param {HTMLInputElement} keyField
 * @param {AbortSignal} signal
 * @returns {() => void} keeps what is in the box now: nothing, after it was sent
 */
export function keepDraft(box, keyField, signal) {
  forgetOthers(box.dataset.person ?? "");
  let place = location.pathname;
  if (!box.value) box.value = sessionStorage.getItem(`draft ${place}`) ?? "";
  if (box.value) keyField.value = sessionStorage.getItem(`key ${place}`) ?? keyField.value;
  const put = (/** @type {string} */ text) => {
    store(`draft ${place}`, text);
    store(`key ${place}`, text && keyField.value);
  };
  const keep = () => {
    put(""); // a new conversation gets its address later, and its draft must not stay behind
    place = location.pathname;
    put(box.value);
  };
  addEventListener("pagehide", keep, { signal });
  // A phone ends a page that it has hidden without another word.
  document.addEventListener("visibilitychange", () => document.hidden && keep(), { signal });
  return keep;
}

/**
 * Deletes what the tab keeps of another person. All guests are "", and between two of them somebody has signed in.
 * @param {string} person
 */
function forgetOthers(person) {
  if (sessionStorage.getItem("person") !== person) sessionStorage.clear();
  sessionStorage.setItem("person", person);
}

/** @param {string} name @param {string} value */
function store(name, value) {
  if (value) sessionStorage.setItem(name, value);
  else sessionStorage.removeItem(name);
}

/**
 * Makes the key of a message: the server takes one with the same key only once. (`crypto.randomUUID` is for secure
 * origins, and a site on a local network is none.)
 */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
