/** Control records on the page: who wrote one, what it limits, what changed. */

import {h} from '../core/dom.js';
import {ago, label} from '../core/format.js';
import {foreign, level, tag} from '../components/marks.js';
import {icon} from '../components/icons.js';
import {changes} from './difference.js';

const WRITERS = {monitor: 'the monitor of risk', operator: 'an operator', unknown: 'somebody'};

/** @param {string} by */
export const writer = (by) => WRITERS[by] ?? label(by, 40);
/** Who wrote a record: by name where the gateway knows it. @param {any} record */
export const author = (record) => (record.who ? h('b.foreign', label(record.who, 60)) : writer(record.by));
/** A key as a person says it. @param {string} key */
export const named = (key) => (key === '*' ? 'all symbols' : key === '* model' ? 'the model' : key.startsWith('* strategy ') ? `the strategy ${label(key.slice(11), 64)}` : label(key, 64));

/** Before and after, what changed in strong: a shape and words say so too. @param {any} before @param {any} after @param {{only?: boolean}} [options] only: what changed */
export function difference(before, after, {only = false} = {}) {
  const rows = changes(before, after).filter((row) => row.changed || !only);
  if (!rows.length) return h('p.muted', 'Nothing changes.');
  return h('table.difference', h('thead', h('tr', h('td'), ['before', 'after'].map((title) => h('th', {scope: 'col'}, title)))),
    h('tbody', rows.map((row) => h('tr', {class: row.changed ? 'changed' : ''},
      h('th.foreign', {scope: 'row'}, row.name), h('td.foreign', row.before),
      h('td.foreign', row.changed && h('span.arrow-to', icon('right'), h('span.unseen', 'changed to ')), row.after)))));
}

/** Who wrote the newest record of a key, when and why. @param {any} record as `limits/{key}` has it @param {number} now */
export function origin(record, now) {
  const reason = record.reason ?? record.control?.reason;
  return h('p', `Version ${label(record.since_version ?? record.version, 20)}, written by `, author(record), record.written_ms ? ` ${ago(record.written_ms, now)}` : '', reason ? ': ' : '', reason && foreign(reason, 300),
    record.stale && [' ', tag('stale', 'warn', 'older than ten minutes: workers open nothing')]);
}

/** @param {any} control */
export const mark = (control) => {
  if (!control) return level('none', 'none');
  if ((control.kill ?? 'none') !== 'none') return level('bad', 'kill');
  if (control.allow_open === false) return level('warn', 'blocked');
  if (control.risk_mult < 1 || (control.max_notional ?? null) !== null) return level('warn', 'limited');
  return level('ok', 'free');
};
