// Saves a block of code as a file. Loaded when somebody first asks for that.

/** How files of a language end, where that is not its name. @type {Record<string, string>} */
const ENDINGS = {
  bash: "sh", "c++": "cpp", javascript: "js", markdown: "md", python: "py", ruby: "rb", rust: "rs", shell: "sh",
  text: "txt", typescript: "ts",
};
const KEPT_FOR = 2000; // milliseconds, in which the browser has read it

/** @param {string} code @param {string} language */
export function save(code, language) {
  const link = document.createElement("a");
  const name = language.toLowerCase();
  link.href = URL.createObjectURL(new Blob([code], { type: "text/plain" }));
  link.download = `code.${ENDINGS[name] ?? name}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_FOR);
}
