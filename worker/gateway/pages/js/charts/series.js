/** Lines over time, by uPlot: legend with the values under the pointer, limits as dashed lines, a table of the same data. */

import {h, put, say, svg} from '../core/dom.js';
import {clock, moment, number, text} from '../core/format.js';
import {colour, onTheme} from '../core/theme.js';
import {value} from '../components/marks.js';
import {frame} from './frame.js';
import {library} from './library.js';

const DAY_S = 86_400;

/**
 * @typedef {object} Line
 * @property {string} title @property {string} [colour] a variable of tokens.css @property {(value: number) => string} [format]
 * @property {number[]} [dash] @property {boolean} [fill] @property {boolean} [steps] @property {number} [width]
 */

/**
 * @param {{
 *   name: string, lines: Line[], height?: string, range?: [number|null, number|null], limits?: {at: number, title: string}[],
 *   sync?: string, heading?: boolean, pick?: (ts: number) => void, signal: AbortSignal,
 * }} options `range`: ends of the scale, null where the data decides; `sync`: charts of one name share the pointer; `pick`: a click on a time
 */
export function series({name, lines, height = '9rem', range = [null, null], limits = [], sync, heading, pick, signal}) {
  let ts = /** @type {number[]} */ ([]);
  let columns = /** @type {(number|null)[][]} */ (lines.map(() => []));
  let chosen = /** @type {number|null} */ (null);
  let bounds = limits;
  let plot = /** @type {any} */ (null);
  const box = frame({
    name, height, heading, key: (row) => row.at,
    columns: [
      {title: 'Time', head: true, cell: (row) => moment(ts[row.at])},
      ...lines.map((line, n) => ({title: line.title, numeric: true, cell: (/** @type {any} */ row) => value(columns[n][row.at], line.format ?? number)})),
    ],
    rows: () => ts.map((_, at) => ({at})).reverse(),
  });
  const keys = lines.map((line) => h('b', '–'));
  put(box.legend, lines.map((line, n) => h('span.key', swatch(line), line.title, keys[n])));
  const legend = (/** @type {number|null|undefined} */ at) => {
    const place = at ?? ts.length - 1;
    lines.forEach((line, n) => say(keys[n], ts.length ? text(columns[n][place], line.format ?? number) : '–'));
  };

  const draw = () => {
    legend(null);
    box.changed();
    const newest = ts.length - 1;
    if (newest >= 0) box.describe(lines.map((line, n) => `${line.title} ${text(columns[n][newest], line.format ?? number)}`).join(', '));
    plot?.setData(data());
  };
  const data = () => [ts.map((one) => one / 1000), ...columns.map((column) => ts.map((_, at) => drawable(column[at])))];

  library('uplot.mjs', 'uplot.css').then(({default: Plot}) => {
    if (signal.aborted) return;
    plot = new Plot(options(Plot), data(), box.canvas);
    const sized = new ResizeObserver(() => {
      const {clientWidth: width, clientHeight: tall} = box.canvas;
      if (width && tall) plot.setSize({width, height: tall});
    });
    sized.observe(box.canvas);
    onTheme(() => plot.redraw(true), signal);
    signal.addEventListener('abort', () => {
      sized.disconnect();
      plot.destroy();
    });
  }, (error) => signal.aborted || box.failed(error));

  const options = (/** @type {any} */ Plot) => ({
    width: box.canvas.clientWidth || 300, height: box.canvas.clientHeight || 140, padding: [8, 8, 0, 0],
    legend: {show: false},
    cursor: {y: false, points: {size: 6}, drag: {x: true, y: false}, ...(sync ? {sync: {key: sync}} : {})},
    tzDate: (/** @type {number} */ at) => Plot.tzDate(new Date(at * 1000), 'Etc/UTC'),
    scales: {x: {time: true}, y: {range: (/** @type {any} */ _, /** @type {number} */ low, /** @type {number} */ high) => extent(low, high, range)}},
    axes: [
      {...axis(), values: (/** @type {any} */ _, /** @type {number[]} */ splits, /** @type {number} */ __, /** @type {number} */ ___, /** @type {number} */ step) => splits.map((at) => tick(at, step))},
      {...axis(), size: 60, values: (/** @type {any} */ _, /** @type {number[]} */ splits) => splits.map((one) => (lines[0].format ?? number)(one))},
    ],
    series: [{}, ...lines.map((line) => ({
      label: line.title, width: line.width ?? 1.5, dash: line.dash, points: {show: false}, stroke: () => colour(line.colour ?? '--accent'),
      fill: line.fill ? () => colour(line.colour ?? '--accent', 0.12) : undefined,
      paths: line.steps ? Plot.paths.stepped({align: 1}) : undefined,
    }))],
    hooks: {
      setCursor: [(/** @type {any} */ one) => legend(one.cursor.idx)],
      draw: [(/** @type {any} */ one) => over(one, bounds, chosen)],
      ready: [(/** @type {any} */ one) => pick && one.over.addEventListener('click', () => {
        if (one.cursor.idx !== null && one.cursor.idx !== undefined) pick(ts[one.cursor.idx]);
      })],
    },
  });

  return {
    node: box.node,
    /** @param {number[]} times epoch ms @param {(number|null)[][]} values one column a line @param {{at: number, title: string}[]} [more] limits */
    update: (times, values, more) => {
      ts = times;
      columns = values;
      if (more) bounds = more;
      draw();
    },
    /** Mark a time; null takes the mark away. @param {number|null} at */
    select: (at) => {
      chosen = at;
      plot?.redraw(false);
      legend(at === null ? null : ts.indexOf(at) < 0 ? null : ts.indexOf(at));
    },
    /** Show this range of times. @param {number} from @param {number} to */
    show: (from, to) => plot?.setScale('x', {min: from / 1000, max: to / 1000}),
  };
}

