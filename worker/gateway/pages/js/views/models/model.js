/** The model in force, the registry, and who switched when. */

import {h} from '../../core/dom.js';
import {count, label, moment, words} from '../../core/format.js';
import {foreign, level, tag} from '../../components/marks.js';
import {panel} from '../../components/panel.js';
import {table} from '../../components/table.js';
import {decidedBy, sentence} from '../../control/obeyed.js';
import {configuredModelDialog, inWords, switchModelDialog} from '../../control/switching/model.js';

/** @param {import('../../app.js').Context} ctx @param {() => void} written */
export function modelPanels(ctx, written) {
  const may = ctx.session.can('operate');
  const now = panel('Model in force');
  const registry = panel('Registry of models', {flush: true});
  const history = panel('Switches of the model', {flush: true});
  let inForce = /** @type {any} */ (null);
  const rows = table({
    caption: 'Models of the registry', key: (row) => `${row.name} ${row.version} ${row.digest}`, tall: '24rem',
    columns: [
      {title: 'Name', head: true, sort: (row) => row.name, cell: (row) => h('span.foreign', label(row.name, 64))},
      {title: 'Version', sort: (row) => row.version, cell: (row) => foreign(row.version, 40)},
      {title: 'Made from', class: 'text', from: 'middle', cell: (row) => foreign(row.created ?? '–', 120)},
      {title: 'Digest', from: 'middle', cell: (row) => h('code', {title: label(row.digest, 80)}, label(row.digest ?? '–', 13))},
      {title: 'State', cell: (row) => (row.used ? level('ok', 'in force') : row.problem ? h('span', {title: label(row.problem, 400)}, level('bad', label(row.problem, 60))) : '')},
      ...(may ? [{title: 'Switch', cell: (/** @type {any} */ row) => (row.used || row.problem ? '' : h('button.plain', {type: 'button', 'aria-label': `Switch to ${label(row.name, 64)} ${label(row.version, 40)}`, onclick: () => switchModelDialog(ctx, inForce, row, {onWritten: written})}, 'Use …'))}] : []),
    ],
  });
  const past = switches('Switches of the model', inWords);
  return {
    panels: [now, registry, history], now, registry, history,
    /** @param {any} found as `models` has it */
    update: (found) => {
      inForce = found.in_force;
      now.show(h('div.stack', h('p.answer', h('strong.foreign', inWords(inForce))), inForce?.digest && h('p.muted.small', 'digest ', h('code.foreign', label(inForce.digest, 64))),
        decided(found.shown ?? [], inForce),
        may && h('div.row', inForce?.name && h('button', {type: 'button', onclick: () => switchModelDialog(ctx, inForce, null, {onWritten: written})}, 'Use no model …'),
          found.version !== null && found.version !== undefined && h('button', {type: 'button', onclick: () => configuredModelDialog(ctx, inForce, found.configured, {onWritten: written})}, 'Use the configured one again …'))));
      registry.note(count(found.registry.length, 'model'));
      if (!found.registry.length) registry.empty(found.problem ? label(found.problem, 200) : 'The registry has no model', 'Train one: alphapulse train; models.registry names the folder where they lie.');
      else {
        rows.update(found.registry.map((/** @type {any} */ row) => ({...row, used: inForce && row.digest === inForce.digest && row.name === inForce.name})));
        registry.show(rows.node);
      }
      past.update(history, found.history);
    },
  };
}

/** A table of switches. @param {string} caption @param {(one: any) => string} said */
export function switches(caption, said) {
  const rows = table({
    caption: `${caption}, newest first`, key: (row) => `${row.ts} ${row.who}`, tall: '20rem',
    columns: [
      {title: 'When', cell: (row) => h('time', moment(row.ts))},
      {title: 'Who', head: true, cell: (row) => foreign(row.who, 60)},
      {title: 'From', class: 'wrapped', from: 'phone', cell: (row) => foreign(said(row.from), 120)},
      {title: 'To', class: 'wrapped', cell: (row) => foreign(said(row.to), 120)},
      {title: 'Reason', class: 'text', from: 'phone', cell: (row) => foreign(row.reason ?? '', 200)},
    ],
  });
  return {
    /** @param {import('../../components/panel.js').Panel} box @param {any[]} history */
    update: (box, history) => {
      box.note(count(history.length, 'switch', 'switches'));
      if (!history.length) return box.empty('Nobody has switched it', 'What the settings name has been in force from the start.');
      rows.update([...history].sort((a, b) => b.ts - a.ts));
      box.show(rows.node);
    },
  };
}

/** Whether the newest decisions are made by it, partition by partition. @param {any[]} shown @param {any} model */
function decided(shown, model) {
  const found = decidedBy(shown, model);
  if (found.of === 0) return h('p.muted', 'No decision yet.');
  const all = found.in_force === found.of;
  const status = [...new Set(shown.map((one) => one.status).filter((one) => one && one !== 'ok' && one !== 'not_configured'))];
  return h('div.decided', level(all ? 'ok' : 'warn', `${sentence(found)}, as the newest decisions say`), status.length > 0 && h('p.small', level('warn', status.map(words).join(', '))),
    !all && h('ul.small', found.partitions.filter((one) => !one.in_force).map((one) => h('li.muted.foreign', `Partition ${one.partition}: ${one.shows}`))));
}
