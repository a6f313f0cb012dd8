/** A panel with a title, and the one way in which panels get, show and renew their data. */

import {ApiError} from '../core/api.js';
import {every} from '../core/clock.js';
import {h, put, unique} from '../core/dom.js';
import {capital, label} from '../core/format.js';
import {icon} from './icons.js';
import * as states from './states.js';

/**
 * @typedef {object} Panel
 * @property {HTMLElement} node @property {HTMLElement} body @property {HTMLElement} actions
 * @property {(said: string|Node) => void} note beside the title
 * @property {(...children: any[]) => void} show data
 * @property {(what?: string) => void} loading
 * @property {(said: string, hint?: Node|string) => void} empty
 * @property {(error: unknown, again?: () => void) => void} failed
 * @property {(role: string) => void} forbidden
 * @property {(said: string|null) => void} stale above what is shown; null takes it away
 */

/**
 * @param {string} title
 * @param {{note?: string, actions?: Node[], flush?: boolean, class?: string, level?: 2|3}} [options] flush: the body has no padding, for tables
 * @returns {Panel}
 */
export function panel(title, {note = '', actions = [], flush = false, class: look = '', level = 2} = {}) {
  const id = unique('panel');
  const aside = h('span.note', note);
  const tools = h('div.actions', actions);
  const notice = h('div.panel-notice', {role: 'status'});
  const body = h('div.panel-body', {class: flush ? 'flush' : ''});
  const node = h('section.panel', {class: look, 'aria-labelledby': id}, h('div.panel-head', h(`h${level}`, {id}, title), aside, tools), notice, body);
  const said = (/** @type {Node} */ block) => {
    node.setAttribute('aria-busy', 'false');
    stale(null);
    put(body, block);
  };
  const stale = (/** @type {string|null} */ text) => {
    node.classList.toggle('stale', text !== null);
    if (text === null) put(notice);
    else if (notice.textContent !== text) put(notice, icon('warn'), h('span', text));
  };
  return {
    node, body, actions: tools, stale,
    note: (text) => put(aside, text),
    show: (...children) => {
      node.setAttribute('aria-busy', 'false');
      if (children.length !== 1 || body.childNodes.length !== 1 || body.firstChild !== children[0]) put(body, ...children);
    },
    loading: (what) => {
      put(body, states.loading(what));
      node.setAttribute('aria-busy', 'true');
    },
    empty: (text, hint) => said(states.empty(text, hint)),
    failed: (error, again) => said(states.failed(error, again)),
    forbidden: (role) => said(states.forbidden(role)),
  };
}

/**
 * Load data into panels and keep it: the first failure shows in place of the data; later ones mark what is shown as stale.
 * @template T
 * @param {Panel|Panel[]} panels
 * @param {() => Promise<T>} read
 * @param {(data: T) => void} render may call `show` or `empty`
 * @param {{signal: AbortSignal, every?: number}} options `every`: milliseconds between readings
 * @returns {{again: () => Promise<void>, latest: () => T|undefined}}
 */
export function keep(panels, read, render, {signal, every: ms}) {
  const all = [panels].flat();
  let has = false;
  let busy = false;
  let asked = false;
  let data = /** @type {T|undefined} */ (undefined);
  const again = async () => {
    asked = busy;
    if (busy || signal.aborted) return;
    busy = true;
    try {
      const found = await read();
      if (signal.aborted) return;
      data = found;
      render(found);
      has = true;
      for (const one of all) one.stale(null);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError)) console.error(error);
      const blocked = error instanceof ApiError && (error.status === 403 || error.status === 404);
      for (const one of all) {
        if (has && !blocked) one.stale(`Not renewed: ${label(error.message, 160)}. What is shown is older.`);
        else one.failed(error, again);
      }
    } finally {
      busy = false;
      if (asked) again();
    }
  };
  for (const one of all) one.loading();
  again();
  if (ms) every(ms, again, signal);
  return {again, latest: () => data};
}

/** Mark panels that live on the stream by its state. @param {Panel[]} panels @param {import('../core/live.js').State} state @param {string} why */
export function byStream(panels, state, why) {
  const said = state === 'live' || state === 'connecting' ? null : `${state === 'forbidden' ? 'Live data is not for your role' : `Not live: ${capital(state)}`}${why ? ` (${label(why, 120)})` : ''}`;
  for (const one of panels) one.stale(said);
}
