/** Alerts in words: where their evidence is shown, what would silence them. Pure. */

import {label, number, text} from '../../core/format.js';

/** State → look and word. */
export const STATES = {pending: ['none', 'pending'], firing: ['bad', 'firing'], acknowledged: ['warn', 'acknowledged'], resolved: ['ok', 'resolved']};
const SEVERITIES = {info: 'none', warning: 'warn', critical: 'bad'};
/** @param {string} name */
export const severity = (name) => SEVERITIES[name] ?? 'none';

/** A figure beside its limit. @param {any} reading */
export function reading({name, value, limit}) {
  const said = typeof value === 'boolean' ? (value ? 'yes' : 'no') : typeof value === 'string' ? label(value, 60) : text(value, number);
  return `${label(name, 60)} ${said}${limit === undefined || limit === null ? '' : ` of ${text(limit, number)}`}`;
}

/** The page that shows what an alert is about, as parts of its address with a query; null where none does. @param {any} alert @param {any} evidence */
export function page(alert, evidence) {
  const symbol = alert.labels?.symbol;
  const topic = String(evidence?.topic ?? '');
  if (/rejected$/.test(topic)) return {parts: ['quality'], query: symbol ? {symbol} : {}};
  if (/portfolio$/.test(topic)) return {parts: ['risk'], query: {}};
  if (symbol) return {parts: ['symbols', symbol], query: {}};
  if (/decisions$/.test(topic)) return {parts: [], query: {}};
  if (/fleet|alerts/.test(topic) || alert.labels?.partition !== undefined) return {parts: ['fleet'], query: {}};
  return null;
}

/** What silences this alert and its like. @param {any} alert @returns {{label: string, value: string}[]} */
export const matchers = (alert) => [{label: 'rule', value: String(alert.rule ?? '')}, ...Object.entries(alert.labels ?? {}).map(([name, value]) => ({label: name, value: String(value)}))];

/** A silence as one line. @param {any} silence */
export const silenced = (silence) => (silence.matchers ?? []).map((/** @type {any} */ one) => `${label(one.label, 60)} ${one.negated ? 'is not' : 'is'} ${label(one.value, 80)}`).join(' and ');
