// The page: sends messages and has their replies shown.

import { address, copyOf, find } from "../reply/elements.js";
import { said } from "../reply/ending.js";
import { Reply } from "../reply/reply.js";
import { openCitedSources } from "../reply/sources.js";
import { addCodeTools, listenToTools } from "../reply/tools.js";
import { Composer } from "./composer.js";
import { conversationBegan } from "./conversations.js";
import { CurrentReply } from "./current_reply.js";
import { newKey } from "./draft.js";
import { appendExchange, removeEarlier } from "./messages.js";
import { Notice } from "./notice.js";
import { Phase } from "./phase.js";
import { keepPlace } from "./scroll.js";
import { Sender } from "./sender.js";
import { listenToKeys } from "./shortcuts.js";
import { showTime } from "./times.js";
import { Tabs, Updates } from "./updates.js";
import { Visibility } from "./visibility.js";

/** @typedef {import("./sender.js").Accepted} Accepted */

export class Chat {
  #root;
  #messages;
  #notice;
  #phase = new Phase();
  #composer;
  #sender;
  #toTop;
  #tabs;
  #current;

  /** @param {HTMLElement} root @param {AbortSignal} signal */
  constructor(root, signal) {
    this.#root = root;
    this.#messages = find(root, "[data-messages]");
    this.#toTop = keepPlace(this.#messages, find(root, "[data-jump]"), signal);
    const phase = this.#phase;
    const form = /** @type {HTMLFormElement} */ (find(root, "[data-composer]"));
    const notice = (this.#notice = new Notice(form));
    const actions = { onSend: () => this.#send(), onStop: () => this.#current.stop() };
    this.#composer = new Composer(form, { phase, ...actions }, signal);
    const sender = (this.#sender = new Sender(root, { phase, notice }, signal));
    const updates = this.#updates(signal);
    const visibility = new Visibility({ hiddenAfter: Number(root.dataset.hiddenAfter) }, signal);
    visibility.addEventListener("back", () => updates.look({ happened: this.#conversation !== "" }), { signal });
    visibility.addEventListener("shown", () => updates.look(), { signal });
    this.#tabs = new Tabs((changed) => updates.look({ happened: changed === this.#conversation }), signal);
    this.#current = new CurrentReply(root, { phase, sender, notice, updates, visibility }, signal);
    root.addEventListener("submit", (event) => this.#onSubmit(event), { signal });
    openCitedSources(this.#messages, signal);
    listenToTools(this.#messages, signal);
    const isRunning = () => phase.name === "running";
    listenToKeys(root, { onStop: actions.onStop, isRunning, onWrite: () => this.#composer.focus() }, signal);
    for (const article of this.#messages.children) this.#show(/** @type {HTMLElement} */ (article));
  }

  /** @param {AbortSignal} signal */
  #updates(signal) {
    const mayUpdate = () => this.#phase.isIdle && !document.hidden;
    return new Updates(this.#root, { mayUpdate, onArticle: (article) => this.#show(article) }, signal);
  }

  get #conversation() {
    return this.#root.dataset.conversation ?? "";
  }

  /** Takes up a message that the server has rendered. @param {HTMLElement} article */
  #show(article) {
    showTime(article);
    if (article.dataset.role !== "assistant") return;
    addCodeTools(article);
    const reply = new Reply(article);
    const isRunning = ["queued", "running"].includes(article.dataset.status ?? "");
    if (!isRunning) reply.finished();
    else if (article === this.#messages.lastElementChild) this.#current.follow(reply, null);
  }

  /** Asks for what forms of the page ask for; they work without script as well. @param {SubmitEvent} event */
  #onSubmit(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!form.matches("[data-example], [data-regenerate], [data-continue]")) return;
    event.preventDefault();
    if (!this.#phase.isIdle) return;
    if (form.matches("[data-example]")) this.#sendExample(form, /** @type {HTMLButtonElement} */ (event.submitter));
    else this.#replace(form);
  }

  /** Sends what is in the box. It is put back there if the server does not accept it. */
  async #send() {
    const { action, data, text } = this.#composer;
    if (!text.trim() || !this.#phase.isIdle) return;
    this.#composer.takeOut();
    await this.#exchange({ action, data, text, retry: () => this.#send(), taken: true });
  }

  /**
   * Sends an example past the box, in which there may be a draft.
   * @param {HTMLFormElement} form
   * @param {HTMLButtonElement} button
   */
  async #sendExample(form, button) {
    const data = new FormData(form, button);
    this.#composer.option = String(data.get("option") ?? "");
    if (!matchMedia("(pointer: coarse)").matches) this.#composer.focus(); // a keyboard would cover the reply
    const retry = () => this.#sendExample(form, button);
    await this.#exchange({ action: form.action, data, text: button.value, retry, taken: false });
  }

  /**
   * Shows a message, sends it, and follows its reply.
   * @param {{ action: string, data: FormData, text: string, retry: () => void, taken: boolean }} message  `taken` out
   *   of the box
   */
  async #exchange({ action, data, text, retry, taken }) {
    const { question, article } = appendExchange(this.#messages, text);
    const welcome = /** @type {HTMLElement | null} */ (this.#root.querySelector("[data-welcome]"));
    if (welcome) welcome.hidden = true;
    this.#toTop(question);
    const accepted = await this.#sender.ask(action, data, retry);
    if (!accepted) {
      if (welcome) welcome.hidden = false;
      question.remove();
      article.remove();
      if (taken) this.#composer.putBack();
      return;
    }
    if (taken) this.#composer.accepted();
    if (accepted.response.redirected) return location.assign(accepted.response.url);
    welcome?.remove();
    find(question, "[data-sending]").hidden = true;
    article.dataset.status = "running";
    await this.#current.follow(new Reply(article), accepted, (start) => this.#onStart(article, start, text));
  }

  /** Puts another reply in the place of one, whole or from where that stopped. @param {HTMLFormElement} form */
  async #replace(form) {
    const old = /** @type {HTMLElement} */ (form.closest("article"));
    const name = form.matches("[data-continue]") ? "continueUrl" : "regenerateUrl";
    const url = address(this.#root, name, old.dataset.message ?? "");
    const accepted = await this.#sender.ask(url, new FormData(form), () => this.#replace(form));
    if (!accepted) return;
    if (accepted.response.redirected) return location.reload();
    const article = copyOf("assistant");
    showTime(article, new Date());
    old.replaceWith(article);
    this.#composer.focus();
    await this.#current.follow(new Reply(article), accepted, (start) => this.#onStart(article, start, ""));
    const isWorse = old.dataset.status === "done" && article.dataset.status !== "done";
    if (isWorse && article.isConnected && !form.matches("[data-continue]")) this.#restore(old, article);
  }

  /** Puts a finished reply back that one which failed was to replace. @param {HTMLElement} old @param {HTMLElement} failed */
  #restore(old, failed) {
    failed.replaceWith(old);
    /** @type {HTMLInputElement} */ (find(old, "[data-regenerate] [name=key]")).value = newKey();
    this.#notice.show({ message: `${said(failed)} The reply before is kept.`, retryAfter: 0, retry: null });
  }

  /**
   * Makes this the page of the reply's conversation.
   * @param {HTMLElement} article
   * @param {import("../../streaming/events.js").Start} start
   * @param {string} text  what the reply answers, if that is new
   */
  #onStart(article, { conversation, message }, text) {
    removeEarlier(message, article, { withQuestion: text !== "" });
    this.#root.dataset.messageCount = String(Number(this.#root.dataset.messageCount) + (text ? 2 : 1));
    this.#tabs.tell(conversation);
    if (this.#conversation || !conversation) return;
    this.#root.dataset.conversation = conversation;
    this.#composer.conversation = conversation;
    conversationBegan(address(this.#root, "conversationUrl", conversation), text);
  }
}
