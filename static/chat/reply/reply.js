// A reply on the page: hands each event to the part that it is about, and brings them up to date once a frame.

import { offerActions } from "./actions.js";
import { addReplyCopyButton } from "./copy.js";
import { onceAFrame } from "./frames.js";
import { Output } from "./output.js";
import { find } from "./parts.js";
import { Reasoning } from "./reasoning.js";
import { Sources } from "./sources.js";
import { Steps } from "./steps.js";
import { ReplyText } from "./text.js";

/** What providers call it when a reply has reached its length limit, as in chatsite/chat/models.py. */
const LENGTH_LIMITS = ["length", "max_tokens", "max_output_tokens"];

/**
 * @typedef {{ run: string, message: string | null, model: string | null }} Start
 * @typedef {{ status: string, finish_reason: string | null, error: { code: string, message: string } | null }} End
 */

export class Reply {
  /** Number of the last event that is on the page. @type {number} */
  after;
  #reasoning;
  #steps;
  #sources;
  #output;
  #text;
  #draw = onceAFrame(() => this.#update());

  /** @param {HTMLElement} article  made from the template, or by the server */
  constructor(article) {
    this.article = article;
    this.after = Number(article.dataset.after);
    this.#reasoning = new Reasoning(article);
    this.#steps = new Steps(article);
    this.#sources = new Sources(article);
    this.#output = new Output(article);
    this.#text = new ReplyText(article, this.#sources);
  }

  get run() {
    return this.article.dataset.run ?? "";
  }

  /** What is to be done with each event but the end. @type {Record<string, (data: any) => void>} */
  #handlers = {
    start: (start) => this.#start(start),
    reasoning: ({ text }) => this.#reasoning.add(text),
    token: ({ text }) => {
      this.#reasoning.over();
      this.#output.add(text);
      this.#text.add(text);
    },
    block: (block) => this.#text.block(block),
    "tool-start": (call) => {
      this.#reasoning.over();
      this.#steps.begin(call);
    },
    "tool-end": (result) => this.#steps.finish(result),
    documents: ({ documents }) => {
      this.#sources.add(documents);
      this.#text.cite();
    },
    output: ({ patch }) => {
      this.#reasoning.over();
      this.#output.patch(patch);
    },
  };

  /** Take an event; the page shows it within a frame. @param {string} type @param {any} data */
  take(type, data) {
    this.#handlers[type]?.(data);
    this.#draw();
  }

  /** @param {boolean} lost */
  connection(lost) {
    find(this.article, "[data-connection]").hidden = !lost;
  }

  /** @param {End} end @returns {string} the sentence that says so */
  end({ status, finish_reason: reason, error }) {
    this.#draw.now();
    this.#reasoning.over();
    this.#steps.end();
    this.connection(false);
    this.article.dataset.status = status;
    const kind = status === "done" && LENGTH_LIMITS.includes((reason ?? "").toLowerCase()) ? "length" : status;
    if (error) {
      find(this.article, "[data-error-message]").textContent = error.message;
      find(this.article, "[data-error-code]").textContent = error.code;
    }
    find(this.article, "[data-reference]").textContent = this.run.slice(0, 8);
    for (const line of this.article.querySelectorAll("[data-when]")) {
      /** @type {HTMLElement} */ (line).hidden = /** @type {HTMLElement} */ (line).dataset.when !== kind;
    }
    offerActions(this.article, kind);
    this.finished();
    const line = this.article.querySelector(`[data-when="${kind}"] [data-error-message], p[data-when="${kind}"]`);
    return line?.textContent?.trim() ?? "The reply is complete.";
  }

  /** Add what only a finished reply has. */
  finished() {
    addReplyCopyButton(this.article);
  }

  /** @param {Start} start */
  #start({ run, message, model }) {
    this.article.dataset.run = run;
    if (message) {
      this.article.dataset.message = message;
      this.article.id = `message-${message}`;
    }
    if (model) find(this.article, "[data-model]").textContent = model;
  }

  #update() {
    this.#reasoning.draw();
    this.#output.draw();
    if (this.#output.isJson) this.#text.clear();
    else this.#text.draw();
  }
}
