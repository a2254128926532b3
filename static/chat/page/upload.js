// Uploads a file, and says how far it is.

/**
 * @param {string} url
 * @param {File} file
 * @param {{ token: string, progress: HTMLProgressElement, signal: AbortSignal }} options
 * @returns {Promise<{ ok: boolean, told: any }>} what the server said; null if it was not reached
 */
export function upload(url, file, { token, progress, signal }) {
  const data = new FormData();
  data.set("csrfmiddlewaretoken", token);
  data.set("file", file);
  const request = new XMLHttpRequest(); // fetch() does not tell how much it has sent
  return new Promise((resolve) => {
    const lost = () => resolve({ ok: false, told: null });
    if (signal.aborted) return lost();
    signal.addEventListener("abort", () => request.abort());
    request.upload.onprogress = ({ loaded, total }) => void (progress.value = loaded / total);
    request.upload.onload = () => progress.removeAttribute("value"); // it is being read now
    request.onload = () => resolve({ ok: request.status < 300, told: read(request.responseText) });
    request.onerror = request.onabort = lost;
    request.open("POST", url);
    request.setRequestHeader("Accept", "application/json");
    request.send(data);
  });
}

/** @param {string} text */
function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
