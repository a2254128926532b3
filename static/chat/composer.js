// The message box: what the keys do, how it grows, and when its buttons can be used.

import { keepDraft } from "./draft.js";
import { newKey } from "./keys.js";
import { Notice } from "./notice.js";
import { find } from "./parts.js";

const COUNT_FROM = 1000; // characters left when the counter appears

export class Composer {
  /** @type {HTMLTextAreaElement} */ #prompt;
  #form;
  #send;
  #stop;
  #notice;
  #busy = false;

  /**
   * @param {HTMLFormElement} form
   * @param {{ onSend: (text: string) => void, onStop: () => void }} actions
   * @param {AbortSignal} signal
   */
  constructor(form, { onSend, onStop }, signal) {
    this.#form = form;
    this.#prompt = find(form, "[data-prompt]");
    this.#send = /** @type {HTMLButtonElement} */ (find(form, "[data-send]"));
    this.#stop = /** @type {HTMLButtonElement} */ (find(form, "[data-stop]"));
    this.#notice = new Notice(form);
    this.maxLength = Number(this.#prompt.dataset.maxLength);
    find(form, "[data-hint]").hidden = false;

    this.#prompt.addEventListener("keydown", (event) => this.#onKey(event), { signal });
    this.#prompt.addEventListener("input", () => this.#onInput(), { signal });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.#busy && this.text.trim()) onSend(this.text);
    }, { signal });
    this.#stop.addEventListener("click", (event) => {
      event.preventDefault(); // the form that it belongs to is for pages without script
      if (this.#stop.getAttribute("aria-disabled") !== "true") onStop();
    }, { signal });
    keepDraft(this.#prompt, this.#key, signal);
    this.#onInput();
  }

  get text() {
    return this.#prompt.value;
  }

  set text(text) {
    this.#prompt.value = text;
    this.#onInput();
  }

  /** The message was taken: the box is empty, and the next one is another. @param {string} text  that was sent */
  sent(text) {
    this.#key.value = newKey();
    if (this.text === text) this.text = "";
  }

  get action() {
    return this.#form.action;
  }

  /** The form's fields, its CSRF token among them. */
  get data() {
    return new FormData(this.#form);
  }

  /** The CSRF token alone. */
  get token() {
    const data = new FormData();
    data.set("csrfmiddlewaretoken", String(this.data.get("csrfmiddlewaretoken")));
    return data;
  }

  /** @param {string} conversation */
  set conversation(conversation) {
    const input = /** @type {HTMLInputElement} */ (this.#form.elements.namedItem("conversation"));
    input.value = conversation;
    input.disabled = false;
  }

  /** The one of the assistant's options that goes with an example, if it has any. @param {string} option */
  set option(option) {
    const select = /** @type {HTMLSelectElement | null} */ (this.#form.elements.namedItem("option"));
    if (select && option) select.value = option;
  }

  get busy() {
    return this.#busy;
  }

  get #key() {
    return /** @type {HTMLInputElement} */ (this.#form.elements.namedItem("key"));
  }

  /** While a reply runs one can type, and stop it, but not send. @param {boolean} busy */
  set busy(busy) {
    const hadFocus = document.activeElement === this.#stop || document.activeElement === this.#send;
    this.#busy = busy;
    this.#send.hidden = busy;
    this.#stop.hidden = !busy;
    this.#stop.setAttribute("aria-disabled", "false");
    if (hadFocus) this.focus(); // the button that had it is gone
  }

  /** Between the message and its first event there is nothing to stop. @param {boolean} sending */
  set sending(sending) {
    this.#busy = sending;
    this.#send.setAttribute("aria-disabled", String(sending));
  }

  /** Stop has been asked for. (A disabled button would lose the focus.) */
  stopping() {
    this.#stop.setAttribute("aria-disabled", "true");
  }

  focus() {
    this.#prompt.focus({ preventScroll: true });
  }

  /** Say why a message was not sent; nothing to take it back. @param {import("./notice.js").Refusal | null} refusal */
  notice(refusal) {
    this.#notice.show(refusal);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    // Enter that ends a composition belongs to the input method. 229: Safari says so after the fact.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    if (!this.#busy) this.#form.requestSubmit(this.#send);
  }

  #onInput() {
    const left = this.maxLength - this.#length();
    const tooLong = left < 0 ? `This is ${-left} characters too long.` : "";
    this.#prompt.setCustomValidity(tooLong);
    find(this.#form, "[data-counter]").textContent = tooLong || (left < COUNT_FROM ? `${left} characters left` : "");
    if (CSS.supports("field-sizing", "content")) return;
    this.#prompt.style.blockSize = "auto";
    this.#prompt.style.blockSize = `${this.#prompt.scrollHeight}px`;
  }

  /** Characters as the server counts them: an emoji is one. Only worth the walk where it matters. */
  #length() {
    const units = this.text.length;
    return units < this.maxLength - COUNT_FROM ? units : [...this.text].length;
  }
}
