/** Which control record stands against new positions of a symbol: its own, or that of all. Pure. */

import {ago, label} from '../core/format.js';
import {limits} from './difference.js';

/** @typedef {{kind: 'kill'|'blocked'|'stale'|'limited', record: any}} Standing */

const ORDER = ['kill', 'blocked', 'stale', 'limited'];

/** What a record does; null where it limits nothing. @param {any} record as `limits` has it @returns {Standing['kind']|null} */
export function kind(record) {
  const control = record?.control;
  if (!control) return null;
  if ((control.kill ?? 'none') !== 'none') return 'kill';
  if (control.allow_open === false || control.risk_mult === 0 || control.max_notional === 0) return 'blocked';
  if (record.stale) return 'stale';
  return (control.risk_mult ?? 1) < 1 || (control.max_notional ?? null) !== null ? 'limited' : null;
}

/** What stands against a symbol, the strictest first, its own before that of all. @param {any[]} items @param {string} symbol @returns {Standing[]} */
export function against(items, symbol) {
  const own = [...new Set([symbol, '*'])].map((key) => items.find((one) => one.key === key));
  const found = own.flatMap((record) => {
    const what = kind(record);
    return what ? [{kind: what, record}] : [];
  });
  return found.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}

/** @param {Standing} one */
export const forbids = (one) => one.kind !== 'limited';

const WRITERS = {monitor: 'the monitor of risk', operator: 'an operator'};
/** Who wants a record, as text. @param {any} record */
export const wantedBy = (record) => (record.who ? label(record.who, 60) : WRITERS[record.by] ?? 'somebody');

/** What it says of new positions. @param {Standing} one */
export function effect({kind: what, record}) {
  const all = record.key === '*' ? ' in any symbol' : '';
  if (what === 'kill') return record.key === '*' ? 'Kill: all positions are closed, none is opened' : 'Kill: its position is closed, none is opened';
  if (what === 'stale') return `No new positions${all}: the limits were not renewed in time`;
  return what === 'blocked' ? `No new positions${all}` : limits(record.control);
}

/** Who wants it, why, and since when. @param {Standing} one @param {number} now */
export function cause({record}, now) {
  const reason = record.reason ?? record.control?.reason ?? '';
  return [`by ${wantedBy(record)}`, reason && label(reason, 200), Number.isFinite(record.written_ms) && `since ${ago(record.written_ms, now).replace(/ ago$/, '')}`].filter(Boolean).join(', ');
}
