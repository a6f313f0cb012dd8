/** The course of the account and of its figures. */

import {fixed, integer, money, percent} from '../../core/format.js';
import {h} from '../../core/dom.js';
import {panel} from '../../components/panel.js';
import {series} from '../../charts/series.js';
import {larger, limit} from './figures.js';

const KEPT = 1500;
const COLUMNS = ['ts', 'equity', 'drawdown', 'gross', 'net', 'var99', 'es99'];

/** @param {import('../../app.js').Context} ctx */
export function coursePanels(ctx) {
  const {signal} = ctx;
  const sync = 'risk';
  const equity = series({name: 'Equity', lines: [{title: 'Equity', format: money}], height: '11rem', sync, signal});
  const drawdown = series({name: 'Drawdown', lines: [{title: 'Drawdown', colour: '--short', format: percent(2), fill: true}], height: '7rem', range: [0, null], sync, signal});
  const exposure = series({name: 'Exposure', lines: [{title: 'Gross', format: fixed(2)}, {title: 'Net', colour: '--long', dash: [6, 3], format: fixed(2)}], height: '9rem', sync, signal});
  const losses = series({name: 'Loss of a day at 99 %', lines: [{title: 'Value at risk', format: percent(2)}, {title: 'Expected shortfall', colour: '--short', dash: [6, 3], format: percent(2)}], height: '9rem', range: [0, null], sync, signal});
  const account = panel('Account');
  const risk = panel('Exposure and losses');
  const body = h('div.stack', equity.node, drawdown.node);
  const other = h('div.stack', exposure.node, losses.node);
  /** @type {Record<string, any[]>} */
  let kept = Object.fromEntries(COLUMNS.map((name) => [name, []]));

  const draw = (/** @type {any} */ limits) => {
    if (!kept.ts.length) {
      for (const box of [account, risk]) box.empty('No step of the portfolio yet', 'The monitor takes the first step when decisions arrive.');
      return;
    }
    account.note(`${integer(kept.ts.length)} points`);
    const bound = (/** @type {string} */ name, /** @type {string} */ title) => (limit(limits, name) === null ? [] : [{at: /** @type {number} */ (limit(limits, name)), title}]);
    equity.update(kept.ts, [kept.equity]);
    drawdown.update(kept.ts, [kept.drawdown], [...bound('drawdown_soft', 'sizes shrink'), ...bound('drawdown_hard', 'all is closed')]);
    exposure.update(kept.ts, [kept.gross, kept.net], [...bound('gross', 'limit of gross'), ...bound('net', 'limit of net')]);
    losses.update(kept.ts, [kept.var99, kept.es99], [...bound('var99', 'limit of the value at risk'), ...bound('es99', 'limit of the shortfall')]);
    account.show(body);
    risk.show(other);
  };
  return {
    panels: [account, risk], account, risk, draw,
    /** @param {any} history as `portfolio/history` has it */
    learn: (history) => {
      const live = kept;
      kept = Object.fromEntries(COLUMNS.map((name) => [name, [...(history[name] ?? [])]]));
      const last = kept.ts.at(-1) ?? 0;
      live.ts.forEach((ts, at) => ts > last && COLUMNS.forEach((name) => kept[name].push(live[name][at])));
    },
    /** One more step. @param {any} one portfolio */
    add: (one) => {
      if (!(one.ts > (kept.ts.at(-1) ?? 0))) return;
      const point = {ts: one.ts, equity: one.equity?.equity, drawdown: one.equity?.drawdown, gross: one.ordered?.gross, net: one.ordered?.net, var99: larger(one.var99), es99: larger(one.es99)};
      for (const name of COLUMNS) {
        kept[name].push(point[name] ?? null);
        if (kept[name].length > KEPT) kept[name].shift();
      }
    },
  };
}
