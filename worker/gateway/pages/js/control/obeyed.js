/** How far a record is obeyed, as counts and as a sentence. Pure. */

import {count, integer} from '../core/format.js';

/** With the partitions that obey a record after the removed one. @param {any} found @param {number} lifted */
export function counted(found, lifted) {
  const partitions = found.partitions.map((/** @type {any} */ one) => ({...one, in_force: one.in_force || one.version > lifted}));
  return {...found, partitions, in_force: Math.max(found.in_force, partitions.filter((/** @type {any} */ one) => one.in_force).length)};
}

/** @param {{in_force: number, of: number}} found */
export const sentence = ({in_force: done, of}) => (of === 0 ? 'No partition has a decision yet' : `In force in ${integer(done)} of ${count(of, 'partition')}`);
