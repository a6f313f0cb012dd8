/** The limits that hold for this symbol: its own and those of all, and whether the newest decision knew them. */

import {get} from '../../core/api.js';
import {h} from '../../core/dom.js';
import {ago, fixed, label, money, words} from '../../core/format.js';
import {level, tag, value} from '../../components/marks.js';
import {keep, panel} from '../../components/panel.js';
import * as states from '../../components/states.js';
import {controlButtons} from '../../control/buttons.js';
import {author} from '../../control/record.js';

/** @param {import('../../app.js').Context} ctx @param {string} symbol @param {(items: any[]) => void} heard the limits of all keys, each time they are read */
export function limitsPanel(ctx, symbol, heard) {
  const box = panel('Limits', {actions: [h('a.small', {href: '#/risk'}, 'All limits')]});
  const controls = controlButtons(ctx, symbol, {onWritten: () => kept.again()});
  let items = /** @type {any[]|null} */ (null);
  let decision = /** @type {any} */ (null);
  const draw = () => {
    if (!items) return;
    const own = items.filter((one) => one.key === symbol || one.key === '*');
    if (!own.length) return box.show(states.empty('No limit is set', 'The symbol trades as the engine’s settings say.'), controls.node);
    box.show(h('div.stack', own.map((one) => block(one, decision, ctx.now())), controls.node));
  };
  const kept = keep(box, () => get('limits', {signal: ctx.signal}), (answer) => {
    items = answer.items;
    controls.update(items?.find((one) => one.key === symbol) ?? null);
    heard(/** @type {any[]} */ (items));
    draw();
  }, {signal: ctx.signal, every: 30_000});
  return {
    panel: box,
    again: kept.again,
    known: controls.known,
    /** @param {any} newest */
    inForce: (newest) => {
      const changed = newest.control_version !== decision?.control_version || newest.control_all_version !== decision?.control_all_version;
      decision = newest;
      if (changed) draw();
    },
  };
}

/** @param {any} one @param {any} decision @param {number} now */
function block(one, decision, now) {
  const all = one.key === '*';
  const control = one.control ?? {};
  const first = one.since_version ?? one.version; // what repeats it need not be met
  const known = decision && (all ? decision.control_all_version ?? 0 : decision.control_version);
  const rows = [
    control.kill && control.kill !== 'none' && ['Kill', level('bad', words(control.kill))],
    control.allow_open === false && ['Opens', level('warn', 'not allowed')],
    control.allow_open === true && ['Opens', level('ok', 'allowed')],
    control.risk_mult !== undefined && ['Size scaled by', value(control.risk_mult, fixed(2))],
    typeof control.max_notional === 'number' && ['Largest value', value(control.max_notional, money)],
  ].filter(Boolean);
  return h('div', h('h3.row', all ? 'All symbols' : 'This symbol', h('span.small', 'by ', author(one)), one.stale && tag('stale', 'warn', 'not renewed in time: nothing is opened')),
    h('dl.facts', rows.map(([name, what]) => [h('dt', name), h('dd', what)]),
      h('dt', 'Version'), h('dd', value(first, String), ' ', known === undefined || known === null ? '' : known >= first ? level('ok', 'in force') : level('warn', 'not yet met by a decision')),
      one.reason && [h('dt', 'Reason'), h('dd.foreign', label(one.reason, 200))],
      h('dt', 'Written'), h('dd', Number.isFinite(one.written_ms) ? ago(one.written_ms, now) : label(one.written_ms))));
}
