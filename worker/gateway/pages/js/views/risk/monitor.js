/** The monitor of risk itself: does it step, how old is the newest one, who leads. */

import {h, put} from '../../core/dom.js';
import {label, moment, span, text, integer} from '../../core/format.js';
import {level} from '../../components/marks.js';

const LATE = 3; // steps

/** @param {import('../../app.js').Context} ctx */
export function monitorLine(ctx) {
  const node = h('p.note.monitor');
  let answer = /** @type {any} */ (null);
  const draw = () => {
    if (!answer) return;
    const {portfolio, monitor, timestamp, leader, standbys} = answer;
    if (monitor === 'none' || !portfolio) return put(node, level('none', 'No monitor of risk runs'));
    const age = typeof timestamp === 'number' ? ctx.now() - timestamp : answer.age_ms;
    const late = monitor === 'silent' || age > LATE * Math.max(60_000, answer.step_ms ?? 60_000);
    put(node, level(late ? 'bad' : 'ok', late ? 'The monitor is silent' : 'The monitor runs'),
      ` · step ${moment(portfolio.ts)} · record ${text(portfolio.number, integer)}, ${span(Math.max(0, age))} old`,
      leader && [' · led by ', h('span.foreign', label(leader.client_id ?? leader.host, 60))], typeof standbys === 'number' && ` · ${standbys === 0 ? 'no standby' : standbys === 1 ? '1 standby' : `${standbys} standbys`}`);
  };
  return {node, draw, learn: (/** @type {any} */ next) => {
    answer = {...answer, ...next};
    draw();
  }};
}
