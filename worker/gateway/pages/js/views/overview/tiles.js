/** Five figures with their course over the last minutes. */

import {h, put, say} from '../../core/dom.js';
import {brief, compact, fixed, fraction, integer, label, money, percent, shown, signed, span} from '../../core/format.js';
import {level, meter} from '../../components/marks.js';
import {sparkline} from '../../charts/sparkline.js';

const KEPT = 180; // points of five seconds
const LEAST = 36; // points in the width of a tile
const POINT_MS = 5000;

/**
 * @typedef {{name: string, href: string, series: string, format: (value: number) => string, draw: (status: any) => {figure: any, format: (value: number) => string, note: string, share?: number|null}, limit?: (status: any) => number|null, zero?: boolean}} Tile
 * @type {Tile[]}
 */
const TILES = [
  {
    name: 'Equity', href: '#/risk', series: 'equity', format: money,
    draw: (status) => ({figure: status.equity, format: money, note: `${said(status.day_return, signed(percent(2)))} today`}),
  },
  {
    name: 'Gross exposure', href: '#/risk', series: 'gross', format: fixed(2), zero: true, limit: (status) => status.limits?.gross ?? null,
    draw: (status) => ({figure: status.gross, format: fixed(2), note: `of ${said(status.limits?.gross, brief)} · net ${said(status.net, signed(fixed(2)))} of ${said(status.limits?.net, brief)}`, share: ratio(status.gross, status.limits?.gross)}),
  },
  {
    name: 'Value at risk', href: '#/risk', series: 'var99', format: percent(2), zero: true, limit: (status) => status.limits?.var99 ?? null,
    draw: (status) => ({figure: status.var99, format: percent(2), note: `of ${said(status.limits?.var99, fraction)} · one day, 99 %`, share: ratio(status.var99, status.limits?.var99)}),
  },
  {
    name: 'Lag', href: '#/fleet', series: 'lag_records', format: integer, zero: true,
    draw: (status) => ({figure: status.lag_records, format: compact, note: status.lag_records === 0 ? 'nothing waits' : `records · ${said(status.lag_seconds === null ? null : status.lag_seconds * 1000, span)} behind`}),
  },
  {
    name: 'Rejected', href: '#/quality', series: 'rejected_share', format: percent(2), zero: true,
    draw: (status) => ({figure: status.rejected_share, format: percent(2), note: `of input · ${said(status.decisions_per_s, compact)} decisions/s`}),
  },
];

const said = (/** @type {unknown} */ value, /** @type {(value: number) => string} */ format) => shown(value, format).text;
const ratio = (/** @type {any} */ figure, /** @type {any} */ limit) => (typeof figure === 'number' && limit > 0 ? Math.abs(figure) / limit : null);

/** A short course keeps to the right, where now is. @param {(number|null)[]} values */
const padded = (values) => [...new Array(Math.max(0, LEAST - values.length)).fill(null), ...values];

/** @param {number|null|undefined} share of a limit */
const nearness = (share) => (typeof share !== 'number' || share < 0.8 ? null : share > 1 ? level('bad', 'over the limit') : level('warn', `${Math.floor(share * 100)} % of the limit`));

/** @param {import('../../app.js').Context} ctx */
export function tiles(ctx) {
  /** @type {Record<string, (number|null)[]>} */
  const course = Object.fromEntries(TILES.map((tile) => [tile.series, []]));
  let last = 0;
  const made = TILES.map((tile) => {
    const figure = h('strong.tile-figure', '–');
    const note = h('span.tile-note', ' ');
    const bar = h('div.tile-bar');
    const sign = h('span.tile-sign');
    const spark = sparkline(`${tile.name}, last 15 minutes`, tile.format);
    const node = h('a.tile', {href: tile.href}, h('span.tile-name', h('span.one-line', tile.name), sign), figure, note, bar, spark.node);
    return {tile, figure, note, bar, sign, spark, node};
  });
  const courses = (/** @type {any} */ status) => {
    for (const {tile, spark} of made) spark.update(padded(course[tile.series]), {zero: tile.zero, limit: tile.limit?.(status) ?? null});
  };
  ctx.api.get('status/history', {signal: ctx.signal}).then((history) => {
    for (const {series} of TILES) course[series] = (history[series] ?? []).slice(-KEPT);
    last = history.ts?.at(-1) ?? 0;
    courses({});
  }, () => {}); // the course fills from now on
  return {
    node: h('section.tiles', {'aria-label': 'Figures'}, made.map(({node}) => node)),
    update: (/** @type {any} */ status) => {
      if (!status) return;
      for (const {tile, figure, note, bar, sign} of made) {
        const drawn = tile.draw(status);
        const {text, kind, hint} = shown(drawn.figure, drawn.format);
        say(figure, kind === 'absent' ? '–' : label(text));
        figure.className = `tile-figure ${kind === 'plain' ? '' : kind}`;
        figure.title = kind === 'plain' ? '' : hint ?? '';
        say(note, kind === 'absent' && tile.href === '#/risk' ? 'no monitor of risk runs' : drawn.note);
        const word = nearness(drawn.share);
        if (sign.textContent !== (word?.textContent ?? '')) put(sign, word);
        if (drawn.share !== undefined) put(bar, meter(drawn.share, `${tile.name}, share of the limit`));
      }
      if (ctx.now() - last >= POINT_MS) {
        last = ctx.now();
        for (const {series} of TILES) {
          course[series].push(status[series] ?? null);
          if (course[series].length > KEPT) course[series].shift();
        }
      }
      courses(status);
    },
  };
}
