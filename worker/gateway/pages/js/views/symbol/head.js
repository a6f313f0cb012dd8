/** What a symbol is now: its price, position, regime and age. */

import {every} from '../../core/clock.js';
import {h, put, say} from '../../core/dom.js';
import {ago, capital, label, moment, percent, price, span, words} from '../../core/format.js';
import {change, level, side, tag, value} from '../../components/marks.js';
import {newer} from '../../components/newer.js';
import {badges} from '../../control/badge.js';

/** @param {import('../../app.js').Context} ctx @param {string} symbol */
export function head(ctx, symbol) {
  const now = h('span.symbol-now');
  const about = h('span.row.wide');
  const age = h('span.muted');
  const standing = h('div.standings', {role: 'status'});
  let closed = NaN;
  const tell = () => say(age, Number.isFinite(closed) ? `last bar ${ago(closed, ctx.now())}` : '');
  every(1000, tell, ctx.signal);
  return {
    node: h('div.page-head.symbol-head', h('h1.foreign', label(symbol, 60)), now, about, age, standing),
    /** @param {any[]} items as `limits` has them */
    limits: (items) => {
      const next = badges(items, symbol, ctx.now());
      const same = next.length === standing.childElementCount && next.every((one, at) => one.isEqualNode(standing.children[at]));
      if (!same) put(standing, next);
    },
    /** @param {any} item as `symbols/{s}` has it @param {import('./course.js').Course|null} bars */
    update: (item, bars) => {
      const one = item.decision;
      closed = one.close_ts;
      age.title = moment(closed);
      const before = bars && bars.close.length > 1 ? bars.close.at(-2) : null;
      const close = one.bar?.close;
      put(now, value(close, price), ' ', typeof before === 'number' && typeof close === 'number' && before > 0 && h('span.small', change(close / before - 1, percent(2))));
      const quality = one.quality?.level;
      put(about, side(one.position?.state), h('span', 'Regime: ', h('b', words(one.regime))),
        quality && level(quality === 'Poor' || quality === 'Fair' ? 'warn' : 'ok', `${label(quality, 20)} data`), item.interval && tag(typeof item.interval === 'number' ? span(item.interval) : item.interval), one.strategy && tag(`strategy ${one.strategy.id} ${one.strategy.version}`), newer(one));
      tell();
      ctx.title(`${label(symbol, 40)} ${typeof close === 'number' ? price(close) : ''} ${one.position?.state && one.position.state !== 'flat' ? capital(one.position.state) : ''}`.trim());
    },
  };
}
