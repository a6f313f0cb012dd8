/** Data quality: what was rejected, why, where it came from, and whether anything is missing. */

import {h, put} from '../core/dom.js';
import {recall, remember} from '../core/memory.js';
import {choice} from '../components/choice.js';
import {byStream, keep} from '../components/panel.js';
import {countPanels} from './quality/counts.js';
import {newestPanel} from './quality/newest.js';

const SPANS = /** @type {[string, string][]} */ ([['15', '15 min'], ['60', '1 hour'], ['360', '6 hours'], ['1440', '1 day']]);
const RENEWED_MS = 10_000;

/** @param {HTMLElement} root @param {import('../app.js').Context} ctx */
export function mount(root, ctx) {
  const {signal, api} = ctx;
  let minutes = recall('quality.minutes', '60');
  if (!SPANS.some(([value]) => value === minutes)) minutes = '60';
  const spans = choice('Span of event time', SPANS, minutes, (next) => {
    remember('quality.minutes', minutes = next);
    summary.again();
  });
  const counts = countPanels({
    code: (code) => newest.pick({code}),
    symbol: (symbol) => newest.pick({symbol}),
    partition: (partition) => newest.pick({partition: String(partition)}),
  });
  const newest = newestPanel(ctx, (code) => counts.names.get(code));
  put(root, h('div.page-head', h('h1', 'Data quality'), spans.node),
    h('div.stack', counts.course.node, h('div.grid.halves.last', counts.codes.node, counts.integrity.node, counts.partitions.node, counts.symbols.node), newest.panel.node));
  const summary = keep(counts.panels, async () => {
    const [found, symbols, status] = await Promise.all([
      api.get('rejections/summary', {query: {minutes}, signal}),
      api.get('symbols', {query: {limit: 1000}, signal}).catch(() => ({items: []})),
      api.get('status', {signal}).catch(() => null),
    ]);
    return {found, status, quarantined: symbols.items.filter((/** @type {any} */ one) => one.health === 'quarantined')};
  }, ({found, quarantined, status}) => {
    counts.update(found, quarantined, status);
    newest.codes(found.by_code.map((/** @type {any} */ one) => one.code));
  }, {signal, every: RENEWED_MS});
  ctx.stream({topics: ['rejections']}, {
    state: (state, why) => byStream([newest.panel], state, why),
    rejections: newest.heard,
    reset: newest.heard,
  });
}
