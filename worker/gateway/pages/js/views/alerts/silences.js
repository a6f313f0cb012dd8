/** Silences that hold or will hold, and what became of messages. */

import {h} from '../../core/dom.js';
import {ago, count, label, moment, span, text, integer, words} from '../../core/format.js';
import {foreign, level} from '../../components/marks.js';
import {keep, panel} from '../../components/panel.js';
import {table} from '../../components/table.js';
import {endSilenceDialog, silenceDialog} from '../../control/alerts.js';
import {silenced} from './words.js';

const LOOK_MS = 10_000;

/** @param {import('../../app.js').Context} ctx @param {() => void} written */
export function silencesPanel(ctx, written) {
  const may = ctx.session.can('operate');
  const box = panel('Silences', {flush: true, actions: may ? [h('button', {type: 'button', onclick: () => silenceDialog(ctx, [], written)}, 'Silence …')] : []});
  const rows = table({
    caption: 'Silences that hold or will hold', key: (row) => row.id, tall: '20rem',
    columns: [
      {title: 'Alerts of which', head: true, class: 'wrapped', cell: (row) => h('span.foreign', silenced(row))},
      {title: 'Until', cell: (row) => h('time', {title: moment(row.ends_ms)}, row.starts_ms > ctx.now() ? `from ${moment(row.starts_ms)}` : `${span(Math.max(0, row.ends_ms - ctx.now()))} more`)},
      {title: 'By', from: 'phone', cell: (row) => foreign(row.author, 40)},
      {title: 'Reason', class: 'text', from: 'phone', cell: (row) => foreign(row.reason, 160)},
      ...(may ? [{title: 'Act', cell: (/** @type {any} */ row) => h('button.plain', {type: 'button', 'aria-label': `End the silence of ${label(silenced(row), 80)}`, onclick: () => endSilenceDialog(ctx, row, written)}, 'End …')}] : []),
    ],
  });
  const data = keep(box, () => ctx.api.get('silences', {signal: ctx.signal}), (found) => {
    box.note(`${count(found.items.length, 'silence')}${found.complete ? '' : ' · older ones may exist'}`);
    if (!found.items.length) return box.empty('Nothing is silenced', 'Whoever is on call is told of everything.');
    rows.update(found.items);
    box.show(rows.node);
  }, {signal: ctx.signal, every: LOOK_MS});
  return {panel: box, again: data.again};
}

const OUTCOMES = {delivered: 'ok', queued: 'none', failed: 'warn', refused: 'bad', expired: 'bad', no_receiver: 'bad'};

/** @param {import('../../app.js').Context} ctx */
export function deliveriesPanel(ctx) {
  const box = panel('Messages to receivers', {flush: true});
  const rows = table({
    caption: 'Deliveries, newest first', key: (row) => `${row.delivery?.message_id} ${row.delivery?.receiver} ${row.timestamp}`, tall: '20rem',
    columns: [
      {title: 'When', cell: (row) => h('time', {title: moment(row.timestamp)}, ago(row.timestamp, ctx.now()))},
      {title: 'Receiver', head: true, cell: (row) => foreign(row.delivery?.receiver ?? 'unreadable', 48)},
      {title: 'Outcome', cell: (row) => row.delivery && level(OUTCOMES[row.delivery.outcome] ?? 'none', words(row.delivery.outcome))},
      {title: 'Attempts', numeric: true, from: 'phone', cell: (row) => text(row.delivery?.attempts, integer)},
      {title: 'Detail', class: 'text', from: 'phone', cell: (row) => foreign(row.delivery?.detail || row.problem || '', 160)},
    ],
  });
  keep(box, () => ctx.api.get('alerts/deliveries', {query: {limit: 100}, signal: ctx.signal}), (found) => {
    box.note(count(found.total, 'message'));
    if (!found.items.length) return box.empty('Nothing was sent', 'alerts.file names receivers.');
    rows.update(found.items);
    box.show(rows.node);
  }, {signal: ctx.signal, every: LOOK_MS});
  return {panel: box};
}
