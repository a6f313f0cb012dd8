/** The alerts: state, summary, values beside limits, evidence, and what to do. */

import {h} from '../../core/dom.js';
import {ago, count, label, moment, span, words} from '../../core/format.js';
import {link} from '../../core/router.js';
import {foreign, level, tag} from '../../components/marks.js';
import {newer} from '../../components/newer.js';
import {choice} from '../../components/choice.js';
import {keep, panel} from '../../components/panel.js';
import {table} from '../../components/table.js';
import {acknowledgeAlertDialog, silenceDialog} from '../../control/alerts.js';
import {matchers, page, reading, severity, STATES} from './words.js';

const LOOK_MS = 5000;
const SHOWN = 3;
const KINDS = /** @type {[string, string][]} */ ([['open', 'Open'], ['resolved', 'Resolved'], ['all', 'All']]);

/** @param {import('../../app.js').Context} ctx @param {() => void} written */
export function alertsPanel(ctx, written) {
  const may = ctx.session.can('operate');
  let state = KINDS.some(([kind]) => kind === ctx.query.get('state')) ? String(ctx.query.get('state')) : 'open';
  const kinds = choice('Which alerts', KINDS, state, (next) => {
    state = next;
    ctx.go(`#/alerts${next === 'open' ? '' : `?state=${next}`}`, true);
    data.again();
  });
  const box = panel('Alerts', {flush: true, actions: [kinds.node]});
  const rows = table({
    caption: 'Alerts, those that fire first', key: (row) => row.alert?.alert_id ?? `${row.partition}:${row.offset}`, tall: 'max(22rem, calc(100vh - 22rem))',
    columns: [
      {title: 'State', cell: (row) => (row.alert ? h('span', level(...(STATES[row.alert.state] ?? ['none', words(row.alert.state)])), row.silenced && [' ', tag('silenced', '', 'a silence holds: nobody is told')]) : tag('unreadable', 'bad', label(row.problem ?? '', 200)))},
      {title: 'Severity', from: 'phone', cell: (row) => row.alert && level(severity(row.alert.severity), words(row.alert.severity))},
      {title: 'What', head: true, class: 'wrapped', cell: (row) => row.alert && h('div', h('span.foreign', label(row.alert.summary, 240)), newer(row.alert), h('div.labels', h('span.muted.small.foreign', label(row.alert.rule, 60)), Object.entries(row.alert.labels ?? {}).map(([name, value]) => tag(`${name} ${value}`))))},
      {title: 'Values', from: 'middle', cell: (row) => row.alert && h('ul.small', (row.alert.values ?? []).slice(0, SHOWN).map((/** @type {any} */ one) => h('li.foreign', reading(one))))},
      {title: 'Since', from: 'phone', cell: (row) => row.alert && h('time', {title: moment(row.alert.starts_ms)}, lasted(row.alert, ctx.now()))},
      {title: 'Evidence', from: 'middle', cell: (row) => row.alert && evidence(row.alert)},
      {title: 'Taken on by', from: 'wide', cell: (row) => (row.alert?.acknowledged ? h('span', {title: label(row.alert.acknowledged.reason, 300)}, foreign(row.alert.acknowledged.who, 40)) : '')},
      ...(may ? [{title: 'Act', cell: (/** @type {any} */ row) => row.alert && row.alert.state !== 'resolved' && h('div.stacked-acts',
        row.alert.state === 'firing' && h('button.plain', {type: 'button', 'aria-label': `Acknowledge: ${label(row.alert.summary, 80)}`, onclick: () => acknowledgeAlertDialog(ctx, row.alert, written)}, 'Acknowledge …'),
        h('button.plain', {type: 'button', 'aria-label': `Silence: ${label(row.alert.summary, 80)}`, onclick: () => silenceDialog(ctx, matchers(row.alert), written)}, 'Silence …'))}] : []),
    ],
  });
  let before = -1;
  const data = keep(box, () => ctx.api.get('alerts', {query: {state, limit: 500}, signal: ctx.signal}), (found) => {
    box.note(`${count(found.firing, 'alert')} firing${found.total > found.items.length ? ` · ${found.items.length} of ${found.total} shown` : ''}`);
    if (before >= 0 && found.firing > before) ctx.announce(`${count(found.firing, 'alert')} firing`);
    before = found.firing;
    if (!found.items.length) return box.empty(state === 'open' ? 'Nothing is wrong that a rule looks for' : 'No alert', state === 'open' ? 'If you expected one: does alphapulse alerts run? alphapulse alerts test tries a rule over history.' : undefined);
    rows.update(found.items);
    box.show(rows.node);
  }, {signal: ctx.signal, every: LOOK_MS});
  return {panel: box, again: data.again};
}

/** @param {any} alert @param {number} now */
function lasted(alert, now) {
  if (typeof alert.ends_ms === 'number') return `ended ${ago(alert.ends_ms, now)}`;
  return typeof alert.starts_ms === 'number' ? `for ${span(Math.max(0, now - alert.starts_ms))}` : '–';
}

/** @param {any} alert */
function evidence(alert) {
  const all = alert.evidence ?? [];
  const newest = all.at(-1);
  const place = page(alert, newest);
  const said = newest ? `${label(newest.topic, 60)} ${newest.partition}:${newest.offset}` : '';
  const query = place && Object.keys(place.query).length ? `?${new URLSearchParams(place.query)}` : '';
  const runbook = String(alert.runbook ?? '');
  return h('div.small', newest && h('p.foreign', {title: all.map((/** @type {any} */ one) => `${label(one.topic, 60)} ${one.partition}:${one.offset}`).join('\n')}, place ? h('a', {href: link(...place.parts) + query}, said) : said),
    runbook && h('p.foreign', runbook.startsWith('https://') ? h('a', {href: runbook, target: '_blank', rel: 'noopener noreferrer'}, 'Runbook') : label(runbook, 80)));
}
