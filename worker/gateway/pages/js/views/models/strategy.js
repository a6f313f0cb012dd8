/** The strategy, its parameters as configured and as in force, and who switched when. */

import {h} from '../../core/dom.js';
import {label, text, words} from '../../core/format.js';
import {level, tag} from '../../components/marks.js';
import {panel} from '../../components/panel.js';
import {table} from '../../components/table.js';
import {configuredStrategyDialog, switchStrategyDialog} from '../../control/switching/strategy.js';
import {switches} from './model.js';

/** @param {import('../../app.js').Context} ctx @param {() => void} written */
export function strategyPanels(ctx, written) {
  const may = ctx.session.can('operate');
  const now = panel('Strategy in force');
  const history = panel('Switches of the strategy', {flush: true});
  const rows = table({
    caption: 'Parameters', key: (row) => row.name,
    columns: [
      {title: 'Parameter', head: true, cell: (row) => h('span.foreign', words(row.name))},
      {title: 'In force', numeric: true, cell: (row) => h('strong.foreign', plain(row.used))},
      {title: 'Configured', numeric: true, cell: (row) => h('span.foreign', plain(row.set))},
      {title: 'State', cell: (row) => (row.used !== row.set ? tag('switched', 'warn', 'not what the settings say') : '')},
    ],
  });
  const past = switches('Switches of the strategy', inWords);
  return {
    panels: [now, history], now, history,
    /** @param {any} found as `strategies` has it */
    update: (found) => {
      const {configured, in_force: used} = found;
      past.update(history, found.history ?? []);
      if (!configured && !used) return now.empty(found.problem ? label(found.problem, 200) : 'No strategy: the engine decides by its rules and the model', found.problem ? undefined : 'engine.strategy names one of yours: alphapulse strategy new.');
      const one = used ?? configured;
      const described = (found.available ?? []).find((/** @type {any} */ source) => source.digest === one.digest)?.fields ?? [];
      const names = [...new Set([...Object.keys(configured?.parameters ?? {}), ...Object.keys(one.parameters ?? {})])];
      rows.update(names.map((name) => ({name, used: one.parameters?.[name], set: configured?.parameters?.[name]})));
      now.show(h('div.stack', h('p.answer', h('strong.foreign', `${label(one.id ?? one.name, 64)} ${label(one.version, 12)}`)),
        !used && level('warn', 'what the settings say; no decision shows a strategy yet'),
        h('p.small.muted', 'source ', h('code.foreign', {title: label(one.digest, 80)}, label(one.digest ?? 'not known', 17)), configured && one.digest && configured.digest !== one.digest && [' ', tag('other source than configured', 'bad')]),
        names.length > 0 ? rows.node : h('p.muted', 'It has no parameters.'),
        may && names.length > 0 && h('div.row', h('button', {type: 'button', onclick: () => switchStrategyDialog(ctx, one, described, {onWritten: written})}, 'Change parameters …'),
          found.version !== null && found.version !== undefined && configured && h('button', {type: 'button', onclick: () => configuredStrategyDialog(ctx, one, configured, {onWritten: written})}, 'Use the configured one again …'))));
    },
  };
}

/** @param {any} one */
const inWords = (one) => (one ? `${label(one.id ?? one.name, 40)} ${label(one.version, 12)}: ${Object.entries(one.parameters ?? {}).map(([name, value]) => `${words(name)} ${plain(value)}`).join(', ')}` : 'as configured');
/** @param {unknown} value */
const plain = (value) => (value === undefined ? '–' : typeof value === 'number' ? text(value) : typeof value === 'boolean' ? (value ? 'yes' : 'no') : label(value, 60));
