// Offers to quote what is selected in a message: it goes into the message box, as Markdown has it.

import { copyOf, find } from "../reply/elements.js";

const AFTER = 150; // milliseconds in which the selection stays as it is
const TEXTS = "[data-body], [data-tail], [data-text]";
const FIELDS = "input, textarea, select, [contenteditable]";
const GAP = 8; // pixels

/** @param {HTMLElement} root @param {AbortSignal} signal */
export function offerQuotes(root, signal) {
  const button = copyOf("quote");
  let timer = 0;
  const show = () => {
    const range = quotable(root);
    button.hidden = !range;
    if (range) place(button, range.getBoundingClientRect());
  };
  const onChange = () => {
    clearTimeout(timer);
    timer = setTimeout(show, AFTER);
  };
  const take = () => {
    if (quotable(root)) quote(root, String(getSelection()));
    button.hidden = true;
  };
  const onKey = (/** @type {KeyboardEvent} */ { key, target, ctrlKey, metaKey, altKey }) => {
    if (key.toLowerCase() !== "q" || ctrlKey || metaKey || altKey || isField(target) || !quotable(root)) return false;
    take();
    return true;
  };
  button.addEventListener("pointerdown", (event) => event.preventDefault()); // the selection stays
  button.addEventListener("click", take);
  root.append(button);
  document.addEventListener("selectionchange", onChange, { signal });
  document.addEventListener("keydown", (event) => onKey(event) && event.preventDefault(), { signal });
  addEventListener("scroll", onChange, { signal, capture: true, passive: true });
  onChange();
}

/** @param {EventTarget | null} target */
const isField = (target) => target instanceof Element && target.closest(FIELDS);

/** @param {HTMLElement} root @returns {Range | null} what is selected, if it is in the text of one message */
function quotable(root) {
  const selection = getSelection();
  if (!selection || selection.isCollapsed || !String(selection).trim()) return null;
  const range = selection.getRangeAt(0);
  const { commonAncestorContainer: common } = range;
  const element = common instanceof Element ? common : common.parentElement;
  const isText = element?.closest(TEXTS) || element?.closest("article")?.contains(textOf(range.startContainer));
  return isText && root.contains(element) ? range : null;
}

/** @param {Node} node @returns {Element | null} the text of a message that it is in */
const textOf = (node) => (node instanceof Element ? node : node.parentElement)?.closest(TEXTS) ?? null;

/** @param {HTMLElement} button @param {DOMRect} where  the text is: the button is below it, or else above */
function place(button, { left, top, bottom }) {
  const { offsetHeight: height, offsetWidth: width } = button;
  const below = Math.min(Math.max(bottom, 0) + GAP, innerHeight - height - GAP);
  button.style.insetBlockStart = `${below < top ? Math.max(top - height - GAP, GAP) : below}px`;
  button.style.left = `${Math.min(Math.max(left, GAP), document.documentElement.clientWidth - width - GAP)}px`;
}

/** @param {HTMLElement} root @param {string} text */
function quote(root, text) {
  const box = /** @type {HTMLTextAreaElement} */ (find(root, "[data-prompt]"));
  const lines = text.trim().replace(/\r/g, "").replace(/\n{3,}/g, "\n\n").split("\n");
  const quoted = lines.map((line) => `> ${line}`.trimEnd()).join("\n");
  box.value = `${box.value.trim() ? `${box.value.trimEnd()}\n\n` : ""}${quoted}\n\n`;
  box.dispatchEvent(new Event("input")); // it grows, and is kept
  getSelection()?.removeAllRanges();
  box.focus();
  box.setSelectionRange(box.value.length, box.value.length);
  box.scrollTop = box.scrollHeight;
}
