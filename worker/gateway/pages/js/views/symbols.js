/** All symbols with their newest decision. */

import {atMost} from '../core/clock.js';
import {h, put} from '../core/dom.js';
import {ago, brief, count, fixed, label, money, price, words} from '../core/format.js';
import {link} from '../core/router.js';
import {action, change, level, side, tag, value} from '../components/marks.js';
import {drawForAll, rowMark} from '../control/badge.js';
import {keep, panel} from '../components/panel.js';
import {table} from '../components/table.js';

export const title = 'Symbols';
const MOST = 1000;
const HEALTH = {ok: ['ok', 'ok'], silent: ['warn', 'silent'], quarantined: ['warn', 'quarantined']};

/** @param {HTMLElement} root @param {import('../app.js').Context} ctx */
export function mount(root, ctx) {
  const filter = h('input', {type: 'search', 'aria-label': 'Filter by symbol', placeholder: 'Filter', maxlength: 200});
  const box = panel('Newest decision of each symbol', {flush: true, actions: [filter]});
  const all = h('div.standings', {role: 'status'});
  let limits = /** @type {any[]} */ ([]);
  const rows = table({
    caption: 'Newest decision of each symbol', key: (row) => row.symbol, tall: 'calc(100vh - 13rem)',
    columns: [
      {title: 'Symbol', head: true, sort: (row) => row.symbol, cell: (row) => h('span', h('a.subject.foreign', {href: link('symbols', row.symbol)}, label(row.symbol, 40)), ' ', rowMark(limits, row.symbol, ctx.now()))},
      {title: 'Health', sort: (row) => row.health, cell: (row) => level(...(HEALTH[row.health] ?? ['none', words(row.health)]))},
      {title: 'Close', numeric: true, cell: (row) => value(row.close, price)},
      {title: 'Action', cell: (row) => action(row.action), sort: (row) => row.action},
      {title: 'Position', cell: (row) => side(row.state), sort: (row) => row.state},
      {title: 'Quantity', numeric: true, from: 'middle', cell: (row) => (row.state === 'flat' ? '' : value(row.qty, brief)), sort: (row) => row.qty},
      {title: 'Unrealised', numeric: true, from: 'phone', cell: (row) => (row.state === 'flat' ? '' : change(row.unrealised, money)), sort: (row) => row.unrealised},
      {title: 'Final', numeric: true, from: 'middle', cell: (row) => value(row.final, fixed(2)), sort: (row) => row.final, hint: 'the signal after all stages, −1 to 1'},
      {title: 'Confidence', numeric: true, from: 'wide', cell: (row) => value(row.confidence, fixed(2)), sort: (row) => row.confidence},
      {title: 'Regime', from: 'wide', cell: (row) => words(row.regime), sort: (row) => row.regime},
      {title: 'Blocked by', from: 'phone', cell: (row) => (row.blocking ? tag(words(row.blocking)) : ''), sort: (row) => row.blocking ?? ''},
      {title: 'Last bar', numeric: true, from: 'middle', cell: (row) => ago(row.close_ts, ctx.now()), sort: (row) => row.close_ts},
    ],
  });
  const draw = (/** @type {any} */ answer) => {
    if (!answer) return;
    const wanted = filter.value.trim();
    box.note(answer.total > answer.items.length ? `${answer.items.length} of ${count(answer.total, 'symbol')}: filter to see others` : count(answer.total, 'symbol'));
    if (!answer.items.length) return box.empty(wanted ? `No symbol contains “${label(wanted, 40)}”` : 'No symbol has a decision yet', wanted ? 'Clear the filter to see all.' : 'Start a worker and publish bars.');
    rows.update(answer.items);
    box.show(rows.node);
  };
  const read = async () => {
    const asked = ctx.api.get('limits', {signal: ctx.signal}).then(({items}) => items, () => limits); // the rows stand without them
    const answer = await ctx.api.get('symbols', {query: {q: filter.value.trim(), limit: MOST}, signal: ctx.signal});
    limits = await asked;
    drawForAll(all, limits, ctx.now());
    return answer;
  };
  const data = keep(box, read, draw, {signal: ctx.signal, every: 5000});
  filter.addEventListener('input', atMost(150, data.again, ctx.signal));
  put(root, h('div.page-head', h('h1', 'Symbols'), all), box.node);
  ctx.stream({topics: []});
}
