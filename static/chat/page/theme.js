// Light, dark, or as the system has it: a cookie, so that the server's next page begins in it. Loaded when somebody
// chooses.

const YEAR = 31_536_000; // seconds

/** @param {string} theme @param {NodeListOf<HTMLSelectElement>} switches  which show what was chosen */
export function choose(theme, switches) {
  document.documentElement.dataset.theme = theme;
  document.cookie = `theme=${theme}; path=/; max-age=${YEAR}; samesite=lax`;
  for (const other of switches) other.value = theme;
}
