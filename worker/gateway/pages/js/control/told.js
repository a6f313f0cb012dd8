/** What a refused write means for whoever asked for it. Pure. */

import {capital, label} from '../core/format.js';

/**
 * @typedef {object} Told
 * @property {'conflict'|'wait'|'forbidden'|'unknown'|'refused'} kind
 * @property {string} said @property {string} hint @property {number} wait seconds until it may be tried again
 */

/** @param {any} error @returns {Told} */
export function told(error) {
  const detail = capital(label(error?.message ?? error, 300));
  const hint = label(error?.fix ?? '', 300);
  switch (error?.code === 'version_conflict' ? 412 : error?.status) {
    case 412:
      return {kind: 'conflict', said: 'Nothing was written: somebody changed this meanwhile.', hint, wait: 0};
    case 429: {
      const wait = Math.max(1, Math.ceil(error.retryAfter || 1));
      return {kind: 'wait', said: 'Nothing was written: too many writes at once.', hint: '', wait};
    }
    case 401:
      return {kind: 'forbidden', said: 'Nothing was written: your session has ended.', hint: 'Sign in again, then do it once more.', wait: 0};
    case 403:
      return {kind: 'forbidden', said: `Nothing was written: ${detail}`, hint: hint || 'Ask whoever runs the gateway for the role “operate”.', wait: 0};
    case 0:
    case 502:
    case 503:
    case 504:
      return {kind: 'unknown', said: `No answer came, so whether it was written is not known: ${detail}`, hint: 'Send it again: it is written once, however often you send it.', wait: 0};
    default:
      return {kind: 'refused', said: `Nothing was written: ${detail}`, hint, wait: 0};
  }
}

/**
 * The outcome of a write whose dialog was closed before its answer came; nobody can send it again from there.
 * @param {string} title of the dialog @param {{answer?: any, error?: any}} outcome @returns {{shape: 'ok_disc'|'warn', said: string, hint: string}}
 */
export function afterwards(title, {answer, error}) {
  if (!error) return {shape: 'ok_disc', said: `${title}: it was written${answer?.version ? ` as version ${label(answer.version, 20)}` : ''}.`, hint: ''};
  const {kind, said, hint} = told(error);
  const next = {unknown: 'See whether it is there before you do it again.', conflict: 'Look at what is in force now, then do it again.', wait: 'Do it again in a moment.'}[kind];
  return {shape: 'warn', said: `${title}: ${said.charAt(0).toLowerCase()}${said.slice(1)}`, hint: next ?? hint};
}