/** What no canvas can draw is left out; the table shows it. @param {unknown} one */
const drawable = (one) => (typeof one === 'number' && Math.abs(one) < 1e15 ? one : null);

/** @param {number} low @param {number} high @param {[number|null, number|null]} range */
function extent(low, high, range) {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [range[0] ?? 0, range[1] ?? 1];
  const room = (high - low) * 0.08 || Math.abs(high) * 0.01 || 1;
  return [range[0] ?? low - room, range[1] ?? high + room];
}

const axis = () => ({
  font: '11px sans-serif', stroke: () => colour('--muted'), gap: 4, size: 28,
  grid: {stroke: () => colour('--line'), width: 1}, ticks: {show: false},
});

/** @param {number} at seconds @param {number} step between ticks */
function tick(at, step) {
  const ms = at * 1000;
  if (step >= DAY_S || at % DAY_S === 0) return moment(ms).slice(5, 10);
  return step < 60 ? clock(ms) : clock(ms).slice(0, 5);
}

/** Limits and the chosen time, over the lines. @param {any} plot @param {{at: number, title: string}[]} limits @param {number|null} chosen */
function over(plot, limits, chosen) {
  const {ctx, bbox} = plot;
  const dot = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.lineWidth = dot;
  ctx.font = `${11 * dot}px sans-serif`;
  ctx.textAlign = 'left'; // the axes leave it at the right
  ctx.textBaseline = 'alphabetic'; // and at the top
  for (const {at, title} of limits) {
    const y = Math.round(plot.valToPos(at, 'y', true));
    ctx.setLineDash([4 * dot, 4 * dot]);
    ctx.strokeStyle = colour('--bad');
    line(ctx, bbox.left, y, bbox.left + bbox.width, y);
    ctx.fillStyle = colour('--muted');
    const above = y - bbox.top > 16 * dot ? y - 4 * dot : y + 12 * dot;
    ctx.fillText(title, bbox.left + 4 * dot, Math.min(Math.max(above, bbox.top + 12 * dot), bbox.top + bbox.height - 4 * dot)); // whole, also at the edge
  }
  if (chosen !== null) {
    const x = Math.round(plot.valToPos(chosen / 1000, 'x', true));
    ctx.setLineDash([]);
    ctx.strokeStyle = colour('--accent');
    line(ctx, x, bbox.top, x, bbox.top + bbox.height);
  }
  ctx.restore();
}

/** @param {CanvasRenderingContext2D} ctx @param {number} x @param {number} y @param {number} toX @param {number} toY */
function line(ctx, x, y, toX, toY) {
  ctx.beginPath();
  ctx.moveTo(x, y);
  ctx.lineTo(toX, toY);
  ctx.stroke();
}

/** @param {Line} one */
const swatch = (one) => svg('svg', {viewBox: '0 0 20 10', 'aria-hidden': 'true'},
  svg('line', {x1: 0, x2: 20, y1: 5, y2: 5, style: {stroke: `var(${one.colour ?? '--accent'})`}, 'stroke-width': 2, 'stroke-dasharray': one.dash ? '4 3' : null}));
