/** Risk: what the portfolio may lose, what holds it back, and the limits of every key. */

import {atMost, every} from '../core/clock.js';
import {h, put} from '../core/dom.js';
import {label} from '../core/format.js';
import {byStream, keep} from '../components/panel.js';
import {tag} from '../components/marks.js';
import {clustersPanel} from './risk/clusters.js';
import {coursePanels} from './risk/course.js';
import {gaugesPanel} from './risk/gauges.js';
import {limitsPanel} from './risk/limits.js';
import {monitorLine} from './risk/monitor.js';
import {componentsPanel, jointPanel} from './risk/positions.js';
import {summaryPanel} from './risk/summary.js';
import {tripsPanel} from './risk/trips.js';

const KNOWN = 1; // schema_version
const SETTLE_MS = 1500;

/** @param {HTMLElement} root @param {import('../app.js').Context} ctx */
export function mount(root, ctx) {
  const {signal, api} = ctx;
  let bounds = /** @type {any} */ (null);
  let answer = /** @type {any} */ (null);
  let controls = /** @type {any[]} */ ([]);
  const written = () => setTimeout(keys.again, SETTLE_MS / 5);

  const version = h('span');
  const monitor = monitorLine(ctx);
  const summary = summaryPanel(ctx, written);
  const gauges = gaugesPanel();
  const course = coursePanels(ctx);
  const components = componentsPanel();
  const clusters = clustersPanel(ctx);
  const joint = jointPanel();
  const trips = tripsPanel(ctx);
  const limits = limitsPanel(ctx, written);
  const newest = [summary.panel, gauges.panel, components.panel, joint.panel];
  put(root, h('div.page-head', h('h1', 'Risk'), monitor.node, version),
    h('div.risk-top', summary.panel.node, gauges.panel.node),
    h('div.grid.halves', course.account.node, course.risk.node, components.panel.node, clusters.panel.node, joint.panel.node, trips.panel.node),
    limits.panel.node);

  const all = () => controls.find((row) => row.key === '*') ?? null;
  const draw = () => {
    const record = answer?.portfolio;
    if (!record) {
      for (const box of [...newest.slice(1), clusters.panel]) box.empty('No monitor of risk has written yet', 'Start one: alphapulse risk.');
      if (answer) summary.alone(all());
      return;
    }
    put(version, record.schema_version !== KNOWN && tag(`schema version ${label(record.schema_version, 12)}: this page knows ${KNOWN}`, 'warn'));
    summary.update(record, all());
    gauges.update(record, bounds);
    components.update(record);
    joint.update(record, bounds);
    clusters.update(record, bounds);
  };
  const soon = atMost(500, draw, signal);
  const settings = async () => {
    bounds ??= await api.get('portfolio/limits', {signal}).catch(() => null); // the figures stand without limits then
  };
  keep([...newest, clusters.panel], async () => (await Promise.all([api.get('portfolio', {signal}), settings()]))[0], (found) => {
    answer = found;
    monitor.learn(found);
    draw();
  }, {signal, every: 30_000});
  keep([...course.panels, trips.panel], async () => (await Promise.all([api.get('portfolio/history', {query: {points: 500}, signal}), settings()]))[0], (history) => {
    course.learn(history);
    course.draw(bounds);
    trips.add(history.trips ?? []);
  }, {signal});
  const keys = keep(limits.panel, () => api.get('limits', {signal}), ({items}) => {
    controls = items;
    limits.update(items);
    if (answer) soon();
  }, {signal, every: 30_000});
  const changed = atMost(SETTLE_MS, keys.again, signal);
  every(1000, monitor.draw, signal);

  ctx.stream({topics: ['portfolio', 'limits'], mode: 'latest'}, {
    state: (state, why) => byStream([summary.panel, gauges.panel], state, why),
    portfolio: (/** @type {any[]} */ items) => {
      for (const {value} of items) {
        if (!value) continue;
        course.add(value);
        if (value.trips?.length) trips.add(value.trips.map((/** @type {any} */ trip) => ({...trip, ts: value.ts})));
      }
      const last = items.at(-1);
      if (!last.value) return;
      answer = {...answer, portfolio: last.value, timestamp: last.timestamp, monitor: 'running'};
      monitor.learn(answer, true);
      course.draw(bounds);
      soon();
    },
    limits: changed,
  });
}
