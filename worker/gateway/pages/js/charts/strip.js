/** The partition strip: one cell a partition with owner, lag and state. Shape and word say the state, the bar says the lag. */

import {h, put} from '../core/dom.js';
import {compact, integer, label, member, shown, span} from '../core/format.js';
import {level} from '../components/marks.js';

const STATES = {
  running: ['ok', 'running'], restoring: ['warn', 'restoring'], idle: ['none', 'idle'], unowned: ['bad', 'no owner'], stalled: ['bad', 'stalled'], unknown: ['none', 'not known'],
};
const FULL_MS = 60_000; // a lag beyond it makes the portfolio blind

const WORST = ['unowned', 'stalled', 'restoring'];

/** @param {string} [href] where a cell leads @param {number} [most] cells; of more partitions those in the worst states and furthest behind */
export function strip(href, most = 1024) {
  const node = h('ul.strip');
  return {
    node,
    /** @param {any[]} items as `fleet/partitions` has them */
    update: (items) => {
      const few = items.length <= most;
      const chosen = few ? items : [...items].sort((a, b) => badness(b) - badness(a)).slice(0, most);
      put(node, chosen.map((item) => cell(item, href)), !few && h('li.strip-rest', `and ${integer(items.length - most)} more, none of them worse`));
    },
  };
}

/** @param {any} item */
const badness = (item) => (WORST.length - (WORST.includes(item.state) ? WORST.indexOf(item.state) : WORST.length)) * 1e12 + (item.lag ?? 0);

/** @param {any} item @param {string} [href] */
function cell(item, href) {
  const [look, word] = STATES[item.state] ?? ['none', label(item.state, 20)];
  const restore = item.state === 'restoring' && item.restore?.total ? ` ${Math.floor((100 * item.restore.done) / item.restore.total)} %` : '';
  const behind = typeof item.lag_seconds === 'number' ? item.lag_seconds * 1000 : null;
  const share = item.state === 'restoring' && item.restore?.total ? item.restore.done / item.restore.total : behind === null ? 0 : Math.min(1, behind / FULL_MS);
  const owner = item.owner ? member(item.owner) : 'nobody';
  return h('li.strip-cell', {dataset: {state: item.state}},
    h(href ? 'a.strip-number' : 'span.strip-number', href ? {href, 'aria-label': `Partition ${item.partition}`} : {}, String(item.partition)),
    h('span.strip-owner.one-line.foreign', {title: label(item.owner ?? 'nobody', 100)}, owner),
    h('span.strip-state', level(look, `${word}${restore}`)),
    h('span.strip-lag', item.lag === 0 ? 'no lag' : `${shown(item.lag, compact).text} rec.`, behind !== null && item.lag !== 0 && ` · ${span(behind)}`),
    h('span.strip-bar', {'aria-hidden': 'true'}, h('span.bar-fill', {style: {width: `${share * 100}%`}})));
}
