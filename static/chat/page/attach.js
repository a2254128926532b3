// What goes with a message: images, which are uploaded at once and sent with it; and documents, where the assistant
// answers from them.

import { address, announce, copyOf, find } from "../reply/elements.js";
import { upload } from "./upload.js";

/**
 * A file in the box. `image`: its id, once the site has it.
 * @typedef {{ row: HTMLElement, abort: AbortController, image: string }} Item
 * @typedef {{ id: string, url: string, name: string, width: number, height: number }} Image
 */

export class Attached {
  #form;
  #told;
  /** @type {HTMLElement | null} */ #list;
  /** @type {Item[]} */ #items = [];
  /** @type {Item[]} */ #onTheirWay = [];
  /** One after the other: a person has few places. */
  #last = Promise.resolve();
  #uploads = 0;

  /** @param {HTMLFormElement} form  of the message box */
  constructor(form) {
    this.#form = form;
    this.#told = find(form, "[data-attach-told]");
    this.#list = form.querySelector("[data-attached]");
    document.addEventListener("dragleave", ({ relatedTarget }) => relatedTarget || this.#over(false));
    form.addEventListener("submit", (event) => this.#wait(event), { capture: true });
  }

  /** How many images there are. */
  get count() {
    return this.#items.filter(({ row }) => row.dataset.kind === "image").length;
  }

  /** Takes what was pasted, dropped or chosen. @param {string} how  the event's name @param {File[]} files */
  take(how, files) {
    this.#over(how === "dragover");
    if (how === "dragover") return;
    this.#told.hidden = true;
    for (const file of files) this.#add(file);
    const input = /** @type {HTMLInputElement | null} */ (this.#form.querySelector("[data-attach]"));
    if (input) input.value = ""; // the script sends the files
  }

  /** Takes the images out of the box, for a message that is being sent. */
  takeOut() {
    const images = this.#items.filter(({ image }) => image);
    if (images.length) this.#onTheirWay = images;
    for (const { row } of this.#items) row.remove();
    this.#items = [];
    this.#told.hidden = true;
    this.#show();
  }

  /** Shows in a message what was taken out. @param {HTMLElement} question */
  showIn(question) {
    if (!this.#onTheirWay.length) return;
    const list = copyOf("images");
    list.append(...this.#onTheirWay.map(({ row }) => linked(row)));
    find(question, "[data-text]").before(list);
  }

  /** Says that images do not wait for the end of a reply. They stay in the box. */
  cannotWait() {
    this.#refuse(this.#told.dataset.cannotWait);
  }

  accepted() {
    this.#onTheirWay = [];
  }

  /** Puts back what was taken out. */
  putBack() {
    this.#items.unshift(...this.#onTheirWay);
    this.#list?.prepend(...this.#onTheirWay.map(({ row }) => row));
    this.accepted();
    this.#show();
  }

  /** @param {boolean} isOver  whether files are held over the page */
  #over(isOver) {
    this.#form.toggleAttribute("data-over", isOver);
  }

  /** @param {File} file */
  #add(file) {
    const { imagesUrl, documentsUrl, cannotSee, notAnImage, tooMany, tooLarge, most, mostBytes } = this.#told.dataset;
    const isImage = file.type.startsWith("image/");
    if (isImage && cannotSee) return this.#refuse(cannotSee);
    if (!isImage && !documentsUrl) return this.#refuse(notAnImage, { withDocuments: true });
    if (isImage && this.count >= Number(most)) return this.#refuse(tooMany);
    if (isImage && file.size > Number(mostBytes)) return this.#refuse(tooLarge);
    const row = copyOf("attached");
    row.dataset.kind = isImage ? "image" : "document";
    for (const name of row.querySelectorAll("[data-name]")) name.textContent = ` ${file.name}`;
    const item = { row, abort: new AbortController(), image: "" };
    find(row, "[data-remove]").addEventListener("click", () => this.#remove(item, file.name));
    this.#items.push(item);
    this.#list?.append(row);
    this.#show();
    this.#uploads += 1;
    this.#last = this.#last.then(() => this.#upload(item, file, (isImage ? imagesUrl : documentsUrl) ?? ""));
  }

  /** @param {Item} item @param {File} file @param {string} url */
  async #upload(item, file, url) {
    const progress = /** @type {HTMLProgressElement} */ (find(item.row, "progress"));
    const { ok, told } = await upload(url, file, { token: this.#token, progress, signal: item.abort.signal });
    progress.remove();
    this.#uploads -= 1;
    if (item.abort.signal.aborted) return;
    const isImage = item.row.dataset.kind === "image";
    if (ok && isImage) this.#uploaded(item, told);
    else if (ok) this.#say(item, told.message);
    else {
      this.#drop(item);
      this.#refuse(told?.error?.message ?? (told ? this.#told.dataset.failed : this.#told.dataset.lost));
    }
    if (ok) announce(`${this.#told.dataset.added} ${file.name}`);
  }

  /** @param {Item} item @param {Image} image */
  #uploaded(item, { id, url, name, width, height }) {
    item.image = id;
    const shown = /** @type {HTMLImageElement} */ (find(item.row, "img"));
    Object.assign(shown, { src: url, width, height, hidden: false });
    item.row.dataset.name = name;
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: "images", value: id });
    item.row.append(field);
  }

  /** @param {Item} item @param {string} sentence */
  #say(item, sentence) {
    const told = find(item.row, "[data-told]");
    told.hidden = false;
    told.textContent = sentence;
    find(item.row, "[data-name]").hidden = true;
  }

  /** @param {Item} item @param {string} name */
  #remove(item, name) {
    item.abort.abort();
    if (item.image) {
      const url = address(this.#told, "removeUrl", item.image);
      fetch(url, { method: "POST", headers: { "X-CSRFToken": this.#token, Accept: "application/json" } }).catch(() => {});
    }
    const next = item.row.nextElementSibling ?? item.row.previousElementSibling;
    this.#drop(item);
    (next?.querySelector("button") ?? find(this.#form, "[data-prompt]")).focus();
    announce(`${this.#told.dataset.removed} ${name}`);
  }

  /** @param {Item} item */
  #drop(item) {
    item.row.remove();
    this.#items = this.#items.filter((other) => other !== item);
    this.#show();
  }

  #show() {
    if (this.#list) this.#list.hidden = !this.#items.length;
  }

  /** @param {string | undefined} sentence */
  #refuse(sentence, { withDocuments = false } = {}) {
    find(this.#told, "[data-told]").textContent = sentence ?? "";
    const link = find(this.#told, "[data-documents]"); // it leads nowhere where there are no documents
    link.hidden = !withDocuments || !link.getAttribute("href");
    this.#told.hidden = false;
  }

  /** A message waits for its images. @param {SubmitEvent} event */
  #wait(event) {
    if (!this.#uploads) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    announce(this.#told.dataset.waiting ?? "");
    const waited = this.#last;
    waited.then(() => waited === this.#last && this.#told.hidden && this.#form.requestSubmit());
  }

  get #token() {
    return /** @type {HTMLInputElement} */ (this.#form.elements.namedItem("csrfmiddlewaretoken")).value;
  }
}

/** An image as it is in a message. @param {HTMLElement} row  as it was in the box */
function linked(row) {
  const item = copyOf("image");
  const { src, width, height } = /** @type {HTMLImageElement} */ (find(row, "img"));
  const link = /** @type {HTMLAnchorElement} */ (find(item, "a"));
  link.href = src;
  link.dataset.image = /** @type {HTMLInputElement} */ (find(row, "input")).value;
  const [w, h] = ["width", "height"].map((name) => find(row, "img").getAttribute(name));
  Object.assign(find(item, "img"), { src, alt: row.dataset.name, width: Number(w) || width, height: Number(h) || height });
  return item;
}
