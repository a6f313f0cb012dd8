/** Take-overs that this page has seen, phase by phase with seconds; and rebalances of the group. */

import {h, put, svg} from '../../core/dom.js';
import {ago, clock, count, fixed, integer, label, member, moment, span, text} from '../../core/format.js';
import {level, value} from '../../components/marks.js';
import {panel} from '../../components/panel.js';
import {frame} from '../../charts/frame.js';
import {lasted} from './takeover.js';

const PHASES = {killed: ['bad', 'killed, not noticed yet'], unowned: ['bad', 'no owner'], stalled: ['bad', 'stalled'], restoring: ['warn', 'restoring'], running: ['ok', 'running'], idle: ['ok', 'running'], unknown: ['none', 'not known']};
const SHOWN = 8;

/** @param {import('../../app.js').Context} ctx */
export function takeoversPanel(ctx) {
  const box = panel('Take-overs', {note: 'seen while this page was open'});
  const list = h('ol.takeovers');
  return {
    panel: box,
    /** @param {import('./takeover.js').Takeover[]} all newest first */
    update: (all) => {
      if (!all.length) return box.empty('None since this page was opened', 'When a worker ends, its partitions show here: no owner, restoring, running, with seconds.');
      const now = ctx.now();
      const longest = Math.max(1000, ...all.slice(0, SHOWN).map((one) => (one.ended ?? now) - one.began));
      put(list, all.slice(0, SHOWN).map((one) => h('li.takeover', {dataset: {open: String(one.ended === null)}},
        h('p', h('strong', `Partition ${one.partition}`), ' ', one.ended === null ? level('warn', `for ${span(now - one.began)}`) : level('ok', one.unseen ? 'running again, since when was not seen' : one.ended === one.began ? 'handed over' : `running after ${span(one.ended - one.began)}`), h('span.muted', ` · ${clock(one.began)}`)),
        h('p.small.foreign', one.from ? `from ${member(one.from)}` : 'had no owner', one.to && one.to !== one.from ? ` to ${member(one.to)}` : ''),
        one.ended !== one.began && h('div.phases', {'aria-hidden': 'true'}, lasted(one, now).map(({state, ms}) => h('span.phase', {dataset: {state}, style: {width: `${(ms / longest) * 100}%`}}))),
        h('p.small', lasted(one, now).map(({state, ms}) => h('span.phase-said', {dataset: {state}}, `${PHASES[state]?.[1] ?? label(state, 20)} ${span(ms)}`))))));
      box.show(list);
    },
  };
}

const WIDTH = 640;
const HEIGHT = 96;

/** @param {import('../../app.js').Context} ctx */
export function rebalancesPanel(ctx) {
  const box = panel('Rebalances');
  let all = /** @type {any[]} */ ([]);
  const chart = frame({
    name: 'Rebalances', heading: false, height: 'auto', key: (row) => row.ts, rows: () => all,
    columns: [
      {title: 'When', head: true, cell: (row) => moment(row.ts)},
      {title: 'Members after it', numeric: true, cell: (row) => value(row.members, integer)},
      {title: 'Seconds', numeric: true, cell: (row) => (row.seconds === null ? 'passed unseen' : value(row.seconds, fixed(1)))},
    ],
  });
  return {
    panel: box,
    /** @param {any} fleet as `fleet/workers` has it */
    update: (fleet) => {
      all = [...(fleet.rebalances ?? [])].sort((a, b) => b.ts - a.ts);
      const many = fleet.rebalance_count ?? all.length;
      if (!all.length) return box.empty('None since the gateway began to look', 'Each join, leave or crash of a worker makes one.');
      box.note(`${count(many, 'rebalance')} · the newest ${ago(all[0].ts, ctx.now())}, ${count(all[0].members, 'member')}, ${all[0].seconds === null ? 'too short to be seen' : `${text(all[0].seconds, fixed(1))} s`}`);
      put(chart.canvas, timeline(all, ctx.now()));
      chart.describe(`${count(all.length, 'rebalance')}, the longest ${text(Math.max(0, ...all.map((one) => one.seconds ?? 0)), fixed(1))} s`);
      chart.changed();
      box.show(chart.node);
    },
  };
}

/** Bars whose height is the length; a circle where it passed unseen. @param {any[]} all @param {number} now */
function timeline(all, now) {
  const from = Math.min(...all.map((one) => one.ts), now - 600_000);
  const x = (/** @type {number} */ ts) => 12 + ((ts - from) / Math.max(1, now - from)) * (WIDTH - 24);
  const seen = all.flatMap((one) => (one.seconds === null ? [] : [one.seconds]));
  const longest = Math.max(1, ...seen);
  const ground = HEIGHT - 22;
  return svg('svg.timeline', {viewBox: `0 0 ${WIDTH} ${HEIGHT}`},
    svg('line.timeline-axis', {x1: 12, x2: WIDTH - 12, y1: ground, y2: ground}),
    svg('text', {x: 12, y: HEIGHT - 6}, moment(from)), svg('text', {x: WIDTH - 12, y: HEIGHT - 6, 'text-anchor': 'end'}, 'now'),
    svg('text', {x: 12, y: 11}, seen.length ? `longest ${fixed(1)(Math.max(...seen))} s` : 'all too short to be seen'),
    all.map((one) => (one.seconds === null
      ? svg('circle.timeline-mark', {cx: x(one.ts), cy: ground - 5, r: 3.5}, svg('title', `${moment(one.ts)}: ${one.members} members, passed unseen`))
      : svg('rect.timeline-bar', {x: x(one.ts) - 3, width: 6, y: ground - 4 - (one.seconds / longest) * (ground - 22), height: 4 + (one.seconds / longest) * (ground - 22)}, svg('title', `${moment(one.ts)}: ${one.members} members, ${fixed(1)(one.seconds)} s`)))));
}
