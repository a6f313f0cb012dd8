/** How much was rejected, why, where, and whose. */

import {h, put} from '../../core/dom.js';
import {compact, count, integer, label, moment, percent, text, words} from '../../core/format.js';
import {link} from '../../core/router.js';
import {level, meter, value} from '../../components/marks.js';
import {panel} from '../../components/panel.js';
import {table} from '../../components/table.js';
import {bars} from '../../charts/bars.js';
import {stacked} from '../../charts/stacked.js';
import {buckets, outstanding} from './buckets.js';

const HIGH = 0.05;

/** @param {{code: (code: string) => void, symbol: (symbol: string) => void, partition: (partition: number) => void}} pick */
export function countPanels(pick) {
  const names = new Map();
  const said = (/** @type {string} */ code) => words(code);
  const course = panel('Rejected, minute by minute');
  const chart = stacked({name: 'Rejected by code over time', said});
  const codes = panel('By code', {flush: true});
  const codeRows = table({
    caption: 'Rejections by code', key: (row) => row.code, tall: '20rem',
    columns: [
      {title: 'Code', head: true, cell: (row) => h('button.plain', {type: 'button', title: 'Show those below', onclick: () => pick.code(row.code)}, words(row.code))},
      {title: 'Means', class: 'whole', from: 'phone', cell: (row) => h('span.foreign', label(row.text, 160))},
      {title: 'Records', numeric: true, sort: (row) => row.count, cell: (row) => value(row.count, integer)},
    ],
  });
  const partitions = panel('By partition', {flush: true});
  const partitionRows = table({
    caption: 'Rejections by partition', key: (row) => row.partition, tall: '20rem',
    columns: [
      {title: 'Partition', head: true, sort: (row) => row.partition, cell: (row) => h('button.plain', {type: 'button', title: 'Show those below', onclick: () => pick.partition(row.partition)}, `Partition ${row.partition}`)},
      {title: 'Rejected', numeric: true, sort: (row) => row.rejected, cell: (row) => value(row.rejected, integer)},
      {title: 'Accepted', numeric: true, from: 'phone', cell: (row) => value(row.accepted, compact)},
      {title: 'Share', sort: share, cell: (row) => h('div.share', value(share(row), percent(2)), row.stands_out ? level('warn', 'stands out') : meter(share(row), `Share of partition ${row.partition}`, 1))},
    ],
  });
  const symbols = panel('Most rejected symbols');
  const symbolBars = bars({name: 'Rejections by symbol', value: 'Rejections', format: integer, href: (row) => link('symbols', row.label)});
  const integrity = panel('Order and place');
  return {
    panels: [course, codes, partitions, symbols, integrity], course, codes, partitions, symbols, integrity, names,
    /** @param {any} summary as `rejections/summary` has it @param {any[]} quarantined symbols @param {any} status of the fleet, or null */
    update: (summary, quarantined, status) => {
      for (const {code, text: meaning} of summary.by_code) names.set(code, meaning);
      drawCourse(course, chart, summary);
      codes.note(count(summary.by_code.length, 'code'));
      if (!summary.by_code.length) codes.empty('Nothing was rejected', 'In this span.');
      else {
        codeRows.update(summary.by_code);
        codes.show(codeRows.node);
      }
      const odd = outstanding(summary.by_partition);
      partitions.note(odd.length ? 'one publisher may feed bad records' : '');
      if (!summary.by_partition.length) partitions.empty('No record yet');
      else {
        partitionRows.update(summary.by_partition.map((/** @type {any} */ row) => ({...row, stands_out: odd.includes(row.partition)})));
        partitions.show(partitionRows.node);
      }
      if (!summary.by_symbol.length) symbols.empty('Nothing was rejected', 'In this span.');
      else {
        symbolBars.update(summary.by_symbol.slice(0, 12).map((/** @type {any} */ row) => ({label: row.symbol, value: row.count})), summary.by_symbol.map((/** @type {any} */ row) => ({label: row.symbol, value: row.count})));
        symbols.show(symbolBars.node);
      }
      drawIntegrity(integrity, summary, quarantined, status);
    },
  };
}

/** @param {any} row */
const share = (row) => (row.rejected + row.accepted > 0 ? row.rejected / (row.rejected + row.accepted) : null);

/** @param {import('../../components/panel.js').Panel} box @param {ReturnType<typeof stacked>} chart @param {any} summary */
function drawCourse(box, chart, summary) {
  const all = summary.total + summary.accepted;
  box.note(all ? h('span', value(summary.share, percent(2)), ` of ${compact(all)} records `, summary.share > HIGH ? level('bad', 'too many') : '') : '');
  if (!all) return box.empty('No record in this span', 'Publish bars: alphapulse publish.');
  const found = buckets(summary.series);
  chart.update(found.ts, found.names, found.counts, found.width);
  box.show(chart.node);
}

/** @param {import('../../components/panel.js').Panel} box @param {any} summary @param {any[]} quarantined @param {any} status */
function drawIntegrity(box, summary, quarantined, status) {
  const {misplaced_keys: misplaced} = summary;
  const gaps = status?.lost ?? summary.sequence_gaps; // the status waits for the other topic before it calls a number missing
  const covers = status?.covers;
  const body = h('div.stack');
  const names = quarantined.slice(0, 8);
  put(body, h('dl.facts.left.checks',
    h('dt', 'Sequence gaps'), h('dd', gaps > 0 ? level('bad', `${text(gaps, integer)} numbers without an outcome`) : gaps === 0 ? level('ok', 'none: every record has an outcome') : value(gaps, integer),
      covers && h('p.hint', `Seen over ${count(covers.records, 'record')} of ${count(covers.symbols, 'symbol')} since ${moment(covers.since_ms)}.`),
      gaps > 0 && h('p.hint', 'A record was neither decided nor rejected. alphapulse verify names them; keep the input until it is understood.')),
    h('dt', 'Misplaced keys'), h('dd', misplaced > 0 ? level('warn', `${count(misplaced, 'symbol')} on another partition than murmur2 gives`) : misplaced === 0 ? level('ok', 'none: one partitioner places all keys') : value(misplaced, integer),
      misplaced > 0 && h('p.hint', 'Publishers place keys differently, so that a symbol’s bars may be on two partitions and out of order. Java and aiokafka use murmur2; librdkafka (Confluent’s clients, kcat) only with ', h('code', 'partitioner=murmur2_random'), '.')),
    h('dt', 'In quarantine'), h('dd', quarantined.length === 0 ? level('ok', 'no symbol') : level('warn', count(quarantined.length, 'symbol')), quarantined.length > 0 && h('p.hint', 'Their bars came at another price level and wait for confirmation: ', names.map((one, at) => [at > 0 && ', ', h('a.foreign', {href: link('symbols', one.symbol)}, label(one.symbol, 24))]), quarantined.length > names.length && ' …'))));
  box.show(body);
}
