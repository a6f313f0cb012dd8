/** The symbol's position and risk after its newest bar. */

import {h} from '../../core/dom.js';
import {brief, fixed, integer, money, percent, price} from '../../core/format.js';
import {change, side, value} from '../../components/marks.js';
import {panel} from '../../components/panel.js';

/** @param {import('../../app.js').Context} ctx */
export function positionPanel(ctx) {
  const box = panel('Position and risk');
  return {
    panel: box,
    /** @param {any} decision */
    show: (decision) => {
      const one = decision.position ?? {};
      const risk = decision.risk ?? {};
      const flat = one.state === 'flat';
      box.show(h('dl.facts',
        fact('Position', side(one.state)),
        !flat && [fact('Quantity', value(one.qty, brief)), fact('Entry', value(one.entry, price)), fact('Stop', value(one.stop, price)), fact('Target', value(one.target, price)), fact('Unrealised', change(one.unrealised, money)), fact('Held for', h('span', value(one.bars_held, integer), ' bars'))],
        fact('Realised', change(one.realised, money)),
        fact('Volatility a year', value(risk.sigma_ann, percent(1))),
        fact('Value at risk, a day at 99 %', value(risk.var99, percent(2))),
        fact('Expected shortfall', value(risk.es99, percent(2))),
        fact('Drawdown', value(risk.dd, percent(2))),
        fact('Size scaled by', h('span', value(risk.g, fixed(2)), factors(risk)))));
    },
  };
}

/** @param {string} name @param {Node} what */
const fact = (name, what) => [h('dt', name), h('dd', what)];

const FACTORS = {g_regime: 'regime', g_dd: 'drawdown', g_quality: 'quality', g_ctl: 'limits'};
/** What scaled it, where that is not 1. @param {any} risk */
const factors = (risk) => Object.entries(FACTORS).filter(([name]) => risk[name] !== 1).map(([name, word]) => h('div.factors', `${word} `, value(risk[name], fixed(2))));
