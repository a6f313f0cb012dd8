/** Each figure beside its limit: a bar, the numbers, and a word. */

import {h, put} from '../../core/dom.js';
import {percent, text} from '../../core/format.js';
import {level, meter, value} from '../../components/marks.js';
import {panel} from '../../components/panel.js';
import {gauges} from './figures.js';

export function gaugesPanel() {
  const box = panel('Figures and their limits', {note: 'shares of the equity'});
  const list = h('ul.gauges');
  return {
    panel: box,
    /** @param {any} portfolio @param {any} limits */
    update: (portfolio, limits) => {
      put(list, gauges(portfolio, limits).map((one) => h('li.gauge', {title: one.hint},
        h('span.gauge-name', one.name),
        h('span.gauge-figure', value(one.figure, one.format), h('span.muted', ` of ${text(one.limit, one.format).replace('+', '')}`)),
        meter(one.share, `${one.name} by its limit`, one.soft),
        h('span.gauge-said', level(one.level, one.said), h('span.muted', one.share === null ? '' : percent(0)(one.share))))));
      box.show(list);
    },
  };
}
