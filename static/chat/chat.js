// The page: sends messages, follows one reply at a time, and keeps its parts in step.

import { Composer } from "./composer.js";
import { addCopyButtons } from "./copy.js";
import { conversationBegan } from "./conversations.js";
import { followReply } from "./live.js";
import { address, copyOf, find } from "./parts.js";
import { Reply } from "./reply.js";
import { Refused, postForEvents, postForJson } from "./requests.js";
import { stickToBottom } from "./scroll.js";
import { openCitedSources } from "./sources.js";

export class Chat {
  #root;
  #signal;
  #messages;
  #composer;
  #scroll;
  /** @type {Reply | null} */ #reply = null;

  /** @param {HTMLElement} root @param {AbortSignal} signal */
  constructor(root, signal) {
    this.#root = root;
    this.#signal = signal;
    this.#messages = find(root, "[data-messages]");
    this.#scroll = stickToBottom(this.#messages, find(root, "[data-jump]"), signal);
    const form = /** @type {HTMLFormElement} */ (find(root, "[data-composer]"));
    this.#composer = new Composer(form, { onSend: (text) => this.#send(text), onStop: () => this.#stop() }, signal);
    root.addEventListener("submit", (event) => this.#onSubmit(event), { signal });
    openCitedSources(this.#messages, signal);
    addCopyButtons(this.#messages);
    for (const article of this.#messages.querySelectorAll('[data-role="assistant"]')) this.#show(article);
  }

  /** Take up a message that the server has rendered. @param {Element} article */
  #show(article) {
    const reply = this.#replyOn(/** @type {HTMLElement} */ (article));
    const status = reply.article.dataset.status ?? "";
    if (!["queued", "running"].includes(status)) reply.finished();
    else if (article === this.#messages.lastElementChild) this.#follow(reply, null, "");
  }

  /** @param {HTMLElement} article */
  #replyOn(article) {
    return new Reply(article, { onDraw: () => this.#scroll.follow() });
  }

  /** Examples and Retry are forms, so that they work without script as well. @param {SubmitEvent} event */
  #onSubmit(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!form.matches("[data-example], [data-retry]")) return;
    event.preventDefault();
    if (this.#composer.busy) return;
    if (form.matches("[data-retry]")) return void this.#regenerate(/** @type {HTMLElement} */ (form.closest("article")));
    this.#composer.text = /** @type {HTMLButtonElement} */ (event.submitter).value;
    this.#composer.option = String(new FormData(form).get("option") ?? "");
    this.#send(this.#composer.text);
  }

  /** @param {string} text  stays in the box until the server has accepted it */
  async #send(text) {
    if (!text.trim()) return;
    const response = await this.#open(this.#composer.action, this.#composer.data, () => this.#send(this.#composer.text));
    if (!response) return;
    if (this.#composer.text === text) this.#composer.text = "";
    this.#root.querySelector("[data-welcome]")?.remove();
    const question = copyOf("user");
    find(question, "[data-text]").textContent = text;
    const article = copyOf("assistant");
    this.#messages.append(question, article);
    this.#scroll.toBottom();
    await this.#follow(this.#replyOn(article), response, text);
  }

  /** @param {HTMLElement} failed */
  async #regenerate(failed) {
    const url = address(this.#root, "regenerateUrl", failed.dataset.message ?? "");
    const response = await this.#open(url, this.#composer.token, () => this.#regenerate(failed));
    if (!response) return;
    const article = copyOf("assistant");
    failed.replaceWith(article);
    this.#composer.focus();
    await this.#follow(this.#replyOn(article), response, "");
  }

  /** @param {string} url @param {FormData} data @param {() => void} retry @returns {Promise<Response | null>} null if refused */
  async #open(url, data, retry) {
    this.#composer.notice(null);
    this.#composer.sending = true;
    try {
      return await postForEvents(url, data, this.#signal);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { message, retryAfter, retryable } = error;
      this.#composer.notice({ message, retryAfter, retry: retryable ? retry : null });
      return null;
    } finally {
      this.#composer.sending = false;
    }
  }

  /** @param {Reply} reply @param {Response | null} response @param {string} text  what it answers, if that is new */
  async #follow(reply, response, text) {
    this.#reply = reply;
    this.#composer.busy = true;
    const onEvent = (/** @type {import("./sse.js").ServerEvent} */ event) => this.#onEvent(reply, event, text);
    const { ended, heard } = await followReply(reply, response, { root: this.#root, onEvent }, this.#signal);
    // The server knows how a reply ended that was lost on the way. (A page fresh from it has nothing to gain.)
    if (!ended && (response || heard)) return location.reload();
    if (!ended) this.#announce(reply.end({ status: "interrupted", finish_reason: null, error: null }));
    this.#reply = null;
    this.#composer.busy = false;
  }

  /** @param {Reply} reply @param {import("./sse.js").ServerEvent} event @param {string} text */
  #onEvent(reply, { type, data, id }, text) {
    const content = JSON.parse(data);
    if (type === "end") this.#announce(reply.end(content));
    else reply.take(type, content);
    if (type === "start") this.#onStart(content, text);
    if (id) reply.after = Number(id); // a block has none, and repeats the one before
  }

  /** @param {{ conversation: string }} start @param {string} text */
  #onStart(start, text) {
    this.#announce("The reply has begun.");
    if (this.#root.dataset.conversation || !start.conversation) return;
    this.#root.dataset.conversation = start.conversation;
    this.#composer.conversation = start.conversation;
    conversationBegan(address(this.#root, "conversationUrl", start.conversation), text);
  }

  async #stop() {
    if (!this.#reply?.run) return;
    this.#composer.stopping();
    try {
      await postForJson(address(this.#root, "stopUrl", this.#reply.run), this.#composer.token, this.#signal);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#composer.notice({ message: error.message, retryAfter: 0, retry: null });
      this.#composer.busy = true; // Stop may be tried again
    }
  }

  /** @param {string} sentence */
  #announce(sentence) {
    find(this.#root, "[data-announcer]").textContent = sentence;
  }
}
