/** May positions be opened, how large, and what stands against it; with what an operator can do about it. */

import {h, put} from '../../core/dom.js';
import {fixed, fraction, label, text} from '../../core/format.js';
import {level, value} from '../../components/marks.js';
import {icon} from '../../components/icons.js';
import {panel} from '../../components/panel.js';
import {acknowledgeDialog} from '../../control/acknowledge.js';
import {controlButtons} from '../../control/buttons.js';
import {block, warning} from './figures.js';
import {badge} from '../../control/badge.js';
import {against, forbids} from '../../control/standing.js';

/** @param {import('../../app.js').Context} ctx @param {(answer: any) => void} onWritten */
export function summaryPanel(ctx, onWritten) {
  const acts = h('div.row');
  const buttons = controlButtons(ctx, '*', {onWritten});
  const box = panel('May positions be opened?', {class: 'may-open', actions: [buttons.node]});
  const body = h('div.stack');
  let said = '';
  return {
    panel: box,
    /** No monitor has written: what operators set for all holds all the same. @param {any} all the control record of `*`, or null */
    alone: (all) => {
      buttons.update(all);
      const [one] = all ? against([all], '*').filter(forbids) : [];
      const killed = one?.kind === 'kill';
      put(body, h('p.answer', {dataset: {level: killed ? 'bad' : 'warn'}}, icon(killed ? 'bad' : 'warn'), h('strong', !one ? 'Yes, as far as is known' : killed ? 'No. All positions are being closed' : 'No. Positions that are open stay managed')),
        one && badge(one, ctx.now()),
        h('p.hint', 'No monitor of risk has written yet: the portfolio’s figures are not watched. Start one: alphapulse risk.'));
      box.show(body);
    },
    /** @param {any} portfolio @param {any} all the control record of `*`, or null */
    update: (portfolio, all) => {
      buttons.update(all);
      const blocking = Array.isArray(portfolio.blocking) ? portfolio.blocking : [];
      const blocks = blocking.map(block);
      const control = all?.control;
      const byOperator = !blocks.length && control && (control.allow_open === false || control.kill === 'close_all');
      const killed = blocks.some((one) => one.kind === 'kill') || control?.kill === 'close_all';
      const [shape, answer] = killed ? ['bad', 'No. All positions are being closed'] : blocks.length || byOperator ? ['warn', 'No. Positions that are open stay managed'] : ['ok_disc', 'Yes'];
      const size = control?.risk_mult ?? portfolio.multiplier;
      put(body,
        h('p.answer', {dataset: {level: killed ? 'bad' : blocks.length || byOperator ? 'warn' : 'ok'}}, icon(shape), h('strong', answer)),
        h('ul.causes', blocks.map((one) => h('li', level(one.kind === 'kill' ? 'bad' : 'warn', one.said), ' ', h('span.muted', one.hint), one.look && [' ', h('a', {href: one.look}, 'Look there')])),
          byOperator && h('li', badge({kind: control.kill === 'close_all' ? 'kill' : 'blocked', record: all}, ctx.now())),
          (portfolio.warnings ?? []).map((/** @type {unknown} */ one) => h('li', level('warn', warning(one)), ' ', h('span.muted', 'warns only')))),
        h('dl.facts.left',
          h('dt', {title: 'risk_mult of all symbols: the multiplier, less what the drawdown takes'}, 'Size of new positions'), h('dd', value(size, (share) => `${fraction(share)} of normal`)),
          h('dt', {title: 'm: cut where a limit is passed, grown back slowly'}, 'Multiplier'), h('dd', value(portfolio.multiplier, fixed(2))),
          h('dt', {title: 'u: the largest figure by its limit'}, 'Load'), h('dd', value(portfolio.load, fixed(2)), ' of 1'),
          portfolio.unreadable > 0 && [h('dt', 'Unreadable decisions'), h('dd', text(portfolio.unreadable))]),
        acts);
      if (ctx.session.can('operate')) {
        put(acts, killed && h('button', {type: 'button', onclick: () => acknowledgeDialog(ctx, 'kill', {onWritten})}, 'Acknowledge the kill …'),
          portfolio.unreadable > 0 && h('button', {type: 'button', onclick: () => acknowledgeDialog(ctx, 'unreadable', {onWritten})}, 'Acknowledge unreadable decisions …'));
      }
      acts.hidden = !acts.childNodes.length;
      box.show(body);
      const next = `${answer}${blocks.length ? `: ${blocks[0].said}` : ''}`;
      if (said && said !== next) ctx.announce(next);
      said = next;
    },
  };
}
