/**
 * Candles with volume, stops, targets and decisions, by lightweight-charts.
 * A rising candle is hollow and a falling one filled, so that the direction is seen without colour.
 */

import {h, put} from '../core/dom.js';
import {clock, compact, count, date, decimals, integer, moment, price, text, words} from '../core/format.js';
import {colour, onTheme, theme} from '../core/theme.js';
import {icon} from '../components/icons.js';
import {action, value} from '../components/marks.js';
import {Band} from './band.js';
import {frame} from './frame.js';
import {library} from './library.js';

const LARGEST = 9e13; // the library draws nothing beyond it
const VIEWED = 140; // bars in view at first
const WORDS_BELOW = 90; // bars in view; beyond it words would cover each other
const SHAPES = {open_long: ['arrowUp', 'belowBar', '--long'], open_short: ['arrowDown', 'aboveBar', '--short'], close: ['square', 'aboveBar', '--text']};

/** @typedef {import('../views/symbol/course.js').Course} Course */

/**
 * @param {{name: string, height: string, pick: (at: number) => void, signal: AbortSignal}} options `pick`: a click on the bar with this index
 */
export function candles({name, height, pick, signal}) {
  let course = /** @type {Course|null} */ (null);
  let chart = /** @type {ReturnType<typeof draw>|null} */ (null);
  let chosen = /** @type {number|null} */ (null);
  const box = frame({
    name, height, heading: false, key: (at) => at,
    columns: [
      {title: 'Bar', head: true, cell: (at) => moment(course.ts[at])},
      ...['open', 'high', 'low', 'close'].map((part) => ({title: part[0].toUpperCase() + part.slice(1), numeric: true, cell: (/** @type {number} */ at) => value(course[part][at], price)})),
      {title: 'Volume', numeric: true, cell: (at) => value(course.volume[at], compact)},
      {title: 'Action', cell: (at) => action(course.action[at])},
      {title: 'Stop', numeric: true, cell: (at) => value(course.stop[at], price)},
      {title: 'Target', numeric: true, cell: (at) => value(course.target[at], price)},
    ],
    rows: () => [...course.ts.keys()].reverse(),
  });
  const left = h('span', {role: 'status'});
  put(box.legend, sample('candle', 'rises', '--long'), sample('candle.full', 'falls', '--short'), key('up', 'open long', '--long'), key('down', 'open short', '--short'), key('square', 'close'), key('circle', 'other'),
    sample('dashes', 'stop', '--bad'), sample('dots', 'target', '--ok'), left);

  library('lightweight-charts.mjs').then((lib) => {
    if (signal.aborted) return;
    chart = draw(lib, box.canvas, (ts) => pick(course.ts.indexOf(ts)));
    onTheme(() => chart.paint(), signal);
    signal.addEventListener('abort', () => chart.remove());
    if (course) chart.all(course);
    chart.select(chosen);
  }, (error) => signal.aborted || box.failed(error));

  let odd = 0;
  const describe = () => {
    const at = course.ts.length - 1;
    box.describe(at < 0 ? 'no bars' : `${integer(course.ts.length)} bars to ${moment(course.ts[at])}, last close ${text(course.close[at], price)}, ${course.markers.length} decisions to trade`);
    put(left, odd > 0 && h('span.level.warn', icon('warn'), `${count(odd, 'bar')} without a plausible price: see the table`));
    box.changed();
  };
  return {
    node: box.node,
    /** Draw another course. @param {Course} next */
    show: (next) => {
      course = next;
      odd = course.ts.reduce((sum, _, at) => sum + Number(!plausible(course, at)), 0);
      chart?.all(course);
      describe();
    },
    /** The course has one bar more. */
    grew: () => {
      odd += Number(!plausible(course, course.ts.length - 1));
      chart?.last(course);
      describe();
    },
    /** Mark a bar. @param {number|null} at */
    select: (at) => {
      chosen = at === null ? null : course.ts[at];
      chart?.select(chosen);
    },
    follow: () => chart?.follow(),
  };
}

