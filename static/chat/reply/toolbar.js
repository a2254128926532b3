// The keys of a toolbar, which is one stop of the Tab key: its buttons are gone through with the arrows. Loaded with the
// first key that is pressed there.
// https://www.w3.org/WAI/ARIA/apg/patterns/toolbar/

/** @param {string} key @param {HTMLElement} from  the button that has the focus */
export function move(key, from) {
  const buttons = /** @type {HTMLElement[]} */ ([...(from.parentElement?.children ?? [])]);
  const at = buttons.indexOf(from);
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1 }[key];
  const next = to === undefined ? null : buttons.at(to % buttons.length);
  if (!next) return;
  from.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}
