// RFC 6902: JSON Patch, on JSON Pointers (RFC 6901). Nothing is changed in place: what a patch leaves alone is the
// same object afterwards, so comparing objects shows what has changed.

/**
 * @typedef {import("./events.js").Json} Json
 * @typedef {import("./events.js").Operation} Operation
 */

/**
 * Applies all operations, or none.
 * @param {Json} document
 * @param {Operation[]} patch
 * @returns {Json} the document that the patch makes of it
 * @throws {PatchError} if an operation does not fit
 */
export function applyPatch(document, patch) {
  return patch.reduce(applied, document);
}

export class PatchError extends Error {}

/** @param {Json} document @param {Operation} operation @returns {Json} */
function applied(document, { op, path, from = "", value }) {
  const target = tokens(path);
  switch (op) {
    case "add":
      return added(document, target, required(value));
    case "remove":
      return removed(document, target);
    case "replace":
      at(document, target);
      return replaced(document, target, required(value));
    case "move":
      if (path.startsWith(`${from}/`)) throw new PatchError(`${from} cannot be moved into itself`);
      return added(removed(document, tokens(from)), target, at(document, tokens(from)));
    case "copy":
      return added(document, target, at(document, tokens(from)));
    case "test":
      if (!equal(at(document, target), value)) throw new PatchError(`${path} is not what was expected`);
      return document;
    default:
      throw new PatchError(`there is no operation ${op}`);
  }
}

/** @param {string} pointer @returns {string[]} */
function tokens(pointer) {
  if (pointer === "") return [];
  if (!pointer.startsWith("/") || /~(?![01])/.test(pointer)) throw new PatchError(`${pointer} is not a JSON pointer`);
  return pointer.slice(1).split("/").map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** @param {Json} document @param {string[]} path @returns {Json} the value there */
function at(document, path) {
  return path.reduce(member, document);
}

/** @param {Json} container @param {string} token @returns {Json} */
function member(container, token) {
  if (Array.isArray(container)) return container[index(token, container.length - 1)];
  if (isObject(container) && Object.hasOwn(container, token)) return container[token];
  throw new PatchError(`there is no ${token}`);
}

/** @param {Json} document @param {string[]} path @param {Json} value @returns {Json} */
function added(document, path, value) {
  if (path.length === 0) return value;
  return edited(document, path, (container, token) => {
    if (!Array.isArray(container)) return { ...container, [token]: value };
    return container.toSpliced(token === "-" ? container.length : index(token, container.length), 0, value);
  });
}

/** @param {Json} document @param {string[]} path @returns {Json} */
function removed(document, path) {
  if (path.length === 0) return null;
  return edited(document, path, (container, token) => {
    member(container, token);
    if (Array.isArray(container)) return container.toSpliced(Number(token), 1);
    const { [token]: _, ...rest } = container;
    return rest;
  });
}

/** @param {Json} document @param {string[]} path @param {Json} value @returns {Json} */
function replaced(document, path, value) {
  if (path.length === 0) return value;
  return edited(document, path, (container, token) => withMember(container, token, value));
}

/**
 * @param {Json} document
 * @param {string[]} path  not empty
 * @param {(container: Json, token: string) => Json} edit  makes a new container of the one that the path ends in
 * @returns {Json}
 */
function edited(document, [token, ...rest], edit) {
  if (rest.length) return withMember(document, token, edited(member(document, token), rest, edit));
  if (!isObject(document)) throw new PatchError(`there can be no ${token}`);
  return edit(document, token);
}

/** @param {Json} container @param {string} token  of what it has @param {Json} value @returns {Json} */
function withMember(container, token, value) {
  return Array.isArray(container) ? container.with(Number(token), value) : { ...container, [token]: value };
}

/** @param {string} token @param {number} last  the greatest that there may be @returns {number} */
function index(token, last) {
  if (!/^(?:0|[1-9]\d*)$/.test(token) || Number(token) > last) throw new PatchError(`there is no place ${token}`);
  return Number(token);
}

/** @param {Json} value */
function isObject(value) {
  return typeof value === "object" && value !== null;
}

/** @param {Json} value @returns {Json} */
function required(value) {
  if (value === undefined) throw new PatchError("the value is missing");
  return value;
}

/** @param {Json} one @param {Json} other @returns {boolean} whether they are equal as JSON */
function equal(one, other) {
  if (!isObject(one) || !isObject(other) || Array.isArray(one) !== Array.isArray(other)) return one === other;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && equal(one[name], other[name]))
  );
}
