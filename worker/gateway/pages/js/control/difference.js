/** Control records as a person reads them, and what changed from one to the next. Pure. */

import {fraction, label, money, shown, text, words} from '../core/format.js';

/** @typedef {{name: string, before: string, after: string, changed: boolean}} Change */

const DEFAULTS = {allow_open: true, risk_mult: 1, max_notional: null, kill: 'none'};
/** @type {[string, string, (value: any) => string][]} member, its name, its value in words */
const LIMITS = [
  ['allow_open', 'New positions', (value) => (value === true ? 'allowed' : value === false ? 'blocked' : odd(value))],
  ['risk_mult', 'Size', (value) => text(value, (share) => `${fraction(share)} of normal`)],
  ['max_notional', 'Largest value', (value) => (value === null ? 'no cap' : text(value, money))],
  ['kill', 'Kill', (value) => (value === 'none' ? 'off' : value === 'close_all' ? 'on: close all' : odd(value))],
];
const DIGEST = /^[0-9a-f]{64}$/;
const OF_ITSELF = new Set(['key', 'version', 'reason', 'effective_ts', ...Object.keys(DEFAULTS)]);

/** The limits that differ from a record: what a change has to write. @param {any} before @param {Record<string, any>} wanted */
export function touched(before, wanted) {
  return Object.fromEntries(Object.keys(DEFAULTS).filter((member) => member in wanted && wanted[member] !== (before?.[member] ?? DEFAULTS[member])).map((member) => [member, wanted[member]]));
}

/**
 * What is wanted once another record has come: what was not touched follows the new one, so that nothing of it is undone unseen.
 * @param {any} before the record that was seen @param {any} after the new one @param {Record<string, any>} wanted @returns {Record<string, any>}
 */
export function rebased(before, after, wanted) {
  const changed = touched(before, wanted);
  return Object.fromEntries(Object.keys(DEFAULTS).filter((member) => member in wanted).map((member) => [member, member in changed ? wanted[member] : after?.[member] ?? DEFAULTS[member]]));
}

/** @param {unknown} value */
const odd = (value) => shown(value, String).text;

/** What a record limits, in a few words; "nothing" where all is at its default. @param {any} control */
export function limits(control) {
  const said = [];
  if (!control) return 'nothing';
  if ((control.kill ?? 'none') !== 'none') said.push('kill: close all');
  if (control.allow_open === false) said.push('no new positions');
  if ((control.risk_mult ?? 1) !== 1) said.push(`sizes at ${text(control.risk_mult, fraction)}`);
  if ((control.max_notional ?? null) !== null) said.push(`at most ${text(control.max_notional, money)}`);
  if (control.corp_action) said.push(`corporate action, prices × ${odd(control.corp_action.price_factor)}`);
  if (control.model) said.push(control.model.name ? `model ${label(control.model.name, 64)} ${label(control.model.version, 40)}` : 'no model');
  if (control.strategy) said.push(`strategy ${label(control.strategy.name, 64)} ${label(control.strategy.version, 12)}`);
  return said.join(', ') || 'nothing';
}

/**
 * What changed between two records of one key; null: there is none. Members that this version doesn't know are told too.
 * @param {any} before @param {any} after @returns {Change[]}
 */
export function changes(before, after) {
  const rows = [];
  const switches = (record) => record && (record.model || record.strategy);
  if (!switches(before) && !switches(after)) {
    for (const [member, name, say] of LIMITS) {
      rows.push(row(name, say(before?.[member] ?? DEFAULTS[member]), say(after?.[member] ?? DEFAULTS[member])));
    }
  }
  for (const member of new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])) {
    if (OF_ITSELF.has(member)) continue;
    for (const [name, one, two] of parts(member === 'parameters' ? '' : words(member), before?.[member], after?.[member])) rows.push(row(name, one, two));
  }
  return rows;
}

/** A nested member line by line: parameters of a strategy one by one. @param {string} name @param {any} before @param {any} after @returns {[string, string, string][]} */
function parts(name, before, after) {
  const nested = (/** @type {any} */ one) => typeof one === 'object' && one !== null && !Array.isArray(one);
  if (!nested(before) && !nested(after)) return [[name, plain(before), plain(after)]];
  const members = new Set([...Object.keys(nested(before) ? before : {}), ...Object.keys(nested(after) ? after : {})]);
  return [...members].flatMap((member) => parts(member === 'parameters' ? '' : name === '' ? words(member) : `${name} · ${words(member)}`, nested(before) ? before[member] : undefined, nested(after) ? after[member] : undefined));
}

/** @param {unknown} value */
function plain(value) {
  if (value === undefined || value === null) return '–';
  if (typeof value === 'number') return text(value);
  if (typeof value === 'string' && DIGEST.test(value)) return `${value.slice(0, 12)}…`;
  return label(typeof value === 'object' ? JSON.stringify(value) : value, 80);
}

/** @param {string} name @param {string} before @param {string} after @returns {Change} */
const row = (name, before, after) => ({name, before, after, changed: before !== after});
