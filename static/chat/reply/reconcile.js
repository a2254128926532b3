// Makes nodes of the page what they are to be, and touches only what differs: a selection in the rest survives.

/**
 * Makes the children after one (or all of them) these nodes.
 * @param {Node} parent
 * @param {Node | null} after
 * @param {Iterable<Node>} nodes  which the page may take
 * @param {{ keepRest?: boolean }} [options]  whether to leave what comes after them
 * @returns {Node | null} the last of them
 */
export function reconcile(parent, after, nodes, { keepRest = false } = {}) {
  let last = after;
  for (const node of [...nodes]) {
    const old = nextOf(parent, last);
    if (old instanceof Text && node instanceof Text) last = reconcileText(old, node.data);
    else if (old?.isEqualNode(node)) last = old;
    else if (old instanceof Element && node instanceof Element && isAlike(old, node)) {
      reconcile(old, null, node.childNodes);
      last = old;
    } else {
      parent.insertBefore(node, old);
      old?.remove();
      last = node;
    }
  }
  if (!keepRest) for (let old = nextOf(parent, last); old; old = nextOf(parent, last)) old.remove();
  return last;
}

/** The next child that is the server's: controls in it are the page's own. @param {Node} parent @param {Node | null} after */
function nextOf(parent, after) {
  let next = after ? after.nextSibling : parent.firstChild;
  while (next instanceof Element && next.matches("[data-control]")) next = next.nextSibling;
  return /** @type {ChildNode | null} */ (next);
}

/** @param {Element} one @param {Element} other */
function isAlike(one, other) {
  return one.cloneNode(false).isEqualNode(other.cloneNode(false));
}

/**
 * A text may stand in several nodes side by side, as it came.
 * @param {Text} first
 * @param {string} data
 * @returns {Text} the last of them
 */
function reconcileText(first, data) {
  let node = first;
  let rest = data;
  while (rest.startsWith(node.data) && node.nextSibling instanceof Text) {
    rest = rest.slice(node.length);
    node = node.nextSibling;
  }
  if (rest !== node.data) change(node, rest);
  while (node.nextSibling instanceof Text) node.nextSibling.remove();
  return node;
}

/** Changes the end of a text, if that is all that differs. @param {Text} node @param {string} data */
function change(node, data) {
  if (data.startsWith(node.data)) node.appendData(data.slice(node.length));
  else if (node.data.startsWith(data)) node.deleteData(data.length, node.length);
  else node.data = data;
}
