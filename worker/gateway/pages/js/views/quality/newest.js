/** The newest rejections, filtered, with their raw records. */

import {h, put} from '../../core/dom.js';
import {atMost} from '../../core/clock.js';
import {label, when, words} from '../../core/format.js';
import {link} from '../../core/router.js';
import {foreign, tag} from '../../components/marks.js';
import {newer} from '../../components/newer.js';
import {pages} from '../../components/pages.js';
import {keep, panel} from '../../components/panel.js';
import {table} from '../../components/table.js';
import {rawDialog} from './raw.js';

const KEPT = 1000;

/** @param {import('../../app.js').Context} ctx @param {(code: string) => string|undefined} meaning */
export function newestPanel(ctx, meaning) {
  const wanted = {code: ctx.query.get('code') ?? '', symbol: ctx.query.get('symbol') ?? '', partition: ctx.query.get('partition') ?? ''};
  let items = /** @type {any[]} */ ([]);
  let paged = false;
  const code = h('select', {'aria-label': 'Code', onchange: () => change({code: code.value})}, h('option', {value: ''}, 'all codes'));
  const symbol = h('input', {type: 'search', 'aria-label': 'Symbol', placeholder: 'Symbol', maxlength: 64, value: wanted.symbol, oninput: () => typed()});
  const partition = h('input', {type: 'number', 'aria-label': 'Partition', placeholder: 'Partition', min: 0, value: wanted.partition, oninput: () => typed()});
  const box = panel('Rejected records', {flush: true, actions: [code, symbol, partition], class: 'rejected'});
  const rows = table({
    caption: 'Rejected records, newest first', key: (row) => `${row.partition}:${row.offset}`, tall: '36rem',
    columns: [
      {title: 'Time', cell: (row) => h('time', {title: 'when it was rejected, UTC'}, when(row.timestamp, ctx.now()))},
      {title: 'Symbol', head: true, cell: (row) => whose(row)},
      {title: 'Why', cell: (row) => (row.rejection ? h('span', (row.rejection.codes ?? []).map((/** @type {string} */ one) => [h('span', {title: label(meaning(one) ?? '', 200)}, tag(words(one))), ' ']), newer(row.rejection)) : tag('unreadable', 'bad', label(row.problem ?? '', 200)))},
      {title: 'Detail', class: 'text', from: 'middle', cell: (row) => foreign(row.rejection?.detail ?? row.problem ?? '', 120)},
      {title: 'Offset', numeric: true, from: 'wide', cell: (row) => (row.input ? `${row.input.partition} : ${row.input.offset}` : ''), hint: 'partition : offset of the record in the input'},
      {title: 'Record', cell: (row) => h('button.plain', {type: 'button', 'aria-label': `Raw record of ${row.key === null ? 'no key' : label(row.key, 40)}, offset ${row.offset}`, onclick: () => rawDialog(row, {session: ctx.session, announce: ctx.announce, meaning})}, 'Raw …')},
    ],
  });
  const list = pages((cursor) => ctx.api.get('rejections', {query: {...wanted, symbol: wanted.symbol.trim(), limit: 100, cursor}, signal: ctx.signal}), (next, first) => {
    paged = !first;
    items = first ? next : [...items, ...next].slice(0, KEPT);
    if (!items.length) {
      return box.empty(wanted.code || wanted.symbol || wanted.partition ? 'No rejected record fits' : 'Nothing was rejected', wanted.code || wanted.symbol || wanted.partition ? 'Take a filter away to see others.' : 'Every record became a decision.');
    }
    rows.update(items);
    box.show(rows.node, list.node);
  });
  const data = keep(box, list.first, (page) => list.learn(page, true), {signal: ctx.signal});
  const typed = atMost(250, () => change({symbol: symbol.value, partition: partition.value}), ctx.signal);
  const change = (/** @type {Partial<typeof wanted>} */ next) => {
    Object.assign(wanted, next);
    const query = new URLSearchParams(Object.entries(wanted).filter(([, one]) => one));
    ctx.go(`#/quality${query.size ? `?${query}` : ''}`, true);
    paged = false;
    data.again();
  };
  return {
    panel: box,
    /** @param {string[]} codes */
    codes: (codes) => {
      const all = [...new Set([...codes, wanted.code].filter(Boolean))].sort();
      if (all.join() === [...code.options].slice(1).map((one) => one.value).join()) return;
      put(code, h('option', {value: ''}, 'all codes'), all.map((one) => h('option', {value: one}, words(one))));
      code.value = wanted.code;
    },
    /** Show those alone. @param {Partial<typeof wanted>} next */
    pick: (next) => {
      change(next);
      code.value = wanted.code;
      symbol.value = wanted.symbol;
      partition.value = wanted.partition;
      box.node.scrollIntoView({block: 'start'});
      (next.code === undefined ? partition : code).focus({preventScroll: true});
    },
    heard: atMost(3000, () => paged || box.node.matches(':focus-within, :hover') || data.again(), ctx.signal),
  };
}

/** @param {any} row */
function whose(row) {
  const symbol = row.rejection?.symbol ?? row.key;
  if (symbol === null || symbol === undefined) return h('span.absent', 'no symbol');
  return h('a.subject.foreign', {href: link('symbols', symbol)}, label(symbol, 32));
}
