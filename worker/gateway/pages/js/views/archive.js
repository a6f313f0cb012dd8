/** Archive: rows that outlive their topics, to look at and to take along. */

import {h, put} from '../core/dom.js';
import {brief, count, fieldMs, fieldTime, label, moment, words} from '../core/format.js';
import {link} from '../core/router.js';
import {foreign, value as figure} from '../components/marks.js';
import {panel} from '../components/panel.js';
import {table} from '../components/table.js';
import {columns, isTime, parsed, plain, sortable, titled} from './archive/rows.js';

const SHOWN = 100;
const MOST = 200_000;
const FORMATS = {parquet: 'Parquet', csv: 'CSV', ndjson: 'NDJSON', arrow: 'Arrow'};
const OF_SYMBOLS = ['decisions', 'rejections'];
const FIELDS = ['table', 'symbol', 'from', 'to'];

/** @param {HTMLElement} root @param {import('../app.js').Context} ctx */
export function mount(root, ctx) {
  const tables = [...OF_SYMBOLS, 'portfolio', ...(ctx.session.can('admin') ? ['audit'] : [])];
  const given = Object.fromEntries(FIELDS.map((name) => [name, ctx.query.get(name) ?? '']));
  const inputs = {
    table: h('select', {onchange: () => fit()}, tables.map((one) => h('option', {value: one, selected: one === given.table}, words(one)))),
    symbol: h('input', {type: 'text', placeholder: 'all', maxlength: 200, value: given.symbol, autocomplete: 'off', spellcheck: 'false'}),
    from: h('input', {type: 'datetime-local', value: fieldTime(given.from)}),
    to: h('input', {type: 'datetime-local', value: fieldTime(given.to)}),
  };
  const format = h('select', {'aria-label': 'Format'}, Object.entries(FORMATS).map(([name, said]) => h('option', {value: name}, said)));
  const take = h('button', {type: 'button', onclick: () => download()}, 'Download');
  const took = h('span.muted', {role: 'status'});
  const form = h('form.archive-form', {onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); show(); }},
    h('label', h('span', 'Table'), inputs.table), h('label', h('span', 'Symbol'), inputs.symbol),
    h('label', h('span', 'Bars from, UTC'), inputs.from), h('label', h('span', 'Bars to, UTC'), inputs.to),
    h('button.primary', {type: 'submit'}, 'Show'), h('label', h('span', 'As a file'), format), take, took);
  const wanted = panel('Wanted rows');
  const box = panel('Rows', {flush: true});
  put(root, h('div.page-head', h('h1', 'Archive'), h('p.note', 'What was decided and rejected, for longer than the topics keep it.')), h('div.stack', wanted.node, box.node));
  wanted.show(form);

  let asking = new AbortController();
  ctx.signal.addEventListener('abort', () => asking.abort());
  const query = () => {
    const own = OF_SYMBOLS.includes(inputs.table.value);
    return own ? {symbol: inputs.symbol.value.trim(), from: fieldMs(inputs.from.value), to: fieldMs(inputs.to.value)} : {};
  };
  const fit = () => {
    const own = OF_SYMBOLS.includes(inputs.table.value);
    for (const name of ['symbol', 'from', 'to']) inputs[name].disabled = !own;
  };
  const remember = () => {
    const named = new URLSearchParams(FIELDS.filter((name) => inputs[name].value && !inputs[name].disabled).map((name) => [name, inputs[name].value.trim()]));
    ctx.go(`#/archive?${named}`, true);
  };

  async function show() {
    asking.abort();
    const {signal} = asking = new AbortController();
    remember();
    box.note('');
    box.loading('Reading the archive');
    try {
      const answer = await ctx.api.file(['archive', inputs.table.value], {query: {...query(), limit: SHOWN, format: 'ndjson'}, signal});
      const rows = parsed(await answer.text()).map((row, at) => ({at, row}));
      if (signal.aborted) return;
      draw(rows, answer.headers.get('X-Complete') === 'true');
    } catch (error) {
      if (!signal.aborted) box.failed(error, show);
    }
  }

  /** @param {{at: number, row: Record<string, unknown>}[]} rows @param {boolean} complete */
  function draw(rows, complete) {
    if (!rows.length) return box.empty(complete ? 'The archive has no such row' : 'None was found in time', complete ? 'Take a filter away, or look whether the archive runs.' : 'Narrow the time down, or name a symbol.');
    const names = columns(rows.map((one) => one.row));
    const list = table({
      caption: 'Rows of the archive', key: (one) => one.at, tall: 'max(24rem, calc(100vh - 22rem))',
      columns: names.map((name) => ({title: titled(name), head: name === 'symbol', sort: ({row}) => sortable(row[name]), numeric: rows.every(({row}) => row[name] === null || typeof row[name] === 'number') && !isTime(name), cell: ({row}) => cell(name, row[name])})),
    });
    list.update(rows);
    box.note(complete ? count(rows.length, 'row') : `the first ${rows.length} rows; a file has up to ${count(MOST, 'row')}`);
    box.show(list.node);
  }

  async function download() {
    const [name, kind] = [inputs.table.value, format.value];
    remember();
    take.disabled = true;
    put(took, 'Reading the archive …');
    try {
      const answer = await ctx.api.file(['archive', name], {query: {...query(), limit: MOST, format: kind}, signal: ctx.signal});
      const content = await answer.blob();
      const address = URL.createObjectURL(content);
      const saved = /** @type {HTMLAnchorElement} */ (h('a', {download: `${name}.${kind}`}));
      saved.href = address;
      saved.click();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
      const rows = count(Number(answer.headers.get('X-Rows')), 'row');
      put(took, answer.headers.get('X-Complete') === 'true' ? `${rows}: all of them` : `${rows}: there are more, narrow the time down for the rest`);
    } catch (error) {
      if (!ctx.signal.aborted) put(took, `No file: ${label(error.message, 200)}. ${label(error.fix ?? '', 200)}`);
    } finally {
      take.disabled = false;
    }
  }

  fit();
  show();
  ctx.stream({topics: []});
}

/** @param {string} name @param {unknown} found */
function cell(name, found) {
  if (isTime(name) && Number.isFinite(found)) return h('time', moment(/** @type {number} */ (found)));
  if (name === 'symbol' && found !== null) return h('a.subject.foreign', {href: link('symbols', String(found))}, label(found, 40));
  if (typeof found === 'number') return figure(found, brief);
  return foreign(plain(found), 80);
}
