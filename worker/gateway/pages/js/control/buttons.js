/** What an operator can do to one key, as buttons; nothing for others. */

import {h} from '../core/dom.js';
import {icon} from '../components/icons.js';
import {limitsDialog} from './limits.js';
import {killDialog} from './kill.js';

/**
 * @param {import('./limits.js').Who} ctx @param {string} key symbol, or `*` @param {{onWritten?: (answer: any) => void, kill?: boolean}} [options]
 * @returns {HTMLElement}
 */
export function controlButtons(ctx, key, {onWritten, kill = key !== '*'} = {}) {
  const node = h('div.row.control-buttons', {role: 'group', 'aria-label': 'Controls'});
  if (!ctx.session.can('operate')) return node;
  node.append(
    h('button', {type: 'button', onclick: () => limitsDialog(ctx, key, {start: {allow_open: false}, onWritten})}, icon('block'), 'Block …'),
    h('button', {type: 'button', onclick: () => limitsDialog(ctx, key, {onWritten})}, 'Limits …'));
  if (kill) node.append(h('button.danger', {type: 'button', onclick: () => killDialog(ctx, key, {onWritten})}, 'Close it …'));
  return node;
}
