/** A matrix of correlations as own SVG: number and colour in each cell, groups outlined; pairs in the table view. */

import {h, put, svg} from '../core/dom.js';
import {fixed, label, signed} from '../core/format.js';
import {value} from '../components/marks.js';
import {frame} from './frame.js';

const CELL = 30;
const NAME = 92;
const TAIL = 52; // of the last name, which stands askew
const FULL = 1000;

/** @typedef {{a: string, b: string, rho: number|null}} Pair */

/** @param {{name: string}} options */
export function matrix({name}) {
  let pairs = /** @type {Pair[]} */ ([]);
  const box = frame({
    name, heading: false, height: 'auto', key: (pair) => `${pair.a} ${pair.b}`,
    columns: [
      {title: 'Symbol', head: true, cell: (pair) => h('span.foreign', label(pair.a, 32))},
      {title: 'With', cell: (pair) => h('span.foreign', label(pair.b, 32))},
      {title: 'Correlation', numeric: true, sort: (pair) => pair.rho, cell: (pair) => value(pair.rho, signed(fixed(2)))},
    ],
    rows: () => pairs,
  });
  return {
    node: box.node,
    /** @param {string[]} names @param {(number|null)[][]} rho @param {number[][]} groups places in `names`, each next to one another @param {number} strong */
    update: (names, rho, groups, strong) => {
      pairs = names.flatMap((a, i) => names.slice(i + 1).map((b, j) => ({a, b, rho: rho[i][i + 1 + j]})));
      pairs.sort((one, other) => Math.abs(other.rho ?? 0) - Math.abs(one.rho ?? 0));
      put(box.canvas, draw(names, rho, groups, strong));
      const above = pairs.filter((pair) => Math.abs(pair.rho ?? 0) > strong).length;
      box.describe(`${names.length} symbols, ${above} of ${pairs.length} pairs above ${fixed(2)(strong)}; the table view has them all`);
      box.changed();
    },
  };
}

/** @param {string[]} names @param {(number|null)[][]} rho @param {number[][]} groups @param {number} strong */
function draw(names, rho, groups, strong) {
  const side = names.length * CELL;
  const text = (/** @type {string} */ one) => label(one, 12);
  return svg('svg.matrix', {viewBox: `0 0 ${NAME + side + TAIL} ${side + TAIL}`, style: {'max-width': `${NAME + side + TAIL}px`}},
    names.map((one, i) => svg('text.matrix-name', {x: NAME - 6, y: i * CELL + CELL / 2 + 4, 'text-anchor': 'end'}, text(one), svg('title', label(one, 200)))),
    names.map((one, i) => svg('text.matrix-name', {transform: `translate(${NAME + i * CELL + CELL / 2 + 4} ${side + 8}) rotate(45)`, 'text-anchor': 'start'}, label(one, 9))),
    rho.flatMap((row, i) => row.map((one, j) => (i === j ? svg('rect.matrix-self', place(i, j)) : cell(one, i, j, names, strong)))),
    groups.map((group) => svg('rect.matrix-group', {x: NAME + group[0] * CELL, y: group[0] * CELL, width: group.length * CELL, height: group.length * CELL})));
}

/** @param {number} i @param {number} j */
const place = (i, j) => ({x: NAME + j * CELL + 0.5, y: i * CELL + 0.5, width: CELL - 1, height: CELL - 1});

/** @param {number|null} rho @param {number} i @param {number} j @param {string[]} names @param {number} strong */
function cell(rho, i, j, names, strong) {
  const known = typeof rho === 'number';
  const size = known ? Math.abs(rho) : 0;
  const said = known ? `${rho < 0 ? '−' : ''}${String(Math.round(size * 100)).padStart(2, '0')}` : '?';
  return svg('g', {class: known && rho < 0 ? 'matrix-cell below' : 'matrix-cell'},
    svg('rect', {...place(i, j), 'fill-opacity': Math.round(size * 0.55 * FULL) / FULL}),
    svg('text', {x: NAME + j * CELL + CELL / 2, y: i * CELL + CELL / 2 + 4, 'text-anchor': 'middle', class: size > strong ? 'strong' : ''}, said),
    svg('title', `${label(names[i], 60)}, ${label(names[j], 60)}: ${known ? signed(fixed(2))(rho) : 'not known'}`));
}
