/** Every key with limits: what holds, who wrote it, and the way to change it. */

import {h} from '../../core/dom.js';
import {ago, count, label} from '../../core/format.js';
import {link} from '../../core/router.js';
import {foreign, tag} from '../../components/marks.js';
import {panel} from '../../components/panel.js';
import {table} from '../../components/table.js';
import {limits as inWords} from '../../control/difference.js';
import {limitsDialog, liftDialog} from '../../control/limits.js';
import {author, mark, named} from '../../control/record.js';

/** @param {import('../../app.js').Context} ctx @param {(answer: any) => void} onWritten */
export function limitsPanel(ctx, onWritten) {
  const box = panel('Limits in force', {flush: true});
  const may = ctx.session.can('operate');
  const rows = table({
    caption: 'Limits of every key', key: (row) => row.key, tall: '28rem',
    columns: [
      {title: 'Key', class: 'plain-text', head: true, sort: (row) => row.key, cell: (row) => (row.key.startsWith('*') ? h('span', named(row.key)) : h('a.subject.foreign', {href: link('symbols', row.key)}, label(row.key, 32)))},
      {title: 'State', cell: (row) => (switches(row) ? '' : mark(row.control))},
      {title: 'Limits', class: 'plain-text', cell: (row) => h('span.foreign', inWords(row.control))},
      {title: 'Written by', class: 'plain-text', sort: (row) => row.who ?? row.by, from: 'phone', cell: (row) => h('span', author(row), row.stale && [' ', tag('stale', 'warn', 'older than ten minutes: workers open nothing')])},
      {title: 'When', numeric: true, sort: (row) => row.written_ms, from: 'phone', cell: (row) => ago(row.written_ms, ctx.now())},
      {title: 'Version', numeric: true, from: 'wide', cell: (row) => String(row.since_version ?? row.version)},
      {title: 'Reason', class: 'text', from: 'middle', cell: (row) => foreign(row.reason ?? row.control?.reason ?? '', 120)},
      ...(may ? [{title: 'Change', cell: (/** @type {any} */ row) => (switches(row) ? h('a', {href: '#/models'}, 'Models') : h('div.row.tight',
        h('button.plain', {type: 'button', 'aria-label': `Change the limits of ${named(row.key)}`, onclick: () => limitsDialog(ctx, row.key, {onWritten})}, 'Change'),
        h('button.plain', {type: 'button', 'aria-label': `Lift the limits of ${named(row.key)}`, onclick: () => liftDialog(ctx, row.key, {onWritten})}, 'Lift')))}] : []),
    ],
  });
  return {
    panel: box,
    /** @param {any[]} items */
    update: (items) => {
      box.note(count(items.length, 'key'));
      if (!items.length) return box.empty('Nothing limits any symbol', may ? 'Block or limit all symbols above, or one on its page.' : undefined);
      rows.update([...items].sort((a, b) => order(a) - order(b) || a.key.localeCompare(b.key)));
      box.show(rows.node);
    },
  };
}

/** @param {any} row */
const switches = (row) => row.key.startsWith('* ');
/** @param {any} row */
const order = (row) => (row.key === '*' ? 0 : switches(row) ? 2 : 1);
