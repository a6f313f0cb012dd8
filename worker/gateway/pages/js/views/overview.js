/** The first screen: how things stand in words, five figures, the newest decisions, the partitions. */

import {atMost} from '../core/clock.js';
import {h, put} from '../core/dom.js';
import {byStream} from '../components/panel.js';
import {openAlertsPanel} from './overview/alerts.js';
import {decisionsPanel} from './overview/decisions.js';
import {partitionsPanel} from './overview/partitions.js';
import {sentence} from './overview/sentence.js';
import {tiles} from './overview/tiles.js';

export const title = 'Overview';

/** @param {HTMLElement} root @param {import('../app.js').Context} ctx */
export function mount(root, ctx) {
  const line = sentence(ctx);
  const figures = tiles(ctx);
  const decisions = decisionsPanel(ctx);
  const partitions = partitionsPanel(ctx);
  const alerts = openAlertsPanel(ctx);
  put(root, h('h1.unseen', 'Overview'), line.node, decisions.all, figures.node, h('div.beside.overview', decisions.panel.node, h('div.stack', partitions.panel.node, alerts.panel.node)));

  let status = /** @type {any} */ (null);
  const draw = atMost(900, () => {
    line.update(status);
    figures.update(status);
  }, ctx.signal);
  ctx.stream({topics: ['decisions', 'fleet'], mode: 'latest'}, {
    state: (state, why) => {
      byStream([decisions.panel, partitions.panel, alerts.panel], state, why);
      line.linked(state, why);
    },
    status: (items) => {
      status = items.at(-1).value;
      draw();
    },
    decisions: decisions.add,
    fleet: partitions.heard,
    reset: decisions.again,
  });
  ctx.api.get('status', {signal: ctx.signal}).then((found) => {
    status ??= found;
    draw();
  }, (error) => ctx.signal.aborted || line.failed(error));
}
