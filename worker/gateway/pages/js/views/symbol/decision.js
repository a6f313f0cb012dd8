/** Why one decision is what it is: a sentence, the chain of stages, the reasons, what made the score, the features. */

import {ApiError, get} from '../../core/api.js';
import {h, put} from '../../core/dom.js';
import {brief, fixed, integer, label, moment, money, number, price, signed, words} from '../../core/format.js';
import {recall, remember} from '../../core/memory.js';
import {icon} from '../../components/icons.js';
import {action, foreign, level, tag, value} from '../../components/marks.js';
import {panel} from '../../components/panel.js';
import {reason, term} from '../../words.js';
import {newer} from '../../components/newer.js';

const OUTCOMES = {passed: ['ok', 'passed'], blocked: ['block', 'blocked'], none: ['circle', 'not reached']};
const KEPT = 200; // explanations; a decision never changes

/** @param {import('../../app.js').Context} ctx @param {string} symbol */
export function decisionPanel(ctx, symbol) {
  const box = panel('Why', {class: 'why'});
  /** @type {Map<number, any>} */
  const known = new Map();
  let shown = /** @type {number|undefined} */ (undefined);

  const draw = (/** @type {any} */ one) => {
    const {decision} = one;
    box.note(moment(decision.close_ts));
    box.show(h('div.stack', verdict(one), chain(one.stages ?? []), strategy(decision.strategy), reasons(one.reasons ?? []), contributions(one.contributions ?? []), features(one.features)));
  };
  return {
    panel: box,
    /** @param {number} sequence @param {boolean} quiet it only follows the newest */
    show: async (sequence, quiet) => {
      if (sequence === shown) return;
      shown = sequence;
      try {
        let one = known.get(sequence);
        if (!one) {
          one = await get(['symbols', symbol, 'explain'], {query: {sequence}, signal: ctx.signal});
          known.set(sequence, one);
          if (known.size > KEPT) known.delete(known.keys().next().value);
        }
        if (shown !== sequence) return;
        draw(one);
        if (!quiet) ctx.announce(`${moment(one.decision.close_ts)}: ${label(one.sentence, 300)}`);
      } catch (error) {
        if (ctx.signal.aborted || shown !== sequence) return;
        shown = undefined;
        if (error instanceof ApiError && error.status === 404) box.empty('This decision is no longer in the topic', 'Choose a newer bar.');
        else box.failed(error);
      }
    },
  };
}

/** @param {any} one */
function verdict({decision, sentence, blocked_by: blocked, also_blocked: also, stages, problem}) {
  const traded = decision.action !== 'hold';
  return h('div.verdict',
    h('p.verdict-action', action(decision.action), traded && h('span.muted', value(decision.qty, brief), ' at ', value(decision.ref_price, price), ' (', value(decision.notional, money), ')'), newer(decision)),
    h('p.verdict-said', foreign(sentence, 600)), problem && level('warn', label(problem, 300)), blocked && stopped('Blocked', blocked, sentence, stages), (also ?? []).map((/** @type {any} */ one) => stopped(blocked ? 'Also blocked' : 'Blocked', one, sentence, stages)));
}

/** What kept a trade from happening, and which setting moves it; not what the sentence has said. @param {string} how @param {any} blocked @param {string} sentence @param {any[]} [stages] whose titles name where */
function stopped(how, blocked, sentence, stages = []) {
  const where = stages.find((one) => one.stage === blocked.stage)?.title ?? blocked.stage;
  const text = label(blocked.text ?? reason(blocked.code), 300);
  const told = String(sentence ?? '').toLowerCase().includes(text.toLowerCase().replace(/\.$/, ''));
  return h('p.verdict-blocked', icon('block'), h('span', h('b', where ? `${how} at ${words(where).toLowerCase()}` : how), told ? '' : [': ', h('span.foreign', text)],
    blocked.moved_by && h('span.small.moved', 'Moved by ', setting(blocked.moved_by))));
}

/** @param {unknown} name of a setting, or words */
const setting = (name) => h(/^[\w.]+$/.test(String(name)) ? 'code.foreign' : 'span.foreign', label(name, 200));

/** @param {any[]} stages */
const chain = (stages) => stages.length > 0 && h('ol.chain', {'aria-label': 'Stages'}, stages.map((stage) => {
  const [shape, word] = OUTCOMES[stage.outcome] ?? ['circle', words(stage.outcome)];
  return h('li.stage', {dataset: {outcome: stage.outcome}},
    h('span.stage-mark', icon(shape), h('span.unseen', `${word}: `)),
    h('div', h('p', h('b.stage-title', label(stage.title ?? stage.stage, 60)), ' ', foreign(stage.text, 300)), stage.outcome !== 'none' && values(stage.values)));
}));

/** @param {Record<string, any>|null|undefined} all */
function values(all) {
  const found = Object.entries(all ?? {}).filter(([, one]) => one !== null);
  return found.length > 0 && h('p.stage-values', found.map(([name, one]) => h('span', `${term(name)} `, name.endsWith('_version') && Number.isInteger(one) ? h('b', String(one)) : typeof one === 'string' || typeof one === 'boolean' ? h('b', words(one)) : h('b', value(one, brief)))));
}

/** @param {any} one */
const strategy = (one) => one && h('div', h('h3', 'Strategy'),
  h('p', tag(`${one.id} ${one.version}`), ' ', tag(words(one.status), one.status === 'ok' || one.status === 'warming_up' ? '' : 'warn'), ' ', one.tag && foreign(one.tag, 80)),
  Object.keys(one.notes ?? {}).length > 0 && h('dl.facts', Object.entries(one.notes).map(([name, note]) => [h('dt.foreign', label(name, 40)), h('dd', value(note, number))])));

/** @param {{code: string, text: string}[]} all */
const reasons = (all) => all.length > 0 && h('div', h('h3', 'Reasons, in order'), h('ol.reasons', all.map(({code, text}) => h('li', foreign(text ?? reason(code), 200), ' ', h('code.muted', label(code, 40))))));

/** The parts of the score as bars from the middle. @param {{name: string, value: number, text?: string}[]} all */
function contributions(all) {
  const known = all.filter((one) => one.value);
  if (!known.length) return null;
  const most = Math.max(...known.map((one) => Math.abs(one.value)));
  const sorted = [...known].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  return h('div', h('h3', 'What made the score'), h('table.parts', h('caption.unseen', 'Parts of the score'), h('tbody', sorted.map((one) => h('tr',
    h('th', {scope: 'row', title: one.text && label(one.text, 200)}, term(one.name)),
    h('td.part', h('span.part-bar', {class: one.value > 0 ? 'long' : 'short', style: {width: `${(Math.abs(one.value) / most) * 50}%`}})),
    h('td.numeric', value(one.value, signed(fixed(3)))))))));
}

/** @param {Record<string, number|null>|null|undefined} all */
function features(all) {
  if (!all) return h('p.muted.small', 'Features are not in this record: workers write them with engine.decision.detail = "full".');
  const names = Object.keys(all).sort();
  const node = h('details', {open: recall('symbol.features') === 'open', ontoggle: () => remember('symbol.features', node.open ? 'open' : '')},
    h('summary', `Features (${integer(names.length)})`),
    h('dl.facts.features', names.map((name) => [h('dt.code', label(name, 40)), h('dd', value(all[name], number))])));
  return node;
}
