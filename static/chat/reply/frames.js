// When to touch the page: once a frame, and in a hidden tab, where frames stop, a few times a second.

const HIDDEN_TAB_MS = 250;

/**
 * Returns a function that has `work` done soon: once, however often it is called before that.
 * @param {() => void} work
 * @returns {(() => void) & { now: () => void }}  `now` does it at once, if it is due
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
