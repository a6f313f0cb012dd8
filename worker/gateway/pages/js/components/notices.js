/** Notices: what has to be told although its dialog or page is gone. Each stays until it is dismissed. */

import {h} from '../core/dom.js';
import {icon} from './icons.js';

const MOST = 20;
const place = () => /** @type {HTMLElement} */ (document.getElementById('notices'));

/** Tell it. @param {{shape: import('./icons.js').IconName, said: string, hint?: string}} told */
export function notice({shape, said, hint = ''}) {
  const all = place();
  const node = h('div.notice', {dataset: {shape}}, icon(shape), h('div', h('p.foreign', said), hint && h('p.hint.foreign', hint)),
    h('button.icon', {type: 'button', 'aria-label': 'Dismiss this notice', onclick: () => node.remove()}, icon('close')));
  all.append(node);
  while (all.childElementCount > MOST) all.firstElementChild?.remove();
}

/** Take all away: they are of somebody who has signed out. */
export const forget = () => place().replaceChildren();
