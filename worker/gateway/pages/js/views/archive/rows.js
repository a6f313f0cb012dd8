/** Rows of the archive as a table shows them. */

import {capital, words} from '../../core/format.js';

/** What is shown first, where a table has it. */
const FIRST = ['close_ts', 'ts', 'timestamp', 'symbol', 'key', 'action', 'codes', 'position_state', 'close', 'qty', 'final', 'confidence', 'regime', 'blocking', 'reasons', 'reason', 'reference', 'value', 'partition', 'offset'];
const TIMES = new Set(['close_ts', 'ts', 'timestamp']);

/** Lines of JSON, without an empty last one. @param {string} text @returns {Record<string, unknown>[]} */
export const parsed = (text) => text.split('\n').filter(Boolean).map((line) => JSON.parse(line));

/** The columns to show: those of `FIRST` that a row has a value of; else all, at most as many. @param {Record<string, unknown>[]} rows */
export function columns(rows) {
  const filled = (/** @type {string} */ name) => rows.some((row) => row[name] !== null && row[name] !== undefined);
  const known = FIRST.filter(filled);
  return (known.length > 2 ? known : Object.keys(rows[0] ?? {}).filter(filled)).slice(0, 12);
}

/** Whether a column holds times, epoch ms. @param {string} name */
export const isTime = (name) => TIMES.has(name);

/** A value as text. @param {unknown} value */
export function plain(value) {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(plain).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const TITLES = {close_ts: 'Bar’s end', ts: 'Bar’s begin', timestamp: 'Written'};

/** The head of a column. @param {string} name */
export const titled = (name) => TITLES[name] ?? capital(words(name));

/** What a column is sorted by. @param {unknown} found */
export const sortable = (found) => (typeof found === 'number' ? found : plain(found) || null);
