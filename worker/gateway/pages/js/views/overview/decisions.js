/** The newest decisions. Rows stand still while somebody reads them. */

import {atMost, every} from '../../core/clock.js';
import {h} from '../../core/dom.js';
import {count, fixed, label, moment, when, words} from '../../core/format.js';
import {recall, remember} from '../../core/memory.js';
import {link} from '../../core/router.js';
import {choice} from '../../components/choice.js';
import {icon} from '../../components/icons.js';
import {action, foreign, tag, value} from '../../components/marks.js';
import {drawForAll, rowMark} from '../../control/badge.js';
import {keep, panel} from '../../components/panel.js';
import {table} from '../../components/table.js';
import {why} from '../../words.js';

const KEPT = 400;
const SHOWN = 60;
const DRAWN_MS = 500;
const LIMITS_MS = 5000;
/** Reasons that keep a symbol quiet without stopping a signal. */
const QUIET = new Set(['signal_weak', 'warmup']);
/** @type {Record<string, (decision: any) => boolean>} */
const KINDS = {all: () => true, trades: (decision) => decision.action !== 'hold', blocked: (decision) => Boolean(decision.blocking) && !QUIET.has(decision.blocking)};
const NONE = {
  all: ['No decision yet', 'Start a worker and publish bars: alphapulse worker, alphapulse publish.'],
  trades: ['No trade among the newest decisions', 'Choose “All” to see every decision.'],
  blocked: ['No signal was blocked among the newest decisions', 'Choose “All” to see every decision.'],
};

/** @param {import('../../app.js').Context} ctx */
export function decisionsPanel(ctx) {
  let kind = recall('overview.kind', 'all');
  if (!(kind in KINDS)) kind = 'all';
  /** @type {Record<string, any[]>} newest first */
  const kept = {all: [], trades: [], blocked: []};
  let limits = /** @type {any[]} */ ([]);
  let held = false;
  let waiting = 0;

  const kinds = choice('Which decisions', [['all', 'All'], ['trades', 'Trades'], ['blocked', 'Blocked signals']], kind, (next) => {
    remember('overview.kind', kind = next);
    draw();
  });
  let paused = false;
  const pause = h('button.icon', {type: 'button', 'aria-pressed': 'false', 'aria-label': 'Hold the list', title: 'Hold the list; it also stands still under the pointer', onclick: () => {
    paused = !paused;
    pause.setAttribute('aria-pressed', String(paused));
    if (!paused) soon();
  }}, icon('pause'));
  const box = panel('Newest decisions', {flush: true, actions: [kinds.node, pause]});
  const rows = table({
    caption: 'Newest decisions', key: (row) => `${row.partition}:${row.offset}`, tall: 'max(22rem, calc(100vh - 24rem))',
    fixed: true,
    columns: [
      {title: 'Time', width: '6.5rem', cell: ({value: one}) => h('time', {title: `close of the bar: ${moment(one.close_ts)} UTC`}, when(one.close_ts, ctx.now())), class: 'time'},
      {title: 'Symbol', width: '7.25rem', head: true, cell: ({value: one}) => h('span', subject(one), rowMark(limits, String(one.symbol ?? ''), ctx.now(), true))},
      {title: 'Action', width: '8rem', class: 'action', cell: ({value: one}) => [action(one.action), h('span.below', why(one))]},
      {title: 'Final', width: '4.25rem', numeric: true, from: 'phone', cell: ({value: one}) => value(one.final, fixed(2)), hint: 'the signal after all stages, −1 to 1'},
      {title: 'Confidence', width: '7rem', numeric: true, from: 'wide', cell: ({value: one}) => value(one.confidence, fixed(2))},
      {title: 'Why', class: 'text', from: 'phone', cell: ({value: one}) => foreign(why(one), 90)},
      {title: 'Blocked by', width: '8rem', from: 'middle', cell: ({value: one}) => blocked(one.blocking)},
    ],
  });

  const draw = () => {
    const found = kept[kind];
    waiting = 0;
    if (!found.length) return box.empty(NONE[kind][0], NONE[kind][1]);
    rows.update(found.slice(0, SHOWN));
    box.show(rows.node);
    note();
  };
  const note = () => box.note((held || paused) && waiting ? `held: ${count(waiting, 'newer one')}` : '');
  const all = h('div.standings', {role: 'status'});
  const look = () => ctx.api.get('limits', {signal: ctx.signal}).then(({items}) => {
    limits = items;
    drawForAll(all, limits, ctx.now());
  }, () => {}); // the rows stand without them
  look();
  every(LIMITS_MS, look, ctx.signal);
  const soon = atMost(DRAWN_MS, () => (held || paused ? note() : draw()), ctx.signal);
  const hold = (/** @type {boolean} */ next) => () => {
    held = next;
    if (!held) soon();
  };
  rows.node.addEventListener('pointerenter', hold(true));
  rows.node.addEventListener('pointerleave', hold(false));
  rows.node.addEventListener('focusin', (event) => event.target !== rows.node && hold(true)());
  rows.node.addEventListener('focusout', hold(false));

  const data = keep(box, () => ctx.api.get('decisions', {query: {limit: 200}, signal: ctx.signal}), (page) => {
    const items = page.items.map((/** @type {any} */ item) => readable({...item, value: item.decision}));
    for (const [name, fits] of Object.entries(KINDS)) kept[name] = merge(items.filter((item) => fits(item.value)), kept[name]);
    draw();
  }, {signal: ctx.signal});

  return {
    panel: box,
    all,
    again: data.again,
    /** @param {import('../../core/live.js').Item[]} items oldest first */
    add: (items) => {
      const newest = items.map(readable).reverse();
      for (const [name, fits] of Object.entries(KINDS)) {
        const found = newest.filter((item) => fits(item.value));
        if (found.length) kept[name] = [...found, ...kept[name]].slice(0, KEPT);
        if (name === kind) waiting += found.length;
      }
      soon();
    },
  };
}

/** What was read and what has come meanwhile, each record once, newest first. @param {any[]} read @param {any[]} live */
function merge(read, live) {
  const known = new Set(live.map((item) => `${item.partition}:${item.offset}`));
  return [...live, ...read.filter((item) => !known.has(`${item.partition}:${item.offset}`))].slice(0, KEPT);
}

/** What stopped a signal is framed; a weak signal is only named. @param {unknown} code */
const blocked = (code) => (!code ? '' : QUIET.has(code) ? h('span.muted', words(code)) : tag(words(code)));

/** What is no decision stays in the list, and says so. @param {any} item */
const readable = (item) => (item.value && typeof item.value === 'object' ? item : {...item, value: {symbol: item.key, close_ts: item.timestamp, action: 'unreadable', final: null, confidence: null, reasons: ['unreadable']}});

/** @param {any} one */
const subject = (one) => (typeof one.symbol !== 'string' ? foreign(one.symbol ?? 'no symbol', 24) : h('a.subject.foreign', {href: `${link('symbols', one.symbol)}?at=${one.sequence}`, title: label(one.symbol, 200)}, label(one.symbol, 24)));
