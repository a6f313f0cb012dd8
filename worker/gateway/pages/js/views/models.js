/** Models and strategies: what is in force, what else there is, who switched when. */

import {atMost} from '../core/clock.js';
import {h, put} from '../core/dom.js';
import {keep} from '../components/panel.js';
import {modelPanels} from './models/model.js';
import {strategyPanels} from './models/strategy.js';

const RENEWED_MS = 15_000;

/** @param {HTMLElement} root @param {import('../app.js').Context} ctx */
export function mount(root, ctx) {
  const {signal, api} = ctx;
  const again = () => {
    models.again();
    strategies.again();
  };
  const model = modelPanels(ctx, () => setTimeout(again, 500));
  const strategy = strategyPanels(ctx, () => setTimeout(again, 500));
  put(root, h('div.page-head', h('h1', 'Models and strategies')),
    h('div.grid.halves', model.now.node, strategy.now.node), h('div.stack', model.registry.node, model.history.node, strategy.history.node));
  const models = keep(model.panels, () => api.get('models', {signal}), model.update, {signal, every: RENEWED_MS});
  const strategies = keep(strategy.panels, () => api.get('strategies', {signal}), strategy.update, {signal, every: RENEWED_MS});
  const heard = atMost(1000, again, signal);
  ctx.stream({topics: ['limits']}, {
    limits: (/** @type {any[]} */ items) => items.some((item) => /^\* /.test(item.key ?? item.value?.key ?? '')) && heard(),
  });
}