/** @param {any} lib @param {HTMLElement} place @param {(ts: number) => void} picked */
function draw(lib, place, picked) {
  const chart = lib.createChart(place, {
    autoSize: true,
    layout: {attributionLogo: true, background: {type: 'solid', color: 'transparent'}, fontFamily: getComputedStyle(place).fontFamily, fontSize: 11, panes: {enableResize: false}},
    rightPriceScale: {borderVisible: false, scaleMargins: {top: 0.1, bottom: 0.08}, minimumWidth: 68},
    timeScale: {borderVisible: false, timeVisible: true, rightOffset: 4, minBarSpacing: 0.2},
    localization: {locale: 'en-GB', timeFormatter: (/** @type {number} */ at) => moment(at * 1000)},
    crosshair: {mode: 0},
    kineticScroll: {touch: false},
  });
  chart.applyOptions({timeScale: {tickMarkFormatter: (/** @type {number} */ at, /** @type {number} */ kind) => (kind >= 3 ? clock(at * 1000).slice(0, kind === 4 ? 8 : 5) : date(at * 1000).slice(kind === 0 ? 0 : 5))}});
  const bars = chart.addSeries(lib.CandlestickSeries, {priceLineStyle: 3});
  const line = {lineWidth: 1, lineStyle: 2, lineType: 0, priceLineVisible: false, lastValueVisible: false, crosshairMarkerVisible: false};
  const stop = chart.addSeries(lib.LineSeries, line);
  const target = chart.addSeries(lib.LineSeries, {...line, lineStyle: 1});
  const volume = chart.addSeries(lib.HistogramSeries, {priceFormat: {type: 'custom', formatter: compact, minMove: 1e-9}, priceLineVisible: false, lastValueVisible: false}, 1);
  chart.panes()[1]?.setStretchFactor(0.2);
  const band = new Band();
  bars.attachPrimitive(band);
  const marks = lib.createSeriesMarkers(bars, [], {zOrder: 'top'});
  let course = /** @type {Course|null} */ (null);
  let worded = false;

  const paint = () => {
    const [long, short, lines, muted] = ['--long', '--short', '--line', '--muted'].map((name) => colour(name));
    chart.applyOptions({
      layout: {background: {type: 'solid', color: colour('--surface')}, textColor: muted, panes: {separatorColor: lines, separatorHoverColor: lines}},
      grid: {vertLines: {color: lines}, horzLines: {color: lines}},
      crosshair: {vertLine: {color: muted, labelBackgroundColor: colour('--line-strong')}, horzLine: {color: muted, labelBackgroundColor: colour('--line-strong')}},
    });
    bars.applyOptions({upColor: colour('--surface'), borderUpColor: long, wickUpColor: long, downColor: short, borderDownColor: short, wickDownColor: short, priceLineColor: muted});
    volume.applyOptions({color: colour('--line-strong', 0.55)});
    stop.applyOptions({color: colour('--bad')});
    target.applyOptions({color: colour('--ok')});
    band.paint(colour('--accent', theme() === 'dark' ? 0.28 : 0.18));
    if (course) mark();
  };
  // A range can be set only once the drawing has a width, which it has after the page's next layout.
  const view = () => {
    const length = course?.ts.length ?? 0;
    if (place.clientWidth && chart.timeScale().width()) chart.timeScale().setVisibleLogicalRange({from: Math.max(-2, length - VIEWED), to: length + 4});
    else if (place.isConnected || !course) requestAnimationFrame(view);
    else waiting = true;
  };
  let waiting = false;
  new ResizeObserver(() => {
    if (waiting) {
      waiting = false;
      requestAnimationFrame(view);
    }
  }).observe(place);
  const mark = () => marks.setMarkers(course.markers.map((one) => {
    const [shape, position, look] = SHAPES[one.action] ?? ['circle', 'aboveBar', '--accent'];
    return {time: one.ts / 1000, shape, position, color: colour(look), size: 1, ...(worded ? {text: words(one.action)} : {})};
  }));
  chart.timeScale().subscribeVisibleLogicalRangeChange((/** @type {any} */ range) => {
    const next = range !== null && range.to - range.from < WORDS_BELOW;
    if (next === worded || !course) return;
    worded = next;
    mark();
  });
  chart.subscribeClick((/** @type {any} */ event) => event.time !== undefined && picked(event.time * 1000));
  paint();

  return {
    paint,
    remove: () => chart.remove(),
    follow: () => chart.timeScale().scrollToRealTime(),
    select: (/** @type {number|null} */ ts) => {
      band.mark(ts === null ? null : ts / 1000);
      if (ts === null || !course) return;
      const at = course.ts.indexOf(ts);
      const range = chart.timeScale().getVisibleLogicalRange();
      if (!range || at < 0 || (at >= range.from && at <= range.to)) return;
      const half = (range.to - range.from) / 2;
      chart.timeScale().setVisibleLogicalRange({from: at - half, to: at + half});
    },
    all: (/** @type {Course} */ next) => {
      const anew = course === null || course.ts[0] !== next.ts[0];
      course = next;
      const digits = decimals(next.close.findLast(drawable) ?? 1);
      bars.applyOptions({priceFormat: {type: 'custom', formatter: price, minMove: 10 ** -digits}});
      bars.setData(next.ts.map((_, at) => candle(next, at)));
      volume.setData(next.ts.map((_, at) => amount(next, at)));
      stop.setData(level(next, 'stop'));
      target.setData(level(next, 'target'));
      mark();
      if (anew) view();
    },
    last: (/** @type {Course} */ next) => {
      const at = next.ts.length - 1;
      bars.update(candle(next, at));
      volume.update(amount(next, at));
      for (const [one, name] of [[stop, 'stop'], [target, 'target']]) for (const point of level(next, name, Math.max(0, at - 1))) one.update(point);
      if (next.markers.at(-1)?.ts === next.ts[at]) mark();
    },
  };
}

