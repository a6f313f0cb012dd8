/** How the largest positions move together; the monitor's clusters are outlined. */

import {h} from '../../core/dom.js';
import {atMost} from '../../core/clock.js';
import {count, fixed, label} from '../../core/format.js';
import {panel} from '../../components/panel.js';
import {matrix} from '../../charts/matrix.js';
import {arranged, correlations, returns} from './correlation.js';
import {limit} from './figures.js';

const MOST = {wide: 16, phone: 8};
const BARS = 300;
const RENEWED_MS = 120_000;

/** @param {import('../../app.js').Context} ctx */
export function clustersPanel(ctx) {
  const box = panel('How the largest positions move together');
  const chart = matrix({name: 'Correlations of the largest positions'});
  const hint = h('p.hint');
  const body = h('div.stack', chart.node, hint);
  let wanted = {names: /** @type {string[]} */ ([]), groups: /** @type {number[][]} */ ([])};
  let strong = 0.8;
  let read = '';
  let at = -Infinity;
  let busy = false;

  const load = async () => {
    const {names, groups} = wanted;
    const key = names.join('\n');
    if (busy || (key === read && performance.now() - at < RENEWED_MS)) return;
    busy = true;
    try {
      const closes = [];
      for (const symbol of names) closes.push(await ctx.api.get(['symbols', symbol, 'bars'], {query: {limit: BARS}, signal: ctx.signal}));
      const rows = returns(closes, BARS - 1);
      chart.update(names, correlations(rows), groups, strong);
      hint.textContent = `In hundredths, from the ${count(rows[0]?.length ?? 0, 'newest return')}, bar by bar, all of one weight. The outlined clusters are the monitor’s: above ${fixed(2)(strong)} on its own grid of returns, where newer ones weigh more.`;
      [read, at] = [key, performance.now()];
      box.stale(null);
      box.show(body);
    } catch (error) {
      if (ctx.signal.aborted) return;
      if (read) box.stale(`Not renewed: ${label(error.message, 160)}. What is shown is older.`);
      else box.failed(error, load);
    } finally {
      busy = false;
    }
  };
  const soon = atMost(2000, load, ctx.signal);
  return {
    panel: box,
    /** @param {any} portfolio @param {any} limits */
    update: (portfolio, limits) => {
      strong = limit(limits, 'correlation') ?? 0.8;
      const most = innerWidth < 600 ? MOST.phone : MOST.wide;
      wanted = arranged(portfolio, most);
      if (wanted.names.length < 2) return box.empty('Fewer than two positions are open', 'Two symbols are needed to move together.');
      if (!read) box.loading('Reading their bars');
      soon();
    },
  };
}
