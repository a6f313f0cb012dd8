/** What the head says of the data: the state of the stream, and how old what it brings is. Pure. */

import {span} from './format.js';

const OLD_S = 6; // as the gateway counts its own logs as old

/**
 * @param {import('./live.js').State} state of the stream @param {string} why @param {any} status the newest one, or null
 * @returns {[import('./live.js').State, string]}
 */
export function liveness(state, why, status) {
  if (state !== 'live' || !status) return [state, why];
  if (status.age_s === null) return ['stale', 'The brokers have given no answer yet'];
  return status.age_s > OLD_S ? ['stale', `The brokers have given no answer for ${span(Math.floor(status.age_s) * 1000)}: all data is as old`] : [state, why];
}
