/** Audit: who did what, when and why; before and after. */

import {atMost} from '../core/clock.js';
import {h, put} from '../core/dom.js';
import {fieldMs, fieldTime, label, moment, when, words} from '../core/format.js';
import {link} from '../core/router.js';
import {foreign, tag} from '../components/marks.js';
import {icon} from '../components/icons.js';
import {pages} from '../components/pages.js';
import {byStream, keep, panel} from '../components/panel.js';
import {table} from '../components/table.js';
import {changes} from '../control/difference.js';
import {named} from '../control/record.js';
import {actDialog, by} from './audit/act.js';

const ACTIONS = ['acknowledge', 'set_limits', 'remove_limits', 'kill', 'switch_model', 'switch_strategy', 'corporate_action', 'acknowledge_alert', 'silence', 'end_silence'];
const FILTERS = ['who', 'action', 'subject', 'from', 'to'];
const KEPT = 2000;

/** @param {HTMLElement} root @param {import('../app.js').Context} ctx */
export function mount(root, ctx) {
  const head = h('div.page-head', h('h1', 'Audit'), h('p.note', 'What operators did. The topic keeps it for ever.'));
  const box = panel('Acts', {flush: true, class: 'acts'});
  put(root, head, box.node);
  if (!ctx.session.can('admin')) {
    ctx.stream({topics: []});
    return box.forbidden('admin');
  }
  const wanted = Object.fromEntries(FILTERS.map((name) => [name, ctx.query.get(name) ?? '']));
  let items = /** @type {any[]} */ ([]);
  let paged = false;
  const typed = atMost(300, () => change(), ctx.signal);
  const inputs = {
    who: h('input', {type: 'search', placeholder: 'Who', 'aria-label': 'Who', maxlength: 200, value: wanted.who, oninput: typed}),
    action: h('select', {'aria-label': 'Action', onchange: typed}, h('option', {value: ''}, 'all actions'), ACTIONS.map((one) => h('option', {value: one, selected: one === wanted.action}, words(one)))),
    subject: h('input', {type: 'search', placeholder: 'Subject', 'aria-label': 'Subject', maxlength: 200, value: wanted.subject, oninput: typed}),
    from: h('input', {type: 'datetime-local', title: 'From, UTC', value: fieldTime(wanted.from), onchange: typed}),
    to: h('input', {type: 'datetime-local', title: 'To, UTC', value: fieldTime(wanted.to), onchange: typed}),
  };
  put(box.actions, inputs.who, inputs.action, inputs.subject, h('label.small', 'From ', inputs.from), h('label.small', 'To ', inputs.to), h('button', {type: 'button', onclick: () => clear()}, 'Clear'));
  const rows = table({
    caption: 'Acts, newest first', key: (row) => `${row.partition}:${row.offset}`, tall: 'max(24rem, calc(100vh - 17rem))',
    columns: [
      {title: 'When', cell: (row) => h('time', {title: moment(row.act?.ts ?? row.timestamp)}, when(row.act?.ts ?? row.timestamp, ctx.now()))},
      {title: 'Who', class: 'plain-text', head: true, cell: (row) => (row.act ? h('span', foreign(row.act.who, 48), h('span.muted.small', ` ${by(row.act.role ?? 'cli')}`)) : tag('unreadable', 'bad', label(row.problem ?? '', 200)))},
      {title: 'Did', class: 'plain-text', cell: (row) => (row.act ? words(row.act.action) : '')},
      {title: 'To', class: 'plain-text', cell: (row) => row.act && subject(row.act)},
      {title: 'What changed', class: 'wrapped', cell: (row) => row.act && changed(row.act)},
      {title: 'Reason', class: 'text', from: 'middle', cell: (row) => foreign(row.act?.reason ?? '', 160)},
      {title: 'More', cell: (row) => row.act && h('button.plain', {type: 'button', 'aria-label': `All of the act ${label(row.act.id, 8)}`, onclick: () => actDialog(row)}, 'All …')},
    ],
  });
  const asked = () => ({...wanted, from: fieldMs(wanted.from), to: fieldMs(wanted.to)});
  const list = pages((cursor) => ctx.api.get('audit', {query: {...asked(), limit: 100, cursor}, signal: ctx.signal}), (next, first) => {
    paged = !first;
    items = (first ? next : [...items, ...next]).slice(0, KEPT);
    if (!items.length) {
      const filtered = FILTERS.some((name) => wanted[name]);
      return box.empty(filtered ? 'No act fits' : 'Nobody has done anything yet', filtered ? 'Take a filter away to see others.' : 'Every change of limits, kill, acknowledgement and switch will stand here.');
    }
    rows.update(items);
    box.show(rows.node, list.node);
  });
  const data = keep(box, list.first, (page) => list.learn(page, true), {signal: ctx.signal});
  const change = () => {
    for (const name of FILTERS) wanted[name] = inputs[name].value.trim();
    const query = new URLSearchParams(FILTERS.filter((name) => wanted[name]).map((name) => [name, wanted[name]]));
    ctx.go(`#/audit${query.size ? `?${query}` : ''}`, true);
    data.again();
  };
  const clear = () => {
    for (const name of FILTERS) inputs[name].value = '';
    change();
    inputs.who.focus();
  };
  const heard = atMost(1500, () => paged || data.again(), ctx.signal);
  ctx.stream({topics: ['audit']}, {state: (state, why) => byStream([box], state, why), audit: heard, reset: heard});
}

/** @param {any} act */
function subject(act) {
  const name = String(act.subject ?? '');
  const symbol = !name.startsWith('*') && ['set_limits', 'remove_limits', 'kill', 'corporate_action'].includes(act.action);
  return symbol ? h('a.foreign', {href: link('symbols', name)}, label(name, 40)) : h('span.foreign', named(name));
}

/** What changed, in a line: before → after. @param {any} act */
function changed(act) {
  if (act.action === 'acknowledge') return h('span.muted', 'acknowledged');
  const found = changes(act.before ?? null, act.after ?? null).filter((row) => row.changed);
  if (!found.length) return h('span.muted', 'nothing');
  return h('ul.changes', found.slice(0, 4).map((row) => h('li.foreign', `${row.name}: ${row.before} `, icon('right'), h('span.unseen', 'to'), ' ', h('strong', row.after))), found.length > 4 && h('li.muted', `and ${found.length - 4} more`));
}
