/** Older pages of a list behind cursors: a button that loads on, and what a budget left unread. */

import {h, put} from '../core/dom.js';
import {compact, label} from '../core/format.js';

/**
 * @param {(cursor: string|null) => Promise<any>} read a page as the gateway answers @param {(items: any[], first: boolean) => void} show
 */
export function pages(read, show) {
  let cursor = /** @type {string|null} */ (null);
  let busy = false;
  const more = h('button', {type: 'button', onclick: () => next()}, 'Older ones');
  const said = h('span.muted', {role: 'status'});
  const node = h('div.row.pager', more, said);
  const learn = (/** @type {any} */ page, /** @type {boolean} */ first) => {
    cursor = page.cursor ?? null;
    more.hidden = cursor === null;
    const read = page.scanned?.records;
    put(said, page.complete === false ? `Only ${compact(read ?? 0)} records were looked through: there may be more, go on.` : cursor === null && !first ? 'That is all.' : '');
    show(page.items, first);
  };
  const next = async () => {
    if (busy || cursor === null) return;
    busy = true;
    put(said, 'Loading …');
    try {
      learn(await read(cursor), false);
    } catch (error) {
      put(said, `They can’t be read: ${label(error.message, 200)}`);
    } finally {
      busy = false;
    }
  };
  return {node, learn, first: () => read(null)};
}
