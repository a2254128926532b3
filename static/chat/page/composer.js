// The message box: what the keys do, how it grows, and when its buttons can be used.

import { find } from "../reply/elements.js";
import { Counter } from "./counter.js";
import { keepDraft, newKey } from "./draft.js";

export class Composer {
  /** @type {HTMLTextAreaElement} */ #prompt;
  #form;
  #send;
  #stop;
  #counter;
  #keepDraft;
  #phase;
  /** What goes with the message, once there was any. @type {import("./attach.js").Attached | undefined} */ attached;
  /** @type {Promise<import("./attach.js").Attached> | undefined} */ #taking;
  /** What was taken out, and is not accepted yet, in that order. @type {string[]} */ #onItsWay = [];

  /**
   * @param {HTMLFormElement} form
   * @param {{ phase: import("./phase.js").Phase, onSend: () => void, onStop: () => void }} page
   * @param {AbortSignal} signal
   */
  constructor(form, { phase, onSend, onStop }, signal) {
    this.#form = form;
    this.#phase = phase;
    this.#prompt = find(form, "[data-prompt]");
    this.#send = /** @type {HTMLButtonElement} */ (find(form, "[data-send]"));
    this.#stop = /** @type {HTMLButtonElement} */ (find(form, "[data-stop]"));
    this.#counter = new Counter(form, Number(this.#prompt.dataset.maxLength));
    find(form, "[data-hint]").hidden = false;
    this.#prompt.required = false; // an empty box is not sent: no need to complain of it after each message

    this.#prompt.addEventListener("keydown", (event) => this.#onKey(event), { signal });
    this.#prompt.addEventListener("input", () => this.#onInput(), { signal });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#maySend && !this.isEmpty) onSend();
    }, { signal });
    this.#stop.addEventListener("click", (event) => {
      event.preventDefault(); // the form that it belongs to is for pages without script
      if (phase.name === "running") onStop();
    }, { signal });
    for (const type of ["paste", "dragover", "drop", "change"]) {
      document.addEventListener(type, (event) => this.#onFiles(event), { signal });
    }
    phase.watch(() => this.#showButtons(), signal);
    this.#keepDraft = keepDraft(this.#prompt, this.#key, () => this.#onItsWay[0] || this.text, signal);
    this.#onInput();
  }

  get text() {
    return this.#prompt.value;
  }

  get isEmpty() {
    return !this.text.trim() && !this.attached?.count;
  }

  /** Empties the box; what was in it stays a draft until it is accepted. */
  takeOut() {
    this.attached?.takeOut();
    this.#onItsWay.push(this.text);
    this.#write("");
  }

  /** Says that what was taken out first is accepted: the next message has another key. */
  accepted() {
    this.attached?.accepted();
    this.#key.value = newKey();
    this.#onItsWay.shift();
    this.#keepDraft();
  }

  /** Puts back what was taken out first and not accepted, before what was written meanwhile. */
  putBack() {
    this.attached?.putBack();
    this.#write([this.#onItsWay.shift(), this.text].filter(Boolean).join("\n\n"));
  }

  /** @param {string} text */
  #write(text) {
    this.#prompt.value = text;
    this.#onInput();
  }

  /** Where to send it. */
  get action() {
    return this.#form.action;
  }

  /** Its fields, the CSRF token among them. */
  get data() {
    return new FormData(this.#form);
  }

  /** @param {string} conversation */
  set conversation(conversation) {
    const input = /** @type {HTMLInputElement} */ (this.#form.elements.namedItem("conversation"));
    input.value = conversation;
    input.disabled = false;
    this.#keepDraft();
  }

  /** Chooses one of the assistant's options, if it has any. @param {string} option */
  set option(option) {
    const select = /** @type {HTMLSelectElement | null} */ (this.#form.elements.namedItem("option"));
    if (select && option) select.value = option;
  }

  get #key() {
    return /** @type {HTMLInputElement} */ (this.#form.elements.namedItem("key"));
  }

  focus() {
    this.#prompt.focus({ preventScroll: true });
  }

  /** What is sent while a reply is written waits for its end. */
  get #maySend() {
    return this.#phase.name !== "sending";
  }

  /** While a reply is written, there is Stop, and Send once there is something to send. */
  #showButtons() {
    const { name: phase } = this.#phase;
    const focused = document.activeElement;
    this.#stop.hidden = phase !== "running" && phase !== "stopping";
    this.#send.hidden = !this.#stop.hidden && !this.text.trim();
    // A button that was disabled would lose the focus, as does one that is gone.
    this.#send.setAttribute("aria-disabled", String(phase === "sending"));
    this.#stop.setAttribute("aria-disabled", String(phase === "stopping"));
    if (focused instanceof HTMLButtonElement && focused.hidden) this.focus();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    // Enter that ends a composition belongs to the input method. 229: Safari says so after the fact.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    // A phone's keyboard has no other key for a second line.
    if (matchMedia("(pointer: coarse)").matches && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    if (this.#maySend) this.#form.requestSubmit(this.#send);
  }

  /** Takes files from wherever they come. Text that was copied with a picture of it is pasted as text. @param {any} event */
  #onFiles(event) {
    const { type, target, clipboardData, dataTransfer } = event;
    const { files, types = [] } = clipboardData ?? dataTransfer ?? target;
    if (!types.includes("Files") && !target.matches?.("[data-attach]")) return;
    if (type === "paste" && types.includes("text/plain")) return;
    event.preventDefault();
    const taken = [...files];
    // One promise for all: what comes first is taken first.
    this.#taking ??= import("./attach.js").then(({ Attached }) => (this.attached = new Attached(this.#form)));
    this.#taking.then((attached) => attached.take(type, taken));
  }

  #onInput() {
    this.#prompt.setCustomValidity(this.#counter.count(this.text));
    this.#showButtons();
    if (CSS.supports("field-sizing", "content")) return;
    this.#prompt.style.blockSize = "auto";
    this.#prompt.style.blockSize = `${this.#prompt.scrollHeight}px`;
  }
}
