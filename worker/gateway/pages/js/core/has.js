/** Which resources this gateway has, as its own description says: asking for one that is not there would be an error. */

import {get} from './api.js';

let known = /** @type {Promise<Set<string>>|null} */ (null);

/** @param {string} path below `/api/v1/` @returns {Promise<boolean>} false also where the description can't be read */
export async function has(path) {
  known ??= get('openapi.json').then((found) => new Set(Object.keys(found.paths ?? {})));
  try {
    return (await known).has(`/api/v1/${path}`);
  } catch {
    known = null;
    return false;
  }
}
