// The page: sends messages, follows one reply at a time, and keeps its parts in step.

import { Attention } from "./attention.js";
import { Composer } from "./composer.js";
import { addCopyButtons } from "./copy.js";
import { conversationBegan } from "./conversations.js";
import { appendExchange, removeEarlier } from "./exchange.js";
import { followReply } from "./live.js";
import { Outbox } from "./outbox.js";
import { address, copyOf, find } from "./parts.js";
import { Reply } from "./reply.js";
import { stickToBottom } from "./scroll.js";
import { openCitedSources } from "./sources.js";
import { Tabs } from "./tabs.js";
import { Updates } from "./update.js";

/** @typedef {import("./outbox.js").Accepted} Accepted */

export class Chat {
  #root;
  #signal;
  #messages;
  #composer;
  #outbox;
  #toBottom;
  #attention;
  #tabs;
  #updates;
  /** @type {Reply | null} */ #reply = null;

  /** @param {HTMLElement} root @param {AbortSignal} signal */
  constructor(root, signal) {
    this.#root = root;
    this.#signal = signal;
    this.#messages = find(root, "[data-messages]");
    this.#toBottom = stickToBottom(this.#messages, find(root, "[data-jump]"), signal);
    const form = /** @type {HTMLFormElement} */ (find(root, "[data-composer]"));
    this.#composer = new Composer(form, { onSend: () => this.#send(), onStop: () => this.#stop() }, signal);
    this.#outbox = new Outbox(root, this.#composer, signal);
    const mayUpdate = () => !this.#composer.busy && !document.hidden;
    this.#updates = new Updates(root, { mayUpdate, onArticle: (article) => this.#show(article) }, signal);
    const onShown = (/** @type {boolean} */ wasAway) => this.#updates.look({ happened: wasAway && this.#conversation !== "" });
    this.#attention = new Attention({ hiddenAfter: Number(root.dataset.hiddenAfter), onShown }, signal);
    this.#tabs = new Tabs((changed) => this.#updates.look({ happened: changed === this.#conversation }), signal);
    root.addEventListener("submit", (event) => this.#onSubmit(event), { signal });
    openCitedSources(this.#messages, signal);
    for (const article of this.#messages.children) this.#show(/** @type {HTMLElement} */ (article));
  }

  get #conversation() {
    return this.#root.dataset.conversation ?? "";
  }

  /** Take up a message that the server has rendered. @param {HTMLElement} article */
  #show(article) {
    if (article.dataset.role !== "assistant") return;
    addCopyButtons(article);
    const reply = new Reply(article);
    const isRunning = ["queued", "running"].includes(article.dataset.status ?? "");
    if (!isRunning) reply.finished();
    else if (article === this.#messages.lastElementChild) this.#follow(reply, null, "");
  }

  /** What else can be asked for is in forms, so that it works without script as well. @param {SubmitEvent} event */
  #onSubmit(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!form.matches("[data-example], [data-regenerate], [data-continue]")) return;
    event.preventDefault();
    if (this.#composer.busy) return;
    if (form.matches("[data-example]")) this.#sendExample(form, /** @type {HTMLButtonElement} */ (event.submitter));
    else this.#replace(form);
  }

  /** Send what is in the box. It stays there until the server has accepted it. */
  async #send() {
    const { action, data, text } = this.#composer;
    if (!text.trim()) return;
    const accepted = await this.#outbox.ask(action, data, () => this.#send());
    if (!accepted) return;
    this.#composer.sent(text);
    await this.#begin(accepted, text);
  }

  /** Send an example past the box, in which there may be a draft. @param {HTMLFormElement} form @param {HTMLButtonElement} button */
  async #sendExample(form, button) {
    const data = new FormData(form, button);
    this.#composer.option = String(data.get("option") ?? "");
    const accepted = await this.#outbox.ask(form.action, data, () => this.#sendExample(form, button));
    if (!accepted) return;
    if (button.matches(":focus-visible")) this.#composer.focus(); // on a phone the keyboard would cover the reply
    await this.#begin(accepted, button.value);
  }

