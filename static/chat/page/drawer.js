// The conversations on a phone: a <details>, which also closes with Escape and with a click beside it.

/** @param {HTMLDetailsElement} drawer @param {AbortSignal} signal */
export function closeable(drawer, signal) {
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape" || !drawer.open) return;
    drawer.open = false;
    drawer.querySelector("summary")?.focus({ preventScroll: true });
  };
  const onClick = (/** @type {MouseEvent} */ event) => {
    if (!drawer.contains(/** @type {Node} */ (event.target))) drawer.open = false;
  };
  document.addEventListener("keydown", onKey, { signal });
  document.addEventListener("click", onClick, { signal });
}
