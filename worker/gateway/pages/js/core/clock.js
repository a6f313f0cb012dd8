/** The server's clock: ages on a page must not depend on the clock of the machine that shows it. */

let ahead = 0;

/** Learn from an answer that names the server's time. @param {number} [serverMs] */
export function learn(serverMs) {
  if (Number.isFinite(serverMs)) ahead = /** @type {number} */ (serverMs) - Date.now();
}

/** Epoch milliseconds by the server's clock. */
export const now = () => Date.now() + ahead;

/** Call a function now and every `ms` until `signal` aborts; not while the page is hidden. @param {number} ms @param {() => void} step @param {AbortSignal} signal */
export function every(ms, step, signal) {
  const timer = setInterval(() => document.hidden || step(), ms);
  const shown = () => document.hidden || step();
  document.addEventListener('visibilitychange', shown);
  signal.addEventListener('abort', () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', shown);
  });
}

/**
 * Wrap a function so that it runs at most once in `ms`, and once more after the last call.
 * @param {number} ms @param {() => void} step @param {AbortSignal} signal @returns {() => void}
 */
export function atMost(ms, step, signal) {
  let last = -Infinity;
  let timer = 0;
  const run = () => {
    timer = 0;
    last = performance.now();
    if (!signal.aborted) step();
  };
  signal.addEventListener('abort', () => clearTimeout(timer));
  return () => {
    if (timer || signal.aborted) return;
    timer = setTimeout(run, Math.max(0, last + ms - performance.now()));
  };
}
