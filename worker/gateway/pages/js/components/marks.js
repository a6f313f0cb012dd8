/** Shapes with words: actions, sides, levels, values, foreign texts. */

import {h} from '../core/dom.js';
import {label, shown, words} from '../core/format.js';
import {icon} from './icons.js';

/** @typedef {'ok'|'warn'|'bad'|'none'} Level */

/** @type {Record<string, [import('./icons.js').IconName, string, string]>} shape, word, look */
const ACTIONS = {
  hold: ['dash', 'hold', 'quiet'],
  open_long: ['up', 'open long', 'long strong'],
  open_short: ['down', 'open short', 'short strong'],
  close: ['square', 'close', 'strong'],
  reduce: ['minus', 'reduce', 'strong'],
  increase: ['plus', 'increase', 'strong'],
  reverse: ['turn_sides', 'reverse', 'strong'],
  unreadable: ['warn', 'unreadable', 'strong'],
};
const SIDES = {long: ['up', 'long', 'long strong'], short: ['down', 'short', 'short strong'], flat: ['dash', 'flat', 'quiet']};
const LEVELS = {ok: 'ok_disc', warn: 'warn', bad: 'bad', none: 'circle'};

/** An action as shape and word. An action that this version doesn't know shows its name. @param {unknown} name */
export function action(name) {
  const [shape, word, look] = ACTIONS[name] ?? ['circle', `${words(name)} (unknown)`, 'strong'];
  return h('span.mark', {class: look}, icon(shape), h('span', word));
}

/** A position's side: long, short or flat. @param {unknown} name @param {string} [more] */
export function side(name, more = '') {
  const [shape, word, look] = SIDES[name] ?? ['circle', `${words(name)} (unknown)`, 'strong'];
  return h('span.mark', {class: look}, icon(shape), h('span', more ? `${word} ${more}` : word));
}

/** How good something is, in words. @param {Level} level @param {string} said */
export const level = (level, said) => h('span.level', {class: level}, icon(LEVELS[level] ?? 'circle'), h('span', said));

/** A short label in a frame. @param {unknown} said @param {''|'warn'|'bad'} [look] @param {string} [title] */
export const tag = (said, look = '', title) => h('span.tag.foreign', {class: look, title}, label(said, 48));

/** A value; what is absent, missing or absurd says so. @param {unknown} value @param {(value: number) => string} [format] @param {string} [look] */
export function value(value, format, look = '') {
  const {text, kind, hint} = shown(value, format);
  if (kind === 'plain') return h('span', {class: look}, text);
  return h('span', {class: kind === 'absurd' ? 'absurd' : 'absent', title: hint}, text, kind === 'absurd' && h('span.unseen', ` (${hint})`));
}

/** A gain or loss: its sign is part of the text. @param {unknown} amount @param {(value: number) => string} format */
export function change(amount, format) {
  const look = typeof amount !== 'number' || !amount ? '' : amount > 0 ? 'long' : 'short';
  const node = value(amount, (one) => (one > 0 ? `+${format(one)}` : format(one)));
  if (look) node.classList.add('mark', look);
  return node;
}

/** A text that came from a topic. @param {unknown} said @param {number} [most] */
export const foreign = (said, most) => h('span.foreign', {title: String(said ?? '').length > (most ?? 120) ? label(said, 500) : undefined}, label(said, most));

/** How much of a limit is used, as bar; the words stand beside it. @param {number|null|undefined} share @param {string} name @param {number} [soft] where it warns */
export function meter(share, name, soft = 0.8) {
  const known = typeof share === 'number' && Number.isFinite(share);
  const full = known ? Math.max(0, Math.min(1, share)) : 0;
  const look = !known ? '' : share > 1 ? 'bad' : share >= soft ? 'warn' : '';
  return h('div.meter', {
    class: look, role: 'meter', 'aria-label': name, 'aria-valuemin': 0, 'aria-valuemax': 100,
    'aria-valuenow': Math.round(full * 100), 'aria-valuetext': known ? `${Math.round(share * 100)} % of the limit` : 'unknown',
  }, h('div.meter-fill', {style: {width: `${full * 100}%`}}), soft < 1 && h('div.meter-soft', {style: {left: `${soft * 100}%`}}));
}