const drawable = (/** @type {unknown} */ one) => typeof one === 'number' && Math.abs(one) < LARGEST;

/** @param {Course} course @param {number} at */
const plausible = (course, at) => drawable(course.open[at]) && drawable(course.high[at]) && drawable(course.low[at]) && drawable(course.close[at]);

/** @param {Course} course @param {number} at */
function candle(course, at) {
  const time = course.ts[at] / 1000;
  return plausible(course, at) ? {time, open: course.open[at], high: course.high[at], low: course.low[at], close: course.close[at]} : {time};
}

/** @param {Course} course @param {number} at */
const amount = (course, at) => (drawable(course.volume[at]) ? {time: course.ts[at] / 1000, value: course.volume[at]} : {time: course.ts[at] / 1000});

/** A line that shows only where there is a value: the piece that leads away from the last one has no colour. @param {Course} course @param {'stop'|'target'} name @param {number} [from] */
function level(course, name, from = 0) {
  const points = [];
  for (let at = from; at < course.ts.length; at += 1) {
    const one = course[name][at];
    if (!drawable(one)) points.push({time: course.ts[at] / 1000});
    else if (at + 1 < course.ts.length && !drawable(course[name][at + 1])) points.push({time: course.ts[at] / 1000, value: one, color: 'transparent'});
    else points.push({time: course.ts[at] / 1000, value: one});
  }
  return points;
}

/** @param {import('../components/icons.js').IconName} shape @param {string} word @param {string} [look] */
const key = (shape, word, look = '--text') => h('span.key', {style: {'--key': `var(${look})`}}, h('span.shape', icon(shape)), word);
/** @param {string} drawn @param {string} word @param {string} look */
const sample = (drawn, word, look) => h('span.key', {style: {'--key': `var(${look})`}}, h(`span.${drawn}`), word);
