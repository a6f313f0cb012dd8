/** Numbers, times and foreign texts as a person reads them. Pure: no DOM, no clock of its own. */

const ABSENT = '–';
const LARGEST = 1e15; // beyond it a figure of a market is no figure
const SMALLEST = 1e-12;
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;

/** @typedef {'plain'|'absent'|'missing'|'absurd'} Kind */
/** @typedef {{text: string, kind: Kind, hint?: string}} Shown */

/**
 * Say what a value is before anything formats it: null is known to be nothing, undefined is a field that did not come.
 * @param {unknown} value @param {(value: number) => string} format
 * @returns {Shown}
 */
export function shown(value, format = number) {
  if (value === null) return {text: ABSENT, kind: 'absent', hint: 'there is no value'};
  if (value === undefined) return {text: 'missing', kind: 'missing', hint: 'the record has no such field'};
  if (typeof value !== 'number') return {text: label(String(value), 24), kind: 'absurd', hint: 'not a number'};
  if (!Number.isFinite(value)) return {text: String(value), kind: 'absurd', hint: 'not a finite number'};
  const size = Math.abs(value);
  if (size >= LARGEST || (size > 0 && size < SMALLEST)) return {text: value.toExponential(3), kind: 'absurd', hint: `${value}: no plausible figure`};
  return {text: format(value), kind: 'plain'};
}

/** The text of `shown`. @param {unknown} value @param {(value: number) => string} [format] */
export const text = (value, format) => shown(value, format).text;

const formats = new Map();
/** @param {number} least @param {number} most @param {object} [more] @returns {Intl.NumberFormat} */
function intl(least, most, more = {}) {
  const key = `${least} ${most} ${JSON.stringify(more)}`;
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat('en-GB', {minimumFractionDigits: least, maximumFractionDigits: most, ...more}));
  return formats.get(key);
}
/** A true minus, and none before a zero. @param {string} said */
const minus = (said) => (/[1-9]/.test(said) ? said.replace('-', '−') : said.replace('-', ''));

/** Up to ten significant digits, grouped; a whole number keeps all. @param {number} value */
export const number = (value) => (Number.isInteger(value) ? integer(value) : minus(intl(0, 10, {maximumSignificantDigits: 10, minimumFractionDigits: undefined, maximumFractionDigits: undefined}).format(value)));
/** @param {number} value */
export const integer = (value) => minus(intl(0, 0).format(value));
/** With a fixed number of digits after the point. @param {number} digits @returns {(value: number) => string} */
export const fixed = (digits) => (value) => minus(intl(digits, digits).format(value));
/** A share as percent: 0.0123 is 1.23 %. @param {number} [digits] @returns {(value: number) => string} */
export const percent = (digits = 1) => (value) => `${minus(intl(digits, digits).format(value * 100))} %`;
/** A limit or a factor as percent, with the digits that it was given: 0.004 is 0.4 %, 0.15 is 15 %. @param {number} value */
export const fraction = (value) => `${brief(value * 100)} %`;
/** With its sign, also above zero. @param {(value: number) => string} format @returns {(value: number) => string} */
export const signed = (format) => (value) => (value > 0 ? `+${format(value)}` : format(value));
/** An amount: whole above 10,000, else two digits. @param {number} value */
export const money = (value) => minus(Math.abs(value) >= 10_000 ? intl(0, 0).format(value) : intl(2, 2).format(value));
/** Six significant digits, for quantities in tables; a whole number keeps all. @param {number} value */
export const brief = (value) => (Number.isInteger(value) ? integer(value) : minus(intl(0, 6, {maximumSignificantDigits: 6, minimumFractionDigits: undefined, maximumFractionDigits: undefined}).format(value)));
/** A price with the digits that its size needs, always as many, so that columns align. @param {number} value */
export function price(value) {
  const digits = decimals(value);
  return minus(intl(digits, digits).format(value));
}
/** Digits after the point that a price of this size needs. @param {number} value */
export function decimals(value) {
  const size = Math.abs(value);
  return size >= 1000 ? 2 : size >= 1 ? 4 : 8;
}
/** Short: 1,204 – 12.3 k – 4.5 M. @param {number} value */
export function compact(value) {
  const size = Math.abs(value);
  if (size >= 1e9) return `${fixed(1)(value / 1e9)} bn`;
  if (size >= 1e6) return `${fixed(1)(value / 1e6)} M`;
  if (size >= 1e4) return `${fixed(1)(value / 1e3)} k`;
  return size >= 100 || Number.isInteger(value) ? integer(value) : fixed(1)(value);
}

