// The message box: what the keys do, how it grows, and when its buttons can be used.

import { find } from "../reply/elements.js";
import { Counter } from "./counter.js";
import { keepDraft, newKey } from "./draft.js";
import { Notice } from "./notice.js";

/** What the box can be used for. `sending`: until the server has answered there is nothing to stop. `running`: one can
 * type, and stop the reply, but not send. `stopping`: that has been asked for.
 * @typedef {"idle" | "sending" | "running" | "stopping"} State
 */

export class Composer {
  /** @type {HTMLTextAreaElement} */ #prompt;
  #form;
  #send;
  #stop;
  #counter;
  #notice;
  #keepDraft;
  /** @type {State} */ #state = "idle";

  /**
   * @param {HTMLFormElement} form
   * @param {{ onSend: () => void, onStop: () => void }} actions
   * @param {AbortSignal} signal
   */
  constructor(form, { onSend, onStop }, signal) {
    this.#form = form;
    this.#prompt = find(form, "[data-prompt]");
    this.#send = /** @type {HTMLButtonElement} */ (find(form, "[data-send]"));
    this.#stop = /** @type {HTMLButtonElement} */ (find(form, "[data-stop]"));
    this.#notice = new Notice(form);
    this.#counter = new Counter(form, Number(this.#prompt.dataset.maxLength));
    find(form, "[data-hint]").hidden = false;

    this.#prompt.addEventListener("keydown", (event) => this.#onKey(event), { signal });
    this.#prompt.addEventListener("input", () => this.#onInput(), { signal });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.busy && this.text.trim()) onSend();
    }, { signal });
    this.#stop.addEventListener("click", (event) => {
      event.preventDefault(); // the form that it belongs to is for pages without script
      if (this.#state === "running") onStop();
    }, { signal });
    this.#keepDraft = keepDraft(this.#prompt, this.#key, signal);
    this.#onInput();
  }

  get text() {
    return this.#prompt.value;
  }

  /** The message was taken: the box is empty, and the next one is another. @param {string} text  that was sent */
  sent(text) {
    this.#key.value = newKey();
    if (this.text === text) this.#prompt.value = "";
    this.#onInput();
    this.#keepDraft();
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
    return this.#state !== "idle";
  }

  get state() {
    return this.#state;
  }

  /** @param {State} state */
  set state(state) {
    this.#state = state;
    const focused = document.activeElement;
    this.#send.hidden = state === "running" || state === "stopping";
    this.#stop.hidden = !this.#send.hidden;
    // A button that was disabled would lose the focus, as does one that is gone.
    this.#send.setAttribute("aria-disabled", String(state === "sending"));
    this.#stop.setAttribute("aria-disabled", String(state === "stopping"));
    if (focused === (this.#send.hidden ? this.#send : this.#stop)) this.focus();
  }

  get #key() {
    return /** @type {HTMLInputElement} */ (this.#form.elements.namedItem("key"));
  }

  focus() {
    this.#prompt.focus({ preventScroll: true });
  }

  /** Say why a message was not sent; nothing to take it back. @param {import("./notice.js").Refusal | null} refusal */
  notice(refusal) {
    const hadFocus = this.#notice.hasFocus;
    this.#notice.show(refusal);
    if (hadFocus) this.focus(); // Retry was pressed, and is gone
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    // Enter that ends a composition belongs to the input method. 229: Safari says so after the fact.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    if (!this.busy) this.#form.requestSubmit(this.#send);
  }

  #onInput() {
    this.#prompt.setCustomValidity(this.#counter.count(this.text));
    if (CSS.supports("field-sizing", "content")) return;
    this.#prompt.style.blockSize = "auto";
    this.#prompt.style.blockSize = `${this.#prompt.scrollHeight}px`;
  }
}
