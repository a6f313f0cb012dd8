/** A control record where its symbol is shown: as a badge with its cause, and as a short tag in a row. */

import {h, put} from '../core/dom.js';
import {icon} from '../components/icons.js';
import {tag} from '../components/marks.js';
import {against, cause, effect, forbids} from './standing.js';

const SHAPES = {kill: 'bad', blocked: 'block', stale: 'warn', limited: 'minus'};
const WORDS = {kill: ['kill', 'bad'], blocked: ['no new positions', 'warn'], stale: ['stale limits', 'warn'], limited: ['limited', '']};

/** @param {import('./standing.js').Standing} one @param {number} now */
export const badge = (one, now) => h('p.standing', {dataset: {kind: one.kind}}, icon(SHAPES[one.kind]), h('span', h('b', effect(one)), ': ', h('span.foreign', cause(one, now))));

/** What forbids new positions of a symbol, or of all, each as a badge. @param {any[]} items @param {string} symbol @param {number} now */
export const badges = (items, symbol, now) => against(items, symbol).filter(forbids).map((one) => badge(one, now));

/** A symbol's own record in a row, as shape and word; null for none. That of all stands above a list once. @param {any[]} items @param {string} symbol @param {number} now @param {boolean} [small] the word is heard, not seen */
export function rowMark(items, symbol, now, small = false) {
  const [one] = against(items.filter((record) => record.key !== '*'), symbol);
  if (!one) return null;
  const [said, look] = WORDS[one.kind];
  const title = `${effect(one)}: ${cause(one, now)}`;
  return small ? h('span.held', {class: look, title}, icon(SHAPES[one.kind]), h('span.unseen', said)) : tag(said, look, title);
}

/** What forbids new positions of all symbols, above a list; it is drawn anew where it changes. @param {Element} node @param {any[]} items @param {number} now */
export function drawForAll(node, items, now) {
  const next = badges(items, '*', now);
  if (next.length !== node.childElementCount || next.some((one, at) => !one.isEqualNode(node.children[at]))) put(node, next);
}
