/** The members of the group, with what their probes say. */

import {h} from '../../core/dom.js';
import {ago, compact, count, fixed, integer, label, member, text} from '../../core/format.js';
import {foreign, level, tag, value} from '../../components/marks.js';
import {panel} from '../../components/panel.js';
import {table} from '../../components/table.js';

const STATES = {running: ['ok', 'running'], restoring: ['warn', 'restoring'], joining: ['warn', 'joining'], draining: ['warn', 'draining'], unknown: ['none', 'not known']};
const OLD_MS = 20_000;
const SILENT_MS = 5000; // probes are asked each second

/** @param {import('../../app.js').Context} ctx */
export function workersPanel(ctx) {
  const box = panel('Workers', {flush: true});
  let common = '';
  const rows = table({
    caption: 'Workers of the group', key: (row) => row.member_id ?? row.probe ?? row.client_id, tall: '26rem',
    columns: [
      {title: 'Worker', head: true, sort: (row) => row.client_id, cell: (row) => h('span', h('span.foreign', {title: label(row.member_id ?? 'no member', 200)}, row.member_id ? member(row.member_id) : label(row.client_id, 40)), row.host && h('span.muted.small.foreign', ` ${label(row.host, 40).replace(/^\//, '')}`))},
      {title: 'State', sort: (row) => row.state, cell: (row) => level(...(STATES[row.state] ?? ['none', label(row.state, 20)]))},
      {title: 'Partitions', cell: (row) => (row.partitions?.length ? row.partitions.join(', ') : row.member_id === null ? 'no member yet' : 'none')},
      {title: 'Ready', cell: (row) => ready(row, ctx.now())},
      {title: 'Decisions/s', numeric: true, from: 'phone', sort: (row) => row.decisions_per_s, cell: (row) => value(row.decisions_per_s, compact)},
      {title: 'p99 ms', numeric: true, from: 'phone', sort: (row) => row.p99_ms, cell: (row) => value(row.p99_ms, integer), hint: 'of encoding, sending and committing a batch, over a minute'},
      {title: 'CPU %', numeric: true, from: 'middle', sort: (row) => row.cpu_percent, cell: (row) => value(row.cpu_percent, fixed(0)), hint: '100 is one core'},
      {title: 'Memory MiB', numeric: true, from: 'middle', sort: (row) => row.rss_mb, cell: (row) => value(row.rss_mb, integer)},
      {title: 'Version', from: 'wide', cell: (row) => foreign(row.version ?? '–', 24)},
      {title: 'Settings', from: 'wide', cell: (row) => (row.config_hash ? h('span', h('code', label(row.config_hash, 9)), row.config_hash !== common && [' ', tag('other', 'warn', 'most workers run with other settings')]) : '–'), hint: 'hash of the settings that change decisions'},
      {title: 'Asked', numeric: true, from: 'wide', cell: (row) => (row.scraped_ms === null || row.scraped_ms === undefined ? 'never' : h('span', {class: ctx.now() - row.scraped_ms > OLD_MS ? 'absurd' : ''}, ago(row.scraped_ms, ctx.now()))), hint: 'when its probe last answered'},
    ],
  });
  return {
    panel: box,
    /** @param {any} fleet as `fleet/workers` has it */
    update: (fleet) => {
      const counts = new Map();
      for (const {config_hash: hash} of fleet.items) if (hash) counts.set(hash, (counts.get(hash) ?? 0) + 1);
      common = [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? '';
      box.note(`${count(fleet.items.length, 'worker')} · group ${label(fleet.group, 40)} is ${label(fleet.state, 24).toLowerCase()}${fleet.generation === null || fleet.generation === undefined ? '' : ` · generation ${text(fleet.generation, integer)}`}`);
      if (!fleet.items.length) return box.empty('No worker is a member of the group', 'Start one: alphapulse worker.');
      rows.update(fleet.items);
      box.show(rows.node);
    },
  };
}

/** @param {any} row @param {number} now */
function ready(row, now) {
  if (typeof row.scraped_ms === 'number' && now - row.scraped_ms > SILENT_MS) return level('warn', 'no answer');
  if (row.ready === null || row.ready === undefined) return level('none', row.probe ? 'no answer' : 'no probe');
  const checks = Object.entries(row.checks ?? {});
  const failing = checks.filter(([, good]) => good !== true && good !== 'ok').map(([name]) => name);
  const mark = row.ready ? level('ok', 'ready') : level('warn', failing.length ? `no: ${label(failing.join(', '), 40)}` : 'not ready');
  mark.title = checks.map(([name, good]) => `${label(name, 30)}: ${good === true ? 'ok' : label(good, 60)}`).join('\n');
  return mark;
}