  /** Show a message that was accepted, and follow its reply. @param {Accepted} accepted @param {string} text */
  async #begin(accepted, text) {
    if (accepted.response.redirected) return location.assign(accepted.response.url);
    this.#root.querySelector("[data-welcome]")?.remove();
    const article = appendExchange(this.#messages, text);
    this.#toBottom();
    await this.#follow(new Reply(article), accepted, text);
  }

  /** Put another reply in the place of one, whole or from where that stopped. @param {HTMLFormElement} form */
  async #replace(form) {
    const old = /** @type {HTMLElement} */ (form.closest("article"));
    const name = form.matches("[data-continue]") ? "continueUrl" : "regenerateUrl";
    const url = address(this.#root, name, old.dataset.message ?? "");
    const accepted = await this.#outbox.ask(url, new FormData(form), () => this.#replace(form));
    if (!accepted) return;
    if (accepted.response.redirected) return location.reload();
    const article = copyOf("assistant");
    old.replaceWith(article);
    this.#composer.focus();
    await this.#follow(new Reply(article), accepted, "");
  }

  /** @param {Reply} reply @param {Accepted | null} accepted @param {string} text  what it answers, if that is new */
  async #follow(reply, accepted, text) {
    this.#reply = reply;
    this.#composer.state = "running";
    const onEvent = (/** @type {import("./sse.js").ServerEvent} */ event) => {
      const begins = event.type === "start" && accepted;
      if (begins) this.#onStart(reply, JSON.parse(event.data), text);
      this.#onEvent(reply, event);
      if (begins && this.#composer.state === "stopping") this.#stop();
    };
    const page = { root: this.#root, attention: this.#attention, onEvent, again: accepted?.again ?? null };
    const following = followReply(reply, accepted?.response ?? null, page, this.#signal);
    const outcome = await following.catch((error) => this.#failed(error));
    if (outcome === "leaving") return;
    this.#reply = null;
    this.#composer.state = "idle";
    if (outcome === "failed") return;
    // The server knows how a reply ended that was lost on the way. (Of a page fresh from it there is nothing new.)
    if (outcome !== "ended" && !(await this.#updates.now())) {
      this.#announce(reply.end({ status: "interrupted", finish_reason: null, error: null }));
    }
    this.#updates.look();
  }

  /**
   * A fault of the page's own. The server has the reply; a page that loaded it again by itself might never end.
   * @param {unknown} error
   */
  #failed(error) {
    reportError(error);
    const message = "The page could not show the reply. Retry loads it again.";
    this.#composer.notice({ message, retryAfter: 0, retry: () => location.reload() });
    return "failed";
  }

  /** @param {Reply} reply @param {import("./sse.js").ServerEvent} event */
  #onEvent(reply, { type, data, id }) {
    const content = JSON.parse(data);
    if (type === "start") this.#announce("The reply has begun.");
    if (type === "end") this.#announce(reply.end(content));
    else reply.take(type, content);
    if (id) reply.after = Number(id); // a block has none, and repeats the one before
  }

  /** @param {Reply} reply @param {{ conversation: string, message: string }} start @param {string} text */
  #onStart(reply, { conversation, message }, text) {
    removeEarlier(message, reply.article, { withQuestion: text !== "" });
    this.#tabs.tell(conversation);
    if (this.#conversation || !conversation) return;
    this.#root.dataset.conversation = conversation;
    this.#composer.conversation = conversation;
    conversationBegan(address(this.#root, "conversationUrl", conversation), text);
  }

  /** Until the reply's first event it has no name that the server would know: then this is done again. */
  #stop() {
    this.#composer.state = "stopping";
    this.#announce("Stopping.");
    if (this.#reply?.run) this.#outbox.stop(address(this.#root, "stopUrl", this.#reply.run));
  }

  /** @param {string} sentence */
  #announce(sentence) {
    find(this.#root, "[data-announcer]").textContent = sentence;
  }
}
