/** One symbol: its bars with what was decided at each, and for one of them the whole chain of why. */

import {get} from '../core/api.js';
import {atMost} from '../core/clock.js';
import {h, put} from '../core/dom.js';
import {count, label} from '../core/format.js';
import {shortcut} from '../core/keys.js';
import {link} from '../core/router.js';
import {recall, remember} from '../core/memory.js';
import {candles} from '../charts/candles.js';
import {choice} from '../components/choice.js';
import {icon} from '../components/icons.js';
import {level} from '../components/marks.js';
import {byStream, keep, panel} from '../components/panel.js';
import * as states from '../components/states.js';
import {course, grow, nextAction, place} from './symbol/course.js';
import {dataPanel} from './symbol/data.js';
import {decisionPanel} from './symbol/decision.js';
import {head} from './symbol/head.js';
import {lines} from './symbol/lines.js';
import {limitsPanel} from './symbol/limits.js';
import {positionPanel} from './symbol/position.js';

export const title = 'Symbol';
const LENGTHS = ['200', '500', '2000', '5000'];

/** @param {HTMLElement} root @param {import('../app.js').Context} ctx */
export function mount(root, ctx) {
  const {symbol} = ctx.params;
  const {signal} = ctx;
  let length = recall('symbol.bars', '500');
  if (!LENGTHS.includes(length)) length = '500';
  let bars = /** @type {import('./symbol/course.js').Course|null} */ (null);
  let chosen = /** @type {number|null} sequence; null follows the newest */ (Number(ctx.query.get('at')) || null);
  let lost = /** @type {number|null} a sequence that was asked for and is not there */ (null);
  let at = -1;

  const top = head(ctx, symbol);
  const chart = candles({name: `Bars of ${label(symbol, 40)}`, height: 'clamp(18rem, 46vh, 34rem)', pick: (bar) => choose(bar), signal});
  const courses = lines({signal, pick: (ts) => choose(bars?.ts.indexOf(ts) ?? -1)});
  const decision = decisionPanel(ctx, symbol);
  const position = positionPanel(ctx);
  const limits = limitsPanel(ctx, symbol, (items) => top.limits(items));
  const data = dataPanel();

  const step = (/** @type {1|-1} */ way, /** @type {boolean} */ far) => bars && choose(far ? nextAction(bars, at, way) : at + way);
  const newest = h('button', {type: 'button', title: 'Follow the newest bar (End)', onclick: () => follow()}, 'Newest');
  const where = h('span.muted');
  const steps = h('div.row', {role: 'group', 'aria-label': 'Step through decisions'},
    h('button.icon', {type: 'button', 'aria-label': 'Bar before', title: 'Bar before (←), trade before (Shift ←)', onclick: (event) => step(-1, event.shiftKey)}, icon('left')),
    h('button.icon', {type: 'button', 'aria-label': 'Next bar', title: 'Next bar (→), next trade (Shift →)', onclick: (event) => step(1, event.shiftKey)}, icon('right')), newest, where);
  const lengths = choice('Bars', LENGTHS.map((one) => [one, one]), length, (next) => {
    remember('symbol.bars', length = next);
    kept.again();
  });
  const box = panel('Bars and decisions', {actions: [steps, lengths.node], class: 'bars'});
  shortcut('ArrowLeft', 'On a symbol: the bar before; with Shift the trade before', (event) => step(-1, event.shiftKey), signal);
  shortcut('ArrowRight', 'On a symbol: the next bar; with Shift the next trade', (event) => step(1, event.shiftKey), signal);
  shortcut('End', 'On a symbol: follow the newest bar', () => follow(), signal);

  const whole = h('div.beside.symbol', h('div.stack', box.node, courses.panel.node), h('div.stack', decision.panel.node, position.panel.node, limits.panel.node, data.panel.node));
  const content = h('div.stack');
  put(root, top.node, content);
  const live = [box, courses.panel, decision.panel, position.panel];

  const draw = () => {
    if (!bars) return;
    at = place(bars, chosen);
    chart.select(chosen === null ? null : at);
    courses.select(chosen === null ? null : bars.ts[at]);
    newest.setAttribute('aria-pressed', String(chosen === null));
    put(where, lost !== null ? level('warn', `${label(lost, 20)} is none of these decisions: the newest is shown`) : chosen === null ? '' : `${count(bars.ts.length - 1 - at, 'bar')} back`);
    decision.show(bars.sequence[at], chosen === null);
  };
  const choose = (/** @type {number} */ next) => {
    if (!bars || next < 0 || next >= bars.ts.length) return;
    const sequence = bars.sequence[next];
    if (sequence === undefined) return;
    chosen = sequence;
    lost = null;
    ctx.go(`${link('symbols', symbol)}?at=${sequence}`, true);
    draw();
  };
  const follow = () => {
    chosen = lost = null;
    ctx.go(link('symbols', symbol), true);
    chart.follow();
    draw();
  };

  put(content, whole);

  /** A symbol without decisions is none that workers know: said once, not by each panel. */
  const unknown = () => {
    limits.known(false);
    put(content, states.empty(`No decision of ${label(symbol, 40)} is known`, 'Check the spelling: / finds a symbol. If its first bar is still to come, this page shows it then.'), limits.panel.node);
  };
  const read = async () => {
    const [newestOne, answer] = await Promise.all([get(['symbols', symbol], {signal}), get(['symbols', symbol, 'bars'], {query: {limit: length}, signal})]);
    return {newestOne, answer};
  };
  const found = () => read().catch((error) => {
    if (error?.status === 404) return null;
    throw error;
  });
  const kept = keep(live, found, (both) => {
    if (!both) return unknown();
    const {newestOne, answer} = both;
    if (!whole.isConnected) {
      limits.known(true);
      put(/** @type {Element} */ (whole.lastElementChild), decision.panel.node, position.panel.node, limits.panel.node, data.panel.node);
      put(content, whole);
    }
    bars = course(answer);
    bars.result = (newestOne.decision.position?.realised ?? 0) + (newestOne.decision.position?.unrealised ?? 0);
    lost = chosen !== null && !bars.sequence.includes(chosen) ? chosen : null;
    if (lost !== null) chosen = null;
    box.show(chart.node);
    chart.show(bars);
    courses.show(bars);
    data.show(bars, newestOne);
    heard(newestOne);
    draw();
  }, {signal});
  const heard = (/** @type {any} */ item) => {
    top.update(item, bars);
    position.show(item.decision);
    limits.inForce(item.decision);
  };
  const drawn = atMost(500, () => {
    courses.show(/** @type {any} */ (bars));
    data.show(bars, null);
    draw();
  }, signal);

  ctx.stream({topics: ['decisions', 'limits'], mode: 'all', symbol}, {
    state: (state, why) => byStream(live, state, why),
    decisions: (items) => {
      if (!bars) return void kept.again();
      for (const item of items) {
        if (item.value?.symbol !== symbol || !grow(bars, item.value)) continue;
        chart.grew();
        heard({...item, decision: item.value, interval: bars.interval});
        drawn();
      }
    },
    limits: () => limits.again(),
    reset: () => kept.again(),
    gap: () => kept.again(),
  });
}
