// The page: sends messages and has their replies shown.

import { address, find } from "../reply/elements.js";
import { Reply } from "../reply/reply.js";
import { openCitedSources } from "../reply/sources.js";
import { addCodeTools, listenToTools } from "../reply/tools.js";
import { Composer } from "./composer.js";
import { conversationBegan } from "./conversations.js";
import { CurrentReply } from "./current_reply.js";
import { appendExchange, named, removeEarlier } from "./messages.js";
import { Notice } from "./notice.js";
import { Phase } from "./phase.js";
import { keepPlace } from "./scroll.js";
import { Sender } from "./sender.js";
import { listenToKeys } from "./shortcuts.js";
import { showTime } from "./times.js";
import { Tabs, Updates } from "./updates.js";
import { Visibility } from "./visibility.js";

/**
 * @typedef {import("./branch.js").Branching} Branching
 * @typedef {import("./sender.js").Accepted} Accepted
 * @typedef {import("./messages.js").Exchange} Exchange
 */

export class Chat {
  #root;
  #messages;
  #phase = new Phase();
  #composer;
  #sender;
  #toTop;
  #tabs;
  #current;
  /** @type {import("./queue.js").Page} */ #page;
  #signal;
  /** @type {Promise<import("./queue.js").Queue> | undefined} */ #loadedQueue;

  /** @param {HTMLElement} root @param {AbortSignal} signal */
  constructor(root, signal) {
    this.#root = root;
    this.#signal = signal;
    this.#messages = find(root, "[data-messages]");
    this.#toTop = keepPlace(this.#messages, find(root, "[data-jump]"), signal);
    const phase = this.#phase;
    const form = /** @type {HTMLFormElement} */ (find(root, "[data-composer]"));
    const notice = new Notice(form);
    const actions = { onSend: () => this.#send(), onStop: () => this.#current.stop() };
    const composer = (this.#composer = new Composer(form, { phase, ...actions }, signal));
    const sender = (this.#sender = new Sender(root, { phase, notice }, signal));
    const updates = this.#updates(signal);
    const visibility = new Visibility({ hiddenAfter: Number(root.dataset.hiddenAfter) }, signal);
    visibility.addEventListener("back", () => updates.look({ happened: this.#conversation !== "" }), { signal });
    visibility.addEventListener("shown", () => updates.look(), { signal });
    this.#tabs = new Tabs((changed) => {
      if (changed === `waiting ${this.#conversation}`) this.#queue.then((queue) => queue.refresh());
      else updates.look({ happened: changed === this.#conversation });
    }, signal);
    this.#current = new CurrentReply(root, { phase, sender, notice, updates, visibility }, signal);
    this.#page = {
      ...{ root, phase, notice, sender, composer, updates, tabs: this.#tabs },
      append: (text, option) => this.#append(text, option),
      answer: (exchange, accepted, text) => this.#answer(exchange, accepted, text),
    };
    root.addEventListener("submit", (event) => this.#onSubmit(event), { signal });
    this.#messages.addEventListener("click", (event) => this.#onClick(event), { signal });
    openCitedSources(this.#messages, signal);
    listenToTools(this.#messages, signal);
    const isRunning = () => phase.name === "running";
    listenToKeys(root, { onStop: actions.onStop, isRunning, onWrite: () => this.#composer.focus() }, signal);
    for (const article of this.#messages.children) this.#show(/** @type {HTMLElement} */ (article));
    if (!find(root, "[data-queue]").hidden) this.#queue;
  }

  /** What waits for the end of a reply: loaded when something does. */
  get #queue() {
    return (this.#loadedQueue ??= import("./queue.js").then(({ Queue }) => new Queue(this.#page, this.#signal)));
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
    if (!form.matches("[data-example], [data-regenerate], [data-continue], [data-opinion]")) return;
    event.preventDefault();
    const pressed = /** @type {HTMLButtonElement} */ (event.submitter);
    if (form.matches("[data-opinion]")) import("./opinion.js").then(({ think }) => think(form, pressed, this.#root), () => {});
    else if (!this.#phase.isIdle) return;
    else if (form.matches("[data-example]")) this.#sendExample(form, pressed);
    else import("./replace.js").then(({ replace }) => replace(form, this.#page), () => form.submit());
  }

  /** Opens a form in the place of a message. Its link leads to one, too. @param {MouseEvent} event */
  #onClick(event) {
    const link = /** @type {HTMLAnchorElement | null} */ (/** @type {Element} */ (event.target).closest("[data-edit]"));
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    import("./edit.js").then(({ edit }) => edit(link, this.#page), () => location.assign(link.href));
  }

  /** Sends what is in the box. It is put back there if the server does not accept it. */
  async #send() {
    const { action, data, text } = this.#composer;
    if (this.#composer.isEmpty) return;
    if (!this.#phase.isIdle && this.#composer.attached?.count) return this.#composer.attached.cannotWait();
    this.#composer.takeOut();
    if (!this.#phase.isIdle) {
      return this.#queue.then((queue) => queue.send(action, data), () => this.#composer.putBack());
    }
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
    data.set("leaf", /** @type {HTMLElement | null} */ (this.#messages.lastElementChild)?.dataset.message ?? "");
    const exchange = this.#append(text, String(data.get("option") ?? ""));
    if (taken) this.#composer.attached?.showIn(exchange.question);
    const welcome = /** @type {HTMLElement | null} */ (this.#root.querySelector("[data-welcome]"));
    if (welcome) welcome.hidden = true;
    const accepted = await this.#sender.ask(action, data, retry);
    if (!accepted) {
      if (welcome) welcome.hidden = false;
      exchange.question.remove();
      exchange.article.remove();
      if (taken) this.#composer.putBack();
      return;
    }
    if (taken) this.#composer.accepted();
    if (accepted.response.redirected) return location.assign(accepted.response.url);
    welcome?.remove();
    await this.#answer(exchange, accepted, text || exchange.question.querySelector("img")?.alt || "");
  }

  /** @param {string} text @param {string} option @returns {Exchange} that is on its way, at the top of the page */
  #append(text, option) {
    const exchange = appendExchange(this.#messages, text, option);
    this.#toTop(exchange.question);
    return exchange;
  }

  /** @param {Exchange} exchange @param {Accepted} accepted @param {string} text  of the question, if that is new */
  #answer({ question, article }, accepted, text) {
    const place = new URL(accepted.response.headers.get("Content-Location") ?? "", location.href);
    const leaf = (this.#root.dataset.leaf = place.searchParams.get("leaf") ?? "");
    if (text) named(question, leaf, address(this.#root, "editUrl", leaf));
    article.dataset.status = "running";
    return this.#current.follow(new Reply(article), accepted, (start) => this.#onStart(article, start, text));
  }

  /**
   * Makes this the page of the reply's conversation.
   * @param {HTMLElement} article
   * @param {import("../../streaming/events.js").Start} start
   * @param {string} text  what the reply answers, if that is new
   */
  #onStart(article, { conversation, message }, text) {
    removeEarlier(message, article, { withQuestion: text !== "" });
    const { messageCount } = this.#root.dataset;
    if (messageCount) this.#root.dataset.messageCount = String(Number(messageCount) + 2);
    this.#tabs.tell(conversation);
    if (this.#conversation || !conversation) return;
    this.#root.dataset.conversation = conversation;
    this.#composer.conversation = conversation;
    conversationBegan(address(this.#root, "conversationUrl", conversation), text);
  }
}
