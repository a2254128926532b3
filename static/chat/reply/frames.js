// When to touch the page: once a frame, and in a hidden tab, where frames stop, a few times a second.

const HIDDEN_TAB_MS = 250;

/**
 * Return a function that asks for `work` to be done soon. Asked many times before that, it is done once.
 * @param {() => void} work
 * @returns {(() => void) & { now: () => void }}  `now` does at once what has been asked for.
 */
export function onceAFrame(work) {
  let frame = 0;
  let timer = 0;
  const run = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    frame = timer = 0;
    work();
  };
  const ask = () => {
    if (timer) return;
    frame = requestAnimationFrame(run);
    timer = setTimeout(run, HIDDEN_TAB_MS); // the tab may be hidden, or become so
  };
  return Object.assign(ask, { now: () => (timer ? run() : undefined) });
}
