/** Tables that change often: rows keep their elements, so that focus, selection and readers of the screen keep their place. */

import {h, put, say} from '../core/dom.js';
import {icon} from './icons.js';

/**
 * @template R
 * @typedef {object} Column
 * @property {string} title
 * @property {(row: R) => Node|(Node|string|null|false)[]|string|number|null} cell text goes in as text
 * @property {boolean} [numeric] to the right
 * @property {boolean} [head] the cell names its row
 * @property {(row: R) => number|string|null|undefined} [sort] makes the column sortable
 * @property {'phone'|'middle'|'wide'} [from] shown only on screens wider than a phone, 56 rem, 75 rem
 * @property {string} [class] @property {string} [hint] @property {string} [width] with `fixed`: columns without one share the rest
 */

/**
 * @template R
 * @param {{caption: string, columns: Column<R>[], key: (row: R) => string|number, tall?: string, sort?: {column: number, down?: boolean}, row?: (node: HTMLElement, row: R) => void, fixed?: boolean}} options
 * `caption` is read, not shown; `tall`: height beyond which it scrolls; `row` decorates a row; `fixed`: widths don't follow what the cells hold
 */
export function table({caption, columns, key, tall, sort, row: decorate, fixed}) {
  const body = h('tbody');
  const heads = columns.map((column, at) => header(column, () => order(at)));
  const node = h('div.table-box', {class: tall ? 'tall' : '', style: tall ? {'--tall': tall} : {}, tabindex: 0, role: 'group', 'aria-label': caption},
    h('table', {class: fixed ? 'fixed' : ''}, h('caption.unseen', caption), h('thead', h('tr', heads)), body));
  let rows = /** @type {R[]} */ ([]);
  let by = sort ?? null;
  /** @type {Map<string|number, {node: HTMLElement, row: R}>} */
  let known = new Map();

  const order = (/** @type {number} */ at) => {
    by = by?.column === at ? (by.down ? {column: at, down: false} : sort ?? null) : {column: at, down: true};
    draw();
  };
  const sorted = () => {
    const value = by && columns[by.column].sort;
    if (!by || !value) return rows;
    const sign = by.down ? -1 : 1;
    return rows.map((row) => ({row, value: value(row)})).sort((a, b) => sign * compare(a.value, b.value) || 0).map(({row}) => row);
  };
  const draw = () => {
    heads.forEach((head, at) => mark(head, columns[at].sort ? (by?.column === at ? (by.down ? 'descending' : 'ascending') : 'none') : null));
    const next = new Map();
    let place = body.firstChild;
    for (const row of sorted()) {
      const id = key(row);
      const old = known.get(id);
      const node = old?.node ?? h('tr');
      if (!old || old.row !== row) cells(node, row);
      next.set(id, {node, row});
      if (node === place) place = node.nextSibling;
      else body.insertBefore(node, place);
    }
    for (const [id, {node}] of known) if (!next.has(id)) node.remove();
    known = next;
  };
  const cells = (/** @type {HTMLElement} */ node, /** @type {R} */ row) => {
    columns.forEach((column, at) => {
      const made = column.cell(row);
      let cell = node.children[at];
      if (!cell) node.append(cell = h(column.head ? 'th' : 'td', {class: look(column), scope: column.head ? 'row' : undefined}));
      if (Array.isArray(made)) put(cell, ...made);
      else if (made instanceof Node) {
        if (!(cell.childNodes.length === 1 && cell.firstChild.isEqualNode?.(made) && !made.querySelector?.('button, input'))) put(cell, made);
      } else say(cell, made ?? '');
    });
    decorate?.(node, row);
  };
  body.addEventListener('keydown', step);
  draw();
  return {
    node,
    /** @param {R[]} next */
    update: (next) => {
      rows = next;
      draw();
    },
    /** The element of a row. @param {string|number} id */
    at: (id) => known.get(id)?.node,
  };
}

/** @param {Column<any>} column */
const look = (column) => [column.numeric && 'numeric', column.from && `from-${column.from}`, column.class].filter(Boolean).join(' ');

/** @param {Column<any>} column @param {() => void} order */
function header(column, order) {
  const inside = column.sort ? h('button', {onclick: order, title: `Sort by ${column.title.toLowerCase()}`}, column.title, h('span.arrow')) : column.title;
  return h('th', {scope: 'col', class: look(column), title: column.hint, style: column.width ? {'--width': column.width} : {}}, inside);
}

/** @param {HTMLElement} head @param {string|null} direction */
function mark(head, direction) {
  if (direction === null) return;
  if (head.getAttribute('aria-sort') === direction) return;
  head.setAttribute('aria-sort', direction);
  put(/** @type {Element} */ (head.querySelector('.arrow')), direction === 'ascending' ? icon('up') : direction === 'descending' ? icon('down') : null);
}

/** Absent values come last whichever way. @param {any} a @param {any} b */
function compare(a, b) {
  const none = (/** @type {any} */ one) => one === null || one === undefined || Number.isNaN(one);
  if (none(a) || none(b)) return Number(none(a)) - Number(none(b));
  return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), 'en', {numeric: true});
}

/** Arrow keys go from link to link, row by row. @param {KeyboardEvent} event */
function step(event) {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const row = /** @type {Element} */ (event.target).closest('tr');
  let next = event.key === 'ArrowDown' ? row?.nextElementSibling : row?.previousElementSibling;
  while (next && !next.querySelector('a, button')) next = event.key === 'ArrowDown' ? next.nextElementSibling : next.previousElementSibling;
  if (!next) return;
  event.preventDefault();
  /** @type {HTMLElement} */ (next.querySelector('a, button')).focus();
}
