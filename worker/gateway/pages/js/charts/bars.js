/** Bars from a common zero, to both sides: each row with its name and number, so that nothing needs the bar to be read. */

import {h, put} from '../core/dom.js';
import {label, shown} from '../core/format.js';
import {value} from '../components/marks.js';
import {frame} from './frame.js';

/** @typedef {{label: string, value: any, [more: string]: any}} Bar */

/**
 * @param {{name: string, value: string, format: (value: number) => string, href?: (row: Bar) => string, more?: import('../components/table.js').Column<any>[], heading?: boolean}} options
 */
export function bars({name, value: title, format, href, more = [], heading = false}) {
  let all = /** @type {Bar[]} */ ([]);
  const named = (/** @type {Bar} */ row, most = 24) => (href ? h('a.foreign', {href: href(row)}, label(row.label, most)) : h('span.foreign', label(row.label, most)));
  const box = frame({
    name, heading, height: 'auto', key: (row) => row.label,
    columns: [{title: 'Name', head: true, cell: (row) => named(row, 60)}, {title, numeric: true, sort: (row) => row.value, cell: (row) => value(row.value, format)}, ...more],
    rows: () => all,
  });
  box.canvas.setAttribute('role', 'group');
  return {
    node: box.node,
    /** @param {Bar[]} rows that are drawn @param {Bar[]} [table] all of them @param {string} [note] below */
    update: (rows, table = rows, note = '') => {
      all = table;
      const known = rows.map((row) => row.value).filter((one) => typeof one === 'number' && Math.abs(one) < 1e15);
      const low = Math.min(0, ...known);
      const size = Math.max(0, ...known) - low || 1;
      put(box.canvas, h('ul.bars', rows.map((row) => {
        const drawn = typeof row.value === 'number' && Math.abs(row.value) < 1e15 ? row.value : 0;
        const from = (Math.min(0, drawn) - low) / size;
        return h('li.bar', h('span.bar-name.one-line', {title: label(row.label, 200)}, named(row)),
          h('span.bar-track', {'aria-hidden': 'true'}, h('span.bar-fill', {class: drawn < 0 ? 'below' : '', style: {left: `${from * 100}%`, width: `${(Math.abs(drawn) / size) * 100}%`}}), low < 0 && h('span.bar-zero', {style: {left: `${(-low / size) * 100}%`}})),
          h('span.bar-value', {class: shown(row.value, format).kind === 'plain' ? '' : 'absent'}, shown(row.value, format).text));
      })), note && h('p.hint', note));
      box.changed();
    },
  };
}
