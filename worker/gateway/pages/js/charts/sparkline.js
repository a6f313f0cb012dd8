/** A line without axes, for a tile: the course at a glance, its numbers in the label. */

import {put, set, svg} from '../core/dom.js';

const WIDTH = 120;
const HEIGHT = 32;

/**
 * @param {string} name @param {(value: number) => string} format of the numbers in its label
 */
export function sparkline(name, format) {
  const node = svg('svg.spark', {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': `${name}: no course yet`});
  return {
    node,
    /**
     * @param {(number|null)[]} values @param {{limit?: number|null, zero?: boolean}} [options] limit: a dashed line; zero: the scale begins there
     */
    update: (values, {limit = null, zero = false} = {}) => {
      const known = values.filter((value) => typeof value === 'number' && Number.isFinite(value));
      if (known.length < 2) return put(node);
      const marks = zero ? [0] : [];
      let low = Math.min(...known, ...marks);
      let high = Math.max(...known, ...marks);
      const near = limit !== null && (limit <= high * 3 || high <= 0); // a limit far off would flatten the course
      if (near) high = Math.max(high, limit);
      if (high === low) { high += Math.abs(high) / 100 || 1; low -= zero ? 0 : Math.abs(low) / 100 || 1; }
      const y = (/** @type {number} */ value) => HEIGHT - 2 - ((value - low) / (high - low)) * (HEIGHT - 4);
      const path = line(values, y);
      const bottom = zero ? y(0) : HEIGHT;
      put(node,
        svg('path.area', {d: `${path.line}L${path.last.toFixed(1)} ${bottom}L${path.first.toFixed(1)} ${bottom}Z`}),
        svg('path.line', {d: path.line}),
        near && svg('line.limit', {x1: 0, x2: WIDTH, y1: y(limit), y2: y(limit)}));
      set(node, {'aria-label': `${name}: from ${format(known[0])} to ${format(known.at(-1))}, between ${format(Math.min(...known))} and ${format(Math.max(...known))}`});
    },
  };
}

/** @param {(number|null)[]} values @param {(value: number) => number} y */
function line(values, y) {
  const step = WIDTH / Math.max(1, values.length - 1);
  let d = '';
  let first = NaN;
  let last = 0;
  values.forEach((value, at) => {
    if (typeof value !== 'number' || !Number.isFinite(value)) return;
    if (Number.isNaN(first)) first = at * step;
    last = at * step;
    d += `${d ? 'L' : 'M'}${last.toFixed(1)} ${y(value).toFixed(1)}`;
  });
  return {line: d, first, last};
}
