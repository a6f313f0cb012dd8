/** The alerts that are open, the gravest first; the page of alerts has the rest. */

import {h} from '../../core/dom.js';
import {count, label, moment, span, words} from '../../core/format.js';
import {level, tag} from '../../components/marks.js';
import {keep, panel} from '../../components/panel.js';
import {severity} from '../alerts/words.js';

const MOST = 6;
const LOOK_MS = 5000;

/** @param {import('../../app.js').Context} ctx */
export function openAlertsPanel(ctx) {
  const box = panel('Alerts', {actions: [h('a.small', {href: '#/alerts'}, 'All alerts')]});
  let before = -1;
  keep(box, () => ctx.api.get('alerts', {query: {state: 'open', limit: MOST}, signal: ctx.signal}), (found) => {
    box.note(found.total ? `${count(found.firing, 'alert')} firing` : '');
    if (before >= 0 && found.firing > before) ctx.announce(`${count(found.firing, 'alert')} firing`);
    before = found.firing;
    if (!found.items.length) return box.show(h('p.muted', 'No alert is open.'));
    box.show(h('ul.alerts-open', found.items.map((/** @type {any} */ item) => row(item, ctx.now()))));
  }, {signal: ctx.signal, every: LOOK_MS});
  return {panel: box};
}

/** @param {any} item @param {number} now */
function row({alert, silenced, problem}, now) {
  if (!alert) return h('li', level('warn', 'unreadable'), h('p.foreign', label(problem ?? '', 200)));
  return h('li',
    h('p.row.apart', h('span.row', level(severity(alert.severity), words(alert.severity)), alert.state !== 'firing' && tag(words(alert.state)), silenced && tag('silenced')),
      typeof alert.starts_ms === 'number' && h('time.muted.small', {title: moment(alert.starts_ms)}, `for ${span(Math.max(0, now - alert.starts_ms))}`)),
    h('p.foreign', label(alert.summary, 200)));
}