const DAY = 86_400_000;
const pad = (/** @type {number} */ part, width = 2) => String(part).padStart(width, '0');
const plausible = (/** @type {number} */ ms) => Number.isFinite(ms) && Math.abs(ms) <= 8.64e15;

/** Time of day in UTC. @param {number} ms */
export function clock(ms) {
  if (!plausible(ms)) return `time ${ms}`;
  const at = new Date(ms);
  return `${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}:${pad(at.getUTCSeconds())}`;
}
/** Date in UTC. @param {number} ms */
export function date(ms) {
  if (!plausible(ms)) return `time ${ms}`;
  const at = new Date(ms);
  return `${at.getUTCFullYear()}-${pad(at.getUTCMonth() + 1)}-${pad(at.getUTCDate())}`;
}
/** Date and time in UTC; without seconds where they are zero. @param {number} ms */
export function moment(ms) {
  if (!plausible(ms)) return `time ${ms}`;
  const time = clock(ms);
  return `${date(ms)} ${time.endsWith(':00') ? time.slice(0, 5) : time}`;
}
/** Time of day on the day of `now`, else month, day and time; with the year where it is another one. @param {number} ms @param {number} now */
export function when(ms, now) {
  if (!plausible(ms)) return `time ${ms}`;
  if (Math.floor(ms / DAY) === Math.floor(now / DAY)) return clock(ms);
  return date(ms).slice(0, 4) === date(now).slice(0, 4) ? moment(ms).slice(5) : moment(ms);
}
/** A span: 850 ms, 12 s, 3 min 20 s, 2 h 5 min, 4 d 3 h. @param {number} ms */
export function span(ms) {
  const size = Math.max(0, ms);
  if (size < 1000) return `${Math.round(size)} ms`;
  const seconds = Math.round(size / 1000);
  if (seconds < 60) return size < 10_000 && size % 1000 ? `${fixed(1)(size / 1000)} s` : `${seconds} s`;
  if (seconds < 3600) return two(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  if (seconds < 86_400) return two(Math.floor(seconds / 3600), 'h', Math.floor((seconds % 3600) / 60), 'min');
  return two(Math.floor(seconds / 86_400), 'd', Math.floor((seconds % 86_400) / 3600), 'h');
}
/** @param {number} large @param {string} unit @param {number} small @param {string} part */
const two = (large, unit, small, part) => (small ? `${large} ${unit} ${small} ${part}` : `${large} ${unit}`);
/** How long ago. @param {number} ms @param {number} now */
export const ago = (ms, now) => (now - ms < 1000 ? 'now' : `${span(Math.floor((now - ms) / 1000) * 1000)} ago`);

/** A number with its noun: 1 worker, 4 workers. @param {number} count @param {string} one @param {string} [many] */
export const count = (count, one, many = `${one}s`) => `${integer(count)} ${count === 1 ? one : many}`;

/**
 * A foreign text: what can't be seen or turns the direction of reading is spelled out, and a long one is cut.
 * @param {unknown} value @param {number} [most] characters
 */
export function label(value, most = 120) {
  const whole = String(value ?? '').replace(INVISIBLE, (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`);
  const signs = [...whole];
  return signs.length <= most ? whole : `${signs.slice(0, most - 1).join('')}…`;
}
/** A name of code in words: `open_long` is "open long". @param {unknown} name */
export const words = (name) => label(name).replaceAll('_', ' ');
/** A member of a group without the tail of its random id, as `alphapulse-1a82bb0b`. @param {unknown} name @param {number} [most] */
export const member = (name, most = 40) => label(String(name ?? '').replace(/([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '$1'), most);
/** With a capital. @param {string} said */
export const capital = (said) => said.charAt(0).toUpperCase() + said.slice(1);

/** A time of an address for a field of date and time: both are UTC. @param {string} text */
export const fieldTime = (text) => (/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? text.slice(0, 16) : '');

/** The epoch ms of such a field; '' for none. @param {string} text */
export const fieldMs = (text) => (text && Number.isFinite(Date.parse(`${text}Z`)) ? Date.parse(`${text}Z`) : '');
