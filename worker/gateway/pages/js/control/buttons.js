/** What an operator can do to one key, as buttons; nothing for others. */

import {h, put} from '../core/dom.js';
import {icon} from '../components/icons.js';
import {liftDialog, limitsDialog} from './limits.js';
import {killDialog} from './kill.js';
import {kind} from './standing.js';

/**
 * @param {import('./limits.js').Who} ctx @param {string} key symbol, or `*` @param {{onWritten?: (answer: any) => void, kill?: boolean}} [options]
 * @returns {{node: HTMLElement, update: (record: any) => void, known: (known: boolean) => void}} `known`: a symbol of which nothing is known has no position to close; `update` takes the key's record, or null: what is blocked is offered to be lifted
 */
export function controlButtons(ctx, key, {onWritten, kill = key !== '*'} = {}) {
  const node = h('div.row.control-buttons', {role: 'group', 'aria-label': 'Controls'});
  if (!ctx.session.can('operate')) return {node, update: () => {}, known: () => {}};
  const block = h('button', {type: 'button', onclick: () => limitsDialog(ctx, key, {start: {allow_open: false}, onWritten})}, icon('block'), 'Block …');
  const lift = h('button', {type: 'button', onclick: () => liftDialog(ctx, key, {onWritten})}, 'Lift …');
  const first = h('span.row');
  let lifts = /** @type {boolean|null} */ (null);
  const update = (/** @type {any} */ record) => {
    const next = ['kill', 'blocked'].includes(kind(record) ?? '');
    if (next !== lifts) put(first, (lifts = next) ? lift : block); // drawn once, so that it keeps the focus
  };
  update(null);
  node.append(first, h('button', {type: 'button', onclick: () => limitsDialog(ctx, key, {onWritten})}, 'Limits …'));
  const close = h('button.danger', {type: 'button', onclick: () => killDialog(ctx, key, {onWritten})}, 'Close it …');
  if (kill) node.append(close);
  return {node, update, known: (/** @type {boolean} */ known) => { close.hidden = !known; }};
}
