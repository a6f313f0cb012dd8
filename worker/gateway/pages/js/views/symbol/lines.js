/** Signal, regime and result over the same bars. */

import {h} from '../../core/dom.js';
import {fixed, money, number, percent} from '../../core/format.js';
import {series} from '../../charts/series.js';
import {panel} from '../../components/panel.js';

/** @param {{signal: AbortSignal, pick: (ts: number) => void}} options */
export function lines({signal, pick}) {
  const box = panel('Signal, regime and result');
  const more = {signal, pick, sync: 'symbol', height: '8.5rem'};
  const charts = [
    {
      chart: series({...more, name: 'Signal', range: [-1, 1], lines: [{title: 'Final', format: fixed(2)}, {title: 'Confidence', colour: '--muted', format: fixed(2), dash: [4, 3]}, {title: 'Timeframes', colour: '--long', format: fixed(2), width: 1}]}),
      columns: ['final', 'confidence', 'mtf'],
    },
    {chart: series({...more, name: 'Turbulence', range: [0, 1], lines: [{title: 'probability', format: percent(0), fill: true}]}), columns: ['p_turb']},
    {chart: series({...more, name: 'Position', lines: [{title: 'short below zero', format: number, steps: true, fill: true}]}), columns: ['qty']},
    {chart: series({...more, name: 'Result', lines: [{title: 'with what is open, net of fees', format: money}]}), columns: ['equity']},
  ];
  const all = h('div.lines', charts.map(({chart}) => chart.node));
  return {
    panel: box,
    /** @param {import('./course.js').Course} bars */
    show: (bars) => {
      box.show(all);
      for (const {chart, columns} of charts) chart.update(bars.ts, columns.map((name) => bars[name]));
    },
    /** @param {number|null} ts */
    select: (ts) => charts.forEach(({chart}) => chart.select(ts)),
  };
}
