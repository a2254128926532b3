// A reply on the page: hands each event to the part that it is about, and brings them up to date once a frame.

import { find, word } from "./elements.js";
import { showEnd } from "./ending.js";
import { onceAFrame } from "./frames.js";
import { Reasoning } from "./reasoning.js";
import { Sources } from "./sources.js";
import { Steps } from "./steps.js";
import { ReplyText } from "./text.js";
import { addReplyCopyButton } from "./tools.js";

/**
 * @typedef {import("../../streaming/events.js").DataByType} DataByType
 * @typedef {import("../../streaming/events.js").Operation} Operation
 */

export class Reply {
  #reasoning;
  #steps;
  #sources;
  #text;
  /** Fields that a structured reply fills in: few replies have them. @type {import("./output.js").Output | null} */
  #output = null;
  /** What `#output` has not taken yet, because its module is being loaded. @type {Operation[][] | null} */
  #patches = null;
  /** The text so far, as the model wrote it. */
  #written = "";
  #draw = onceAFrame(() => this.#update());

  /** @param {HTMLElement} article  made from the template, or by the server */
  constructor(article) {
    this.article = article;
    this.#reasoning = new Reasoning(article);
    this.#steps = new Steps(article);
    this.#sources = new Sources(article);
    const places = ["[data-json-text]", "[data-body]", "[data-tail]"];
    if (Number(article.dataset.after)) this.#written = places.map((place) => find(article, place).textContent).join("");
    this.#text = new ReplyText(article, this.#sources);
    if (find(article, "[data-output]").dataset.value !== undefined) this.#patch([]);
  }

  get run() {
    return this.article.dataset.run ?? "";
  }

  /** What each event but the end does. @type {{ [Type in keyof DataByType]?: (data: DataByType[Type]) => void }} */
  #handlers = {
    start: (start) => this.#start(start),
    reasoning: ({ text }) => this.#reasoning.add(text),
    token: ({ text }) => {
      this.#reasoning.over();
      this.#written += text;
      this.#text.add(text);
    },
    block: (block) => this.#text.add(block),
    open: (open) => this.#text.add(open),
    "tool-start": (call) => {
      this.#reasoning.over();
      this.#steps.begin(call);
    },
    "tool-text": (piece) => this.#steps.write(piece),
    "tool-end": (result) => this.#steps.finish(result),
    documents: ({ documents }) => {
      this.#sources.add(documents);
      this.#text.cite();
    },
    output: ({ patch }) => {
      this.#reasoning.over();
      this.#patch(patch);
    },
  };

  /** Takes an event; the page shows it within a frame. @param {import("../../streaming/events.js").RunEvent} event */
  take({ type, data }) {
    const handle = /** @type {((data: DataByType[keyof DataByType]) => void) | undefined} */ (this.#handlers[type]);
    handle?.(data);
    this.#draw();
  }

  /** @param {boolean} isLost @returns {string} the sentence that says so, if that is news */
  connection(isLost) {
    const line = find(this.article, "[data-connection]");
    if (line.hidden === !isLost) return "";
    line.hidden = !isLost;
    return isLost ? (line.textContent ?? "") : word("back");
  }

  /** @param {import("../../streaming/events.js").End} end @returns {string} the sentence that says so */
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

  /** @param {import("../../streaming/events.js").Start} start */
  #start({ run, message, model }) {
    this.article.dataset.run = run;
    if (message) {
      this.article.dataset.message = message;
      this.article.id = `message-${message}`;
    }
    if (model) find(this.article, "[data-model]").textContent = model;
  }

  /** Changes what the fields show; the first time, once there is something that shows them. @param {Operation[]} patch */
  #patch(patch) {
    if (this.#output) return this.#output.patch(patch);
    if (this.#patches) return void this.#patches.push(patch);
    const patches = (this.#patches = [patch]);
    const begin = (/** @type {typeof import("./output.js")} */ { Output }) => {
      this.#output = new Output(this.article);
      for (const patch of patches) this.#output.patch(patch);
      this.#draw();
    };
    import("./output.js").then(begin).catch(reportError);
  }

  #update() {
    this.#reasoning.draw();
    if (this.#output?.draw(this.#written)) this.#text.clear();
    else this.#text.draw();
  }
}
