/** Keys of the whole page. Single letters can be switched off (WCAG 2.1.4), and none acts while somebody types. */

import {recall, remember} from './memory.js';

/** @typedef {{keys: string, what: string, act: (event: KeyboardEvent) => void}} Shortcut */

const fields = 'input, textarea, select, [contenteditable]';
const PATIENCE_MS = 1200;
/** @type {Map<string, Shortcut>} */
const shortcuts = new Map();
let first = '';
let timer = 0;

export const enabled = () => recall('keys', 'on') === 'on';
/** @param {boolean} on */
export const enable = (on) => remember('keys', on ? 'on' : 'off');

/** Add a shortcut such as `/` or `g o` until `signal` aborts. @param {string} keys @param {string} what @param {(event: KeyboardEvent) => void} act @param {AbortSignal} [signal] */
export function shortcut(keys, what, act, signal) {
  shortcuts.set(keys, {keys, what, act});
  signal?.addEventListener('abort', () => shortcuts.get(keys)?.act === act && shortcuts.delete(keys));
}

/** All shortcuts that act now. */
export const all = () => [...shortcuts.values()];

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const at = /** @type {Element} */ (event.target);
  if (at.closest?.(fields) || document.querySelector('dialog[open]')) return;
  if (event.key.length === 1 && !enabled()) return;
  const pair = first ? `${first} ${event.key}` : event.key;
  const found = shortcuts.get(pair) ?? shortcuts.get(event.key);
  clearTimeout(timer);
  first = '';
  if (found) {
    event.preventDefault();
    found.act(event);
  } else if ([...shortcuts.keys()].some((keys) => keys.startsWith(`${event.key} `))) {
    first = event.key;
    timer = setTimeout(() => { first = ''; }, PATIENCE_MS);
  }
});
