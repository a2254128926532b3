// Uploads files one after the other, chosen or dropped anywhere on the page, and shows how far each is.

/** @typedef {{ ok: boolean, message: string }} Told */

const form = /** @type {HTMLFormElement} */ (document.querySelector("[data-upload]"));
const input = /** @type {HTMLInputElement} */ (form.querySelector("input[type=file]"));
const rows = /** @type {HTMLElement} */ (form.querySelector("[data-upload-files]"));

/** One after the other: a person has few places. */
let last = Promise.resolve();

input.multiple = true;
form.addEventListener("submit", (event) => {
  if (!input.files?.length) return;
  event.preventDefault();
  upload([...input.files]);
  input.value = "";
});
document.addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  form.toggleAttribute("data-over", true);
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) form.removeAttribute("data-over");
});
document.addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  form.removeAttribute("data-over");
  upload([...(event.dataTransfer?.files ?? [])]);
});

/** @param {DragEvent} event */
function hasFiles(event) {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

/** @param {File[]} files */
function upload(files) {
  rows.hidden = false;
  const waiting = files.map((file) => ({ file, row: addRow(file.name) }));
  for (const { file, row } of waiting) last = last.then(() => take(file, row));
  last = last.then(showDocuments);
}

/** @param {string} name */
function addRow(name) {
  const row = document.createElement("li");
  const title = document.createElement("span");
  title.dir = "auto";
  title.textContent = name;
  const progress = document.createElement("progress");
  progress.ariaLabel = (form.dataset.uploading ?? "").replace("{}", () => name);
  progress.value = 0;
  const told = document.createElement("p");
  told.setAttribute("role", "status");
  row.append(title, progress, told);
  rows.append(row);
  return { row, progress, told };
}

/** @param {File} file @param {ReturnType<typeof addRow>} shown */
async function take(file, shown) {
  const message = whyNot(file);
  const told = message ? { ok: false, message } : await send(file, shown.progress);
  shown.progress.remove();
  shown.told.textContent = told.message;
  shown.row.toggleAttribute("data-refused", !told.ok);
}

/** Why a file is not even sent. @param {File} file @returns {string} */
function whyNot(file) {
  const name = file.name.toLowerCase();
  if (!input.accept.split(",").some((end) => name.endsWith(end))) return form.dataset.unknownKind ?? "";
  return file.size > Number(form.dataset.mostBytes) ? (form.dataset.tooLarge ?? "") : "";
}

/** @param {File} file @param {HTMLProgressElement} progress @returns {Promise<Told>} */
function send(file, progress) {
  const data = new FormData(form);
  data.set(input.name, file);
  const request = new XMLHttpRequest(); // fetch() does not tell how much it has sent
  return new Promise((resolve) => {
    request.upload.onprogress = ({ loaded, total }) => {
      progress.value = loaded / total;
    };
    request.upload.onload = () => progress.removeAttribute("value"); // it is being read now
    request.onload = () => resolve(answered(request));
    request.onerror = () => resolve({ ok: false, message: form.dataset.unreachable ?? "" });
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.send(data);
  });
}

/** @param {XMLHttpRequest} request @returns {Told} */
function answered({ status, responseText }) {
  try {
    const answer = JSON.parse(responseText);
    return { ok: status < 300, message: answer.message ?? answer.error.message };
  } catch {
    return { ok: false, message: form.dataset.failed ?? "" };
  }
}

/** The list, as the server has it now. */
async function showDocuments() {
  const response = await fetch(form.action, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!response?.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const list = page.querySelector("[data-documents]");
  if (list) document.querySelector("[data-documents]")?.replaceWith(list);
}
