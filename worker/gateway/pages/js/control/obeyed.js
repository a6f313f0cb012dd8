/** How far a record is obeyed, as counts and as a sentence. Pure. */

import {count, integer, label} from '../core/format.js';

/** With the partitions that obey a record after the removed one. @param {any} found @param {number} lifted */
export function counted(found, lifted) {
  const partitions = found.partitions.map((/** @type {any} */ one) => ({...one, in_force: one.in_force || one.version > lifted}));
  return {...found, partitions, in_force: Math.max(found.in_force, partitions.filter((/** @type {any} */ one) => one.in_force).length)};
}

/** @param {{in_force: number, of: number}} found */
export const sentence = ({in_force: done, of}) => (of === 0 ? 'No partition has a decision yet' : `In force in ${integer(done)} of ${count(of, 'partition')}`);

/** Which partitions decide by this model, as `models` shows their newest decisions. @param {any[]} shown @param {{name: string|null, version: string}|null} model */
export function decidedBy(shown, model) {
  const partitions = shown.filter((one) => one.close_ts !== null && one.close_ts !== undefined).map((one) => {
    const found = model?.name ? one.id === model.name && one.version === model.version : one.id === null;
    return {partition: one.partition, in_force: found, shows: one.id === null ? 'no model' : `by ${label(one.id, 40)} ${label(one.version, 24)}`};
  });
  return {partitions, in_force: partitions.filter((one) => one.in_force).length, of: partitions.length};
}
