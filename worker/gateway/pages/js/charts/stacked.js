/** Counts over time, one kind on the other, as own SVG: each kind with a colour and a pattern; the table view has the numbers. */

import {h, put, svg, unique} from '../core/dom.js';
import {clock, compact, integer, label, moment, text} from '../core/format.js';
import {frame} from './frame.js';

const HEIGHT = 170;
const LEFT = 44;
const BOTTOM = 22;

/** @param {{name: string, said: (kind: string) => string}} options `said`: a kind in words */
export function stacked({name, said}) {
  let ts = /** @type {number[]} */ ([]);
  let kinds = /** @type {string[]} */ ([]);
  let counts = /** @type {number[][]} */ ([]);
  const box = frame({
    name, heading: false, height: 'auto', key: (row) => row.at, rows: () => ts.map((_, at) => ({at})).reverse(),
    columns: [
      {title: 'From', head: true, cell: (row) => moment(ts[row.at])},
      {title: 'Rejected', numeric: true, cell: (row) => integer(sum(counts, row.at))},
      {title: 'Of which', class: 'text', cell: (row) => kinds.map((kind, n) => (counts[n][row.at] ? `${said(kind)} ${integer(counts[n][row.at])}` : '')).filter(Boolean).join(', ')},
    ],
  });
  const stem = unique('pattern');
  let last = /** @type {Parameters<typeof draw>|null} */ (null);
  let wide = 0;
  const redraw = () => {
    wide = Math.max(280, box.canvas.clientWidth || 720);
    if (last) put(box.canvas, draw(.../** @type {Parameters<typeof draw>} */ ([...last.slice(0, 6), wide])));
  };
  new ResizeObserver(() => box.canvas.clientWidth && box.canvas.clientWidth !== wide && redraw()).observe(box.canvas);
  return {
    node: box.node,
    /** @param {number[]} times @param {string[]} names @param {number[][]} rows a row a name @param {number} width ms of a column */
    update: (times, names, rows, width) => {
      [ts, kinds, counts] = [times, names, rows];
      put(box.legend, names.map((kind, n) => h('span.key', svg('svg', {viewBox: '0 0 20 10', 'aria-hidden': 'true'}, patterns(stem, n, 'key'), svg('rect', {width: 20, height: 10, fill: `url(#${stem}-key-${n})`})), said(kind), h('b', compact(rows[n].reduce((all, one) => all + one, 0))))));
      last = [stem, times, names, rows, said, width, wide];
      redraw();
      const all = times.map((_, at) => sum(rows, at));
      const peak = all.indexOf(Math.max(...all));
      box.describe(all.length ? `most ${integer(all[peak])} from ${moment(times[peak])}` : 'none');
      box.changed();
    },
  };
}

/** @param {number[][]} rows @param {number} at */
const sum = (rows, at) => rows.reduce((all, row) => all + (row[at] ?? 0), 0);

/** A colour with lines of its own direction. @param {string} stem @param {number} n @param {string} [use] */
function patterns(stem, n, use = 'bar') {
  const lines = [null, 'M0 6 6 0', 'M0 0 6 6', 'M0 3h6', 'M3 0v6', 'M0 6 6 0M0 0 6 6'][n % 6];
  return svg('defs', svg('pattern', {id: `${stem}-${use}-${n}`, width: 6, height: 6, patternUnits: 'userSpaceOnUse'},
    svg('rect', {width: 6, height: 6, class: `kind-${n % 6}`}), lines && svg('path', {d: lines, class: 'kind-line'})));
}

/** @param {string} stem @param {number[]} ts @param {string[]} names @param {number[][]} rows @param {(kind: string) => string} said @param {number} width ms of a column @param {number} wide */
function draw(stem, ts, names, rows, said, width, wide) {
  const most = Math.max(1, ...ts.map((_, at) => sum(rows, at)));
  const step = (wide - LEFT) / Math.max(1, ts.length);
  const ground = HEIGHT - BOTTOM;
  const y = (/** @type {number} */ count) => ground - (count / most) * (ground - 14);
  const marks = Math.max(1, Math.ceil(ts.length / Math.max(2, Math.floor(wide / 110))));
  return svg('svg.stacked', {viewBox: `0 0 ${wide} ${HEIGHT}`, height: HEIGHT},
    names.map((_, n) => patterns(stem, n)),
    [most, most / 2].map((count) => svg('g', svg('line.stacked-grid', {x1: LEFT, x2: wide, y1: y(count), y2: y(count)}), svg('text', {x: LEFT - 6, y: y(count) + 4, 'text-anchor': 'end'}, compact(count)))),
    svg('line.stacked-axis', {x1: LEFT, x2: wide, y1: ground, y2: ground}),
    ts.map((time, at) => {
      let below = 0;
      const parts = rows.map((row, n) => {
        const count = row[at] ?? 0;
        if (!count) return null;
        below += count;
        return svg('rect', {x: LEFT + at * step + 0.5, width: Math.max(1, step - 1), y: y(below), height: Math.max(1, y(below - count) - y(below)), fill: `url(#${stem}-bar-${n})`});
      });
      const told = `${moment(time)}, ${Math.round(width / 60_000)} min: ${names.map((kind, n) => (rows[n][at] ? `${label(said(kind), 40)} ${text(rows[n][at], integer)}` : '')).filter(Boolean).join(', ') || 'none'}`;
      return svg('g', svg('rect.stacked-hit', {x: LEFT + at * step, width: step, y: 0, height: ground}), ...parts, svg('title', told));
    }),
    ts.map((time, at) => at % marks === 0 && svg('text', {x: LEFT + at * step, y: HEIGHT - 6}, clock(time).slice(0, 5))));
}
