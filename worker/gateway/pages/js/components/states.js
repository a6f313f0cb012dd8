/** What a panel shows while it has no data to show: each state a shape, a sentence, and what to do. */

import {ApiError} from '../core/api.js';
import {h} from '../core/dom.js';
import {capital, label, words} from '../core/format.js';
import {icon} from './icons.js';

/**
 * @param {'empty'|'loading'|'stale'|'reconnecting'|'forbidden'|'error'} kind
 * @param {import('./icons.js').IconName} shape @param {string} said @param {(Node|string|false|null|undefined)[]} more
 */
const block = (kind, shape, said, ...more) =>
  h('div.state', {dataset: {kind}, role: kind === 'error' ? 'alert' : undefined}, icon(shape), h('strong', said), more.filter(Boolean).map((part) => (part instanceof Node ? part : h('p', part))));

/** @param {string} [what] */
export const loading = (what = 'Loading') => block('loading', 'turning', `${what} …`);
/** Nothing is there, and that is an answer. @param {string} said @param {Node|string} [hint] */
export const empty = (said, hint) => block('empty', 'empty', said, hint);
/** @param {string} said @param {string} [hint] */
export const stale = (said, hint) => block('stale', 'warn', said, hint);
/** @param {string} [why] */
export const reconnecting = (why) => block('reconnecting', 'turning', 'Reconnecting', why && capital(why));
/** @param {string} [role] that is needed @param {string} [detail] */
export const forbidden = (role, detail) =>
  block('forbidden', 'lock', role ? `Only for the role “${role}”` : 'Not for your role', detail ?? 'Ask whoever runs the gateway for it, or sign in with another token.');

/**
 * What went wrong and what mends it.
 * @param {unknown} error @param {() => void} [again]
 */
export function failed(error, again) {
  if (error instanceof ApiError && error.status === 403) return forbidden('', capital(label(error.message, 300)));
  const said = error instanceof ApiError ? error.title || 'The gateway refused this' : 'This page has a fault';
  const detail = error instanceof Error ? error.message : String(error);
  const fix = error instanceof ApiError ? error.fix : 'Reload the page. If it stays, report the text above.';
  const code = error instanceof ApiError && error.code ? ` (${words(error.code)})` : '';
  return block('error', 'bad', label(said, 120), detail && `${capital(label(detail, 400))}${code}`, fix && label(fix, 300),
    again && h('button', {onclick: again}, 'Try again'));
}
