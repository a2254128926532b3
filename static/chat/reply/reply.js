// A reply on the page: hands each event to the part that it is about, and brings them up to date once a frame.

import { addReplyCopyButton } from "./copy.js";
import { find } from "./elements.js";
import { showEnd } from "./ending.js";
import { onceAFrame } from "./frames.js";
import { Output } from "./output.js";
import { Reasoning } from "./reasoning.js";
import { Sources } from "./sources.js";
import { Steps } from "./steps.js";
import { ReplyText } from "./text.js";

/** @typedef {{ run: string, message: string | null, model: string | null }} Start */

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

  /** @param {import("./ending.js").End} end @returns {string} the sentence that says so */
  end(end) {
    this.#draw.now();
    this.#reasoning.over();
    this.#steps.end();
    this.connection(false);
    return showEnd(this.article, end);
  }

  /** Adds what only a finished reply has, to one that the server has rendered. */
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
