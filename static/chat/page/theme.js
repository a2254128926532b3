// Light, dark, or as the system has it: a cookie, so that the server's next page begins in it.

const YEAR = 31_536_000; // seconds

/**
 * Lets the switches choose: the one at the side, and the one that folds away on a phone.
 * @param {NodeListOf<HTMLSelectElement>} selects
 * @param {AbortSignal} signal
 */
export function themeSwitches(selects, signal) {
  const root = document.documentElement;
  const show = () => {
    for (const select of selects) select.value = root.dataset.theme ?? "";
  };
  for (const select of selects) {
    /** @type {HTMLElement} */ (select.parentElement).hidden = false;
    const onChange = () => {
      root.dataset.theme = select.value;
      document.cookie = `theme=${select.value}; path=/; max-age=${YEAR}; samesite=lax`;
      show();
    };
    select.addEventListener("change", onChange, { signal });
  }
  show();
}
