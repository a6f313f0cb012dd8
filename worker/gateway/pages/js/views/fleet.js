/** Fleet: who owns which partition and how far it is, who works, what happened, and what nobody sees. */

import {atMost, every} from '../core/clock.js';
import {h, put} from '../core/dom.js';
import {count} from '../core/format.js';
import {byStream, keep, panel} from '../components/panel.js';
import {level} from '../components/marks.js';
import {spots} from './fleet/blind.js';
import {demo} from './fleet/demo.js';
import {rebalancesPanel, takeoversPanel} from './fleet/happened.js';
import {partitionsPanel} from './fleet/partitions.js';
import {Takeovers} from './fleet/takeover.js';
import {workersPanel} from './fleet/workers.js';

const LOOK_MS = 5000;
const CLOSE_MS = 1000; // while a take-over goes on

/** Kept while the window is open, so that leaving this page forgets none; what passes meanwhile is not seen. */
const remembered = new Takeovers();

/** @param {HTMLElement} root @param {import('../app.js').Context} ctx */
export function mount(root, ctx) {
  const {signal, api} = ctx;
  const seen = remembered;
  seen.resume();
  let fleet = /** @type {any} */ (null);
  let items = /** @type {any[]} */ ([]);
  let symbols = /** @type {any[]} */ ([]);

  const place = h('div');
  const partitions = partitionsPanel(ctx);
  const workers = workersPanel(ctx);
  const takeovers = takeoversPanel(ctx);
  const rebalances = rebalancesPanel(ctx);
  const blind = panel('Blind spots');
  put(root, h('div.page-head', h('h1', 'Fleet')),
    h('div.stack', place, partitions.panel.node, h('div.grid.halves.last', takeovers.panel.node, h('div.stack', blind.node, rebalances.panel.node)), workers.panel.node));

  const drawBlind = () => {
    const found = spots(fleet, items, symbols);
    blind.note(found.length ? count(found.length, 'thing') : '');
    if (!found.length) return blind.empty('None', 'Every partition has an owner and moves, every worker answers, every symbol has bars.');
    blind.show(h('ul.causes', found.map((one) => h('li', level(one.level, one.said), ' ', h('span.muted', one.hint), one.href && [' ', h('a', {href: one.href}, 'Look there')]))));
  };
  const drawTakeovers = () => takeovers.update(seen.all);
  const learn = (/** @type {any} */ next) => {
    if (next.partitions) {
      items = next.partitions.items;
      const before = seen.open.length;
      seen.look(items, ctx.now());
      if (seen.open.length > before) ctx.announce(`Partition ${seen.open[0].partition} changes its owner`);
      partitions.update(items);
    }
    if (next.workers) {
      fleet = next.workers;
      workers.update(fleet);
      rebalances.update(fleet);
    }
    const problem = next.workers?.problem ?? next.partitions?.problem;
    for (const box of shown) box.stale(problem ? `The brokers don’t answer: ${problem}. What is shown is older.` : null);
    drawTakeovers();
    drawBlind();
  };
  const shown = [partitions.panel, workers.panel, rebalances.panel];
  const all = keep([...shown, takeovers.panel, blind], async () => {
    const [one, other] = await Promise.all([api.get('fleet/workers', {signal}), api.get('fleet/partitions', {signal})]);
    return {workers: one, partitions: other};
  }, learn, {signal, every: LOOK_MS});
  const health = () => api.get('symbols', {query: {limit: 1000}, signal}).then((found) => {
    symbols = found.items;
    if (fleet) drawBlind();
  }, () => {}); // the blind spots of the fleet stand without those of symbols
  health();
  every(30_000, health, signal);
  every(CLOSE_MS, () => {
    if (!seen.open.length) return;
    drawTakeovers();
    all.again();
  }, signal);
  demo(ctx, place, (owned, at) => {
    seen.kill(owned, at);
    drawTakeovers();
  });

  let newest = /** @type {any} */ (null);
  const soon = atMost(250, () => learn(newest), signal);
  ctx.stream({topics: ['fleet']}, {
    state: (state, why) => byStream([partitions.panel, workers.panel], state, why),
    fleet: (/** @type {any[]} */ heard) => {
      newest = heard.at(-1).value;
      soon();
    },
  });
}
