/** The portfolio's figures beside their limits, and why nothing is opened, in words. Pure. */

import {fixed, fraction, label, percent, signed, text, words} from '../../core/format.js';

/** @typedef {'ok'|'warn'|'bad'|'none'} Level */
/**
 * @typedef {object} Gauge
 * @property {string} name @property {unknown} figure @property {number|null} limit @property {number|null} share of the limit
 * @property {(value: number) => string} format @property {Level} level @property {string} said @property {string} hint @property {number} soft
 */

const SOFT = 0.8;

/** A limit by its name, as the gateway or the settings call it. @param {any} limits @param {string} name @returns {number|null} */
export const limit = (limits, name) => limits?.[name] ?? limits?.[`max_${name}`] ?? null;

/** The larger of two ways to compute a loss. @param {any} loss @returns {unknown} undefined where the record lacks it */
export function larger(loss) {
  if (loss === undefined || loss === null) return loss;
  const known = [loss.parametric, loss.historical].filter((one) => typeof one === 'number');
  return known.length ? Math.max(...known) : loss.parametric === undefined ? undefined : null;
}

/** @param {any} portfolio @param {any} limits @returns {Gauge[]} */
export function gauges(portfolio, limits) {
  const {ordered = {}, equity = {}} = portfolio;
  const loss = typeof equity.day_return === 'number' ? Math.max(0, -equity.day_return) : equity.day_return;
  const soft = ratio(limit(limits, 'drawdown_soft'), limit(limits, 'drawdown_hard')) ?? SOFT;
  const block = ratio(limit(limits, 'day_block'), limit(limits, 'day_kill')) ?? SOFT;
  return [
    gauge('Gross exposure', ordered.gross, limit(limits, 'gross'), fixed(2), 'times the equity, orders for the next open included'),
    gauge('Net exposure', ordered.net, limit(limits, 'net'), signed(fixed(2)), 'times the equity, orders for the next open included'),
    gauge('Value at risk', larger(portfolio.var99), limit(limits, 'var99'), percent(2), 'loss of one day that 1 of 100 days passes; the larger of two methods'),
    gauge('Expected shortfall', larger(portfolio.es99), limit(limits, 'es99'), percent(2), 'mean loss of those days; the larger of two methods'),
    gauge('Drawdown', equity.drawdown, limit(limits, 'drawdown_hard'), percent(2), `from the peak of the equity; sizes shrink from ${text(limit(limits, 'drawdown_soft'), fraction)} on, all is closed at the limit`, soft),
    gauge('Loss of the day', loss, limit(limits, 'day_kill'), percent(2), `since 00:00 UTC; nothing is opened from ${text(limit(limits, 'day_block'), fraction)} on, all is closed at the limit`, block),
    gauge('Turnover of the day', equity.turnover, limit(limits, 'turnover'), fixed(2), 'filled value since 00:00 UTC, times the equity; it warns only', 1),
  ];
}

/** @param {string} name @param {unknown} figure @param {number|null} of @param {(value: number) => string} format @param {string} hint @param {number} [soft] @returns {Gauge} */
function gauge(name, figure, of, format, hint, soft = SOFT) {
  const share = typeof figure === 'number' ? ratio(Math.abs(figure), of) : null;
  const level = share === null ? 'none' : share > 1 ? 'bad' : share >= soft ? 'warn' : 'ok';
  const said = {none: of === null ? 'no limit known' : 'not known', bad: 'over the limit', warn: share === 1 ? 'at the limit' : 'close to the limit', ok: 'within the limit'}[level];
  return {name, figure, limit: of, share, format, level, said, hint, soft};
}

/** @param {number|null} one @param {number|null} other */
const ratio = (one, other) => (typeof one === 'number' && typeof other === 'number' && other > 0 ? one / other : null);

const RULES = {
  gross: 'gross exposure', net: 'net exposure', var99: 'value at risk', es99: 'expected shortfall', day: 'loss of the day: close all',
  day_block: 'loss of the day: no opens', drawdown: 'drawdown', equity: 'no equity left', symbol: 'one symbol', group: 'a group', cluster: 'a cluster',
};
/** @param {unknown} name */
export const rule = (name) => RULES[name] ?? words(name);

/** @typedef {{said: string, hint: string, kind: 'kill'|'day'|'load'|'blind'|'other', look: string|null}} Block `look`: a page that shows more */

/** Why nothing may be opened. @param {unknown} reason as `blocking` of the record has it @returns {Block} */
export function block(reason) {
  const full = label(reason, 200);
  const at = full.indexOf(': ');
  const [kind, rest] = at < 0 ? [full, ''] : [full.slice(0, at), full.slice(at + 2)];
  if (kind === 'kill') return {kind, said: `The kill is on: ${rule(rest)}`, hint: 'It ends with the next UTC day and an acknowledgement.', look: null};
  if (full === 'loss of the day') return {kind: 'day', said: 'The loss of the day passed its limit', hint: 'Opens return with the next UTC day.', look: null};
  if (kind === 'load') return {kind, said: `The load is above 1: ${rule(rest)}`, hint: 'Opens return at a load of 0.9 or below.', look: null};
  if (kind === 'blind') return {kind, said: `The monitor is blind: ${rest}`, hint: cure(rest), look: /partition/.test(rest) ? '#/fleet' : /bars of/.test(rest) ? '#/symbols' : null};
  return {kind: 'other', said: full, hint: '', look: null};
}

/** @param {string} blindness */
function cure(blindness) {
  if (/partition/.test(blindness)) return 'Opens return when the partition is read to its end.';
  if (/unreadable/.test(blindness)) return 'Somebody looks at them and acknowledges.';
  if (/rate/.test(blindness)) return 'Name the rate in risk.fx, or publish its symbol.';
  return 'Opens return with the next bar of each.';
}

const WARNINGS = {
  turnover: 'More was traded today than risk.max_turnover', kupiec: 'Losses passed the value at risk too often in 250 days: it is stated too low',
  config_hash: 'Workers run with different settings', level_shift: 'A price level shifted: its effect is left out of the loss of the day',
};
/** @param {unknown} name */
export const warning = (name) => WARNINGS[name] ?? words(name);
