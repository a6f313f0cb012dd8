/** How good the symbol's data is: quality of its newest bar, sequence gaps, who decided. */

import {h} from '../../core/dom.js';
import {count, fixed, integer, label, words} from '../../core/format.js';
import {level, tag, value} from '../../components/marks.js';
import {panel} from '../../components/panel.js';

const MOST = 8;

export function dataPanel() {
  const box = panel('Data');
  let newest = /** @type {any} */ (null);
  return {
    panel: box,
    /** @param {import('./course.js').Course|null} bars @param {any} item as `symbols/{s}` has it; null: as before */
    show: (bars, item) => {
      newest = item ?? newest;
      if (!bars || !newest) return;
      const {decision} = newest;
      const codes = decision.quality?.codes ?? [];
      const {gaps} = bars;
      const lost = gaps.reduce((sum, gap) => sum + gap.missing, 0);
      box.show(h('dl.facts',
        h('dt', 'Sequence'), h('dd', value(bars.sequence.at(-1), integer)),
        h('dt', 'Gaps in it'), h('dd', gaps.length ? level('warn', `${count(gaps.length, 'gap')}, ${count(lost, 'record')}`) : level('ok', 'none')),
        gaps.slice(-MOST).map((gap) => [h('dt.indent', `after ${label(gap.after_sequence, 20)}`), h('dd', `${count(gap.missing, 'record')} rejected or not shown`)]),
        h('dt', 'Quality'), h('dd', value(decision.quality?.score, fixed(2)), ' ', label(decision.quality?.level ?? 'unknown', 20)),
        codes.length > 0 && [h('dt', 'Found'), h('dd', codes.map((code) => [tag(words(code), 'warn'), ' ']))],
        h('dt', 'Partition, offset'), h('dd', `${label(newest.partition, 10)}, ${label(newest.offset, 20)}`),
        h('dt', 'Engine'), h('dd', `${label(decision.engine_version, 20)}, features ${label(decision.feature_set_version, 10)}`),
        h('dt', 'Configuration'), h('dd', h('code', label(decision.config_hash, 20))),
        h('dt', 'Model'), h('dd', decision.model?.id ? `${label(decision.model.id, 40)} ${label(decision.model.version ?? '', 20)}, ${words(decision.model.status)}` : words(decision.model?.status ?? 'unknown')),
        !bars.complete && [h('dt', 'Bars'), h('dd', level('warn', 'not all that were asked for'))]));
    },
  };
}
