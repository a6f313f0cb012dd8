/** A warning where a control is about to be written for a symbol of which no decision is known. */

import {note} from './dialog.js';

/** @param {Pick<import('../app.js').Context, 'api'>} ctx @param {string} key @returns {Promise<HTMLElement|null>} null: it is known, or nobody can say */
export async function unknownNote(ctx, key) {
  if (key.startsWith('*')) return null;
  const found = await ctx.api.get('symbols', {query: {q: key, limit: 1000}}).catch(() => null);
  if (!found || found.items.length < found.total || found.items.some((/** @type {any} */ one) => one.symbol === key)) return null;
  return note('warn', 'No decision of it is known: check the spelling.');
}
