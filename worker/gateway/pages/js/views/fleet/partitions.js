/** Each partition: the strip at a glance, and a table with every number. */

import {h} from '../../core/dom.js';
import {compact, count, integer, label, member, span, when} from '../../core/format.js';
import {level, meter, value} from '../../components/marks.js';
import {panel} from '../../components/panel.js';
import {table} from '../../components/table.js';
import {strip} from '../../charts/strip.js';
import {choice} from '../../components/choice.js';
import {recall, remember} from '../../core/memory.js';

const STATES = {running: 'ok', idle: 'none', restoring: 'warn', unowned: 'bad', stalled: 'bad', unknown: 'none'};
const WORDS = {unowned: 'no owner', unknown: 'not known'};

/** @param {import('../../app.js').Context} ctx */
export function partitionsPanel(ctx) {
  const cells = strip();
  const rows = table({
    caption: 'Partitions of the input', key: (row) => row.partition, tall: '28rem',
    columns: [
      {title: 'Partition', head: true, sort: (row) => row.partition, cell: (row) => String(row.partition)},
      {title: 'State', sort: (row) => row.state, cell: (row) => level(STATES[row.state] ?? 'none', WORDS[row.state] ?? label(row.state, 20))},
      {title: 'Owner', sort: (row) => row.owner, cell: (row) => (row.owner ? h('span.foreign', {title: label(row.owner, 100)}, member(row.owner)) : 'nobody')},
      {title: 'Lag', numeric: true, sort: (row) => row.lag, cell: (row) => value(row.lag, compact)},
      {title: 'Behind', numeric: true, sort: (row) => row.lag_seconds, cell: (row) => value(row.lag_seconds, (seconds) => span(seconds * 1000))},
      {title: 'Restore', cell: (row) => restore(row)},
      {title: 'Committed', numeric: true, from: 'middle', cell: (row) => value(row.committed, integer)},
      {title: 'End', numeric: true, from: 'middle', cell: (row) => value(row.end, integer)},
      {title: 'Decisions/s', numeric: true, from: 'phone', sort: (row) => row.decisions_per_s, cell: (row) => value(row.decisions_per_s, compact)},
      {title: 'Newest bar', numeric: true, from: 'middle', cell: (row) => value(row.newest_close_ts, (ms) => when(ms, ctx.now()))},
    ],
  });
  let found = /** @type {any[]} */ ([]);
  let as = recall('fleet.partitions', 'strip');
  const views = choice('Show partitions as', [['strip', 'Strip'], ['table', 'Table']], as === 'table' ? 'table' : 'strip', (next) => {
    remember('fleet.partitions', as = next);
    draw();
  });
  const box = panel('Partitions', {actions: [views.node], class: 'partitions'});
  const draw = () => {
    if (!found.length) return box.empty('The input has no partition yet', 'Create the topics: alphapulse topics create.');
    box.note(`${count(found.length, 'partition')} · ${said(found)}`);
    box.body.classList.toggle('flush', as === 'table');
    if (as === 'table') {
      rows.update(found);
      box.show(rows.node);
    } else {
      cells.update(found);
      box.show(cells.node);
    }
  };
  return {
    panel: box,
    /** @param {any[]} items as `fleet/partitions` has them */
    update: (items) => {
      found = items;
      draw();
    },
  };
}

/** @param {any[]} items */
function said(items) {
  const counts = new Map();
  for (const {state} of items) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, many]) => `${many} ${WORDS[state] ?? label(state, 20)}`).join(', ');
}

/** @param {any} row */
function restore(row) {
  if (!row.restore) return '';
  const {done, total} = row.restore;
  const share = total > 0 ? done / total : null;
  return h('span.restore', meter(share, `Restore of partition ${row.partition}`, 1), h('span', `${compact(done)} of ${compact(total)}`));
}
