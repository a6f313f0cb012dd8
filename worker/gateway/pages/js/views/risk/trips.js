/** Limits that were passed, newest first. */

import {h} from '../../core/dom.js';
import {label, number, percent, when} from '../../core/format.js';
import {link} from '../../core/router.js';
import {value} from '../../components/marks.js';
import {panel} from '../../components/panel.js';
import {table} from '../../components/table.js';
import {rule} from './figures.js';

const TIMES = new Set(['gross', 'net', 'turnover', 'equity']);
const KEPT = 200;

/** @param {import('../../app.js').Context} ctx */
export function tripsPanel(ctx) {
  const box = panel('Limits that were passed', {flush: true});
  const format = (/** @type {any} */ row) => (TIMES.has(row.rule) ? number : percent(2));
  const rows = table({
    caption: 'Limits that were passed, newest first', tall: '22rem', key: (row) => `${row.ts} ${row.rule} ${row.key}`,
    columns: [
      {title: 'Step', cell: (row) => h('time', when(row.ts, ctx.now()))},
      {title: 'Rule', head: true, cell: (row) => rule(row.rule)},
      {title: 'Of', cell: (row) => (row.key === '*' ? 'the portfolio' : row.rule === 'symbol' ? h('a.foreign', {href: link('symbols', row.key)}, label(row.key, 32)) : h('span.foreign', label(row.key, 32)))},
      {title: 'Figure', numeric: true, cell: (row) => (row.figure === null ? 'without bound' : value(row.figure, format(row)))},
      {title: 'Limit', numeric: true, cell: (row) => value(row.limit, format(row))},
    ],
  });
  /** @type {any[]} */
  let kept = [];
  return {
    panel: box,
    /** @param {any[]} trips any order */
    add: (trips) => {
      const known = new Map([...trips, ...kept].map((trip) => [`${trip.ts} ${trip.rule} ${trip.key}`, trip]));
      kept = [...known.values()].sort((a, b) => b.ts - a.ts).slice(0, KEPT);
      if (!kept.length) return box.empty('No limit was passed', 'In the steps that the gateway keeps.');
      rows.update(kept);
      box.show(rows.node);
    },
  };
}
