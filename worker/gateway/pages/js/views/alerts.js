/** Alerts: what rules found, who has taken it on, what is silenced, and who was told. */

import {h, put} from '../core/dom.js';
import {alertsPanel} from './alerts/list.js';
import {deliveriesPanel, silencesPanel} from './alerts/silences.js';

const SETTLE_MS = 1500;

/** @param {HTMLElement} root @param {import('../app.js').Context} ctx */
export function mount(root, ctx) {
  const written = () => setTimeout(() => {
    if (ctx.signal.aborted) return;
    alerts.again();
    silences.again();
  }, SETTLE_MS);
  const alerts = alertsPanel(ctx, written);
  const silences = silencesPanel(ctx, written);
  const deliveries = deliveriesPanel(ctx);
  put(root, h('div.page-head', h('h1', 'Alerts')), h('div.stack', alerts.panel.node, h('div.grid.halves.last', silences.panel.node, deliveries.panel.node)));
  ctx.stream({topics: []});
}
