/** Parameters of a strategy as they are typed and as they are meant. Pure. */

/** @typedef {boolean|number|string} Value */

/** What is wrong with what was typed for a parameter of this kind; '' for nothing. @param {Value} like @param {string} typed */
export function amiss(like, typed) {
  if (typeof like !== 'number') return '';
  if (typed === '' || !Number.isFinite(Number(typed))) return 'Enter a number.';
  return Number.isInteger(like) && !Number.isInteger(Number(typed)) ? 'Enter a whole number, as it is now.' : '';
}

/** @param {Value} like @param {string} typed @returns {Value} */
export const meant = (like, typed) => (typeof like === 'number' ? Number(typed) : typeof like === 'boolean' ? typed === 'yes' : typed);

/** Whether two sets of parameters are the same. @param {Record<string, Value>|null|undefined} one @param {Record<string, Value>|null|undefined} other */
export function same(one, other) {
  const names = new Set([...Object.keys(one ?? {}), ...Object.keys(other ?? {})]);
  return [...names].every((name) => one?.[name] === other?.[name]);
}
