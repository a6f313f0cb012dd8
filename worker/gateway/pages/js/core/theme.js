/** Light or dark: the system's choice until the user makes one. Charts ask here for colours, since a canvas knows no variables. */

import {recall, remember} from './memory.js';

const dark = matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set();

/** @returns {'light'|'dark'} */
export function theme() {
  const chosen = document.documentElement.dataset.theme;
  return chosen === 'light' || chosen === 'dark' ? chosen : dark.matches ? 'dark' : 'light';
}

/** @param {'light'|'dark'|'system'} next */
export function setTheme(next) {
  if (next === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  remember('theme', next === 'system' ? '' : next);
  tell();
}

export const choice = () => recall('theme') || 'system';

/** Call `listener` whenever the colours change. @param {() => void} listener @param {AbortSignal} [signal] */
export function onTheme(listener, signal) {
  listeners.add(listener);
  signal?.addEventListener('abort', () => listeners.delete(listener));
}

function tell() {
  known.clear();
  for (const listener of listeners) listener();
}
dark.addEventListener('change', tell);

const known = new Map();
let probe = /** @type {HTMLElement|null} */ (null);

/** The colour behind a variable as `rgb(…)`, with this opacity. @param {string} name as `--long` @param {number} [opacity] */
export function colour(name, opacity = 1) {
  const key = `${name} ${opacity}`;
  if (!known.has(key)) {
    if (!probe) {
      probe = document.createElement('span');
      probe.hidden = true;
      document.body.append(probe);
    }
    probe.style.color = `var(${name})`;
    const parts = (getComputedStyle(probe).color.match(/[\d.]+/g) ?? ['0', '0', '0']).slice(0, 3);
    known.set(key, opacity === 1 ? `rgb(${parts.join(', ')})` : `rgba(${parts.join(', ')}, ${opacity})`);
  }
  return known.get(key);
}
