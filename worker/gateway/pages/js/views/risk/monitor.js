/** The monitor of risk itself: does it step, how old is the newest one, who leads. */

import {h, put} from '../../core/dom.js';
import {ago, integer, label, moment, span, text} from '../../core/format.js';
import {level} from '../../components/marks.js';

const DAY_MS = 86_400_000;

/** @param {import('../../app.js').Context} ctx */
export function monitorLine(ctx) {
  const node = h('p.note.monitor');
  let answer = /** @type {any} */ (null);
  let heard = /** @type {number|null} */ (null); // when a step came that was written while this page was open
  const draw = () => {
    if (!answer) return;
    const {portfolio, monitor, timestamp, leader, standbys} = answer;
    if (monitor === 'none' || !portfolio) return put(node, level('none', 'No monitor of risk runs'));
    const late = monitor === 'silent';
    const age = ctx.now() - timestamp;
    const old = heard !== null ? `came ${ago(heard, performance.now()).replace('now', 'just now')}` : age >= 0 && age < DAY_MS ? `${span(age)} old` : ''; // a replayed market has times of its own
    put(node, level(late ? 'bad' : 'ok', late ? 'The monitor is silent' : 'The monitor runs'),
      ` · step ${moment(portfolio.ts)} · record ${text(portfolio.number, integer)}${old && `, ${old}`}`,
      leader && [' · led by ', h('span.foreign', label(leader.client_id ?? leader.host, 60))], typeof standbys === 'number' && ` · ${standbys === 0 ? 'no standby' : standbys === 1 ? '1 standby' : `${standbys} standbys`}`);
  };
  return {
    node, draw,
    /** @param {any} next @param {boolean} [live] it has just come */
    learn: (next, live = false) => {
      if (live) heard = performance.now();
      answer = {...answer, ...next};
      draw();
    },
  };
}
