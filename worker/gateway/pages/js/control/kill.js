/** The kill switch: what it hits, a reason and a typed word before; after it, the effect in decisions and positions. */

import {pause} from '../core/api.js';
import {h, put} from '../core/dom.js';
import {count, label, money, text} from '../core/format.js';
import {side} from '../components/marks.js';
import {icon} from '../components/icons.js';
import {loading} from '../components/states.js';
import {note, writeDialog} from './dialog.js';
import {effect} from './effect.js';
import {field, reasonField} from './fields.js';
import {named} from './record.js';
import {unknownNote} from './spelling.js';

const WORD = 'KILL';
const SHOWN = 6;

/** The button at the top right, apart from everything. @param {import('./limits.js').Who} ctx */
export const killButton = (ctx) => h('button.danger.kill', {type: 'button', title: 'Close all positions and open none', onclick: () => killDialog(ctx, '*')}, icon('bad'), 'Kill …');

/**
 * Close all positions of a key, and open none.
 * @param {import('./limits.js').Who} ctx @param {string} key @param {{onWritten?: (answer: any) => void}} [options]
 */
export function killDialog(ctx, key, {onWritten} = {}) {
  const hit = h('div.hit', loading('Counting what it hits'));
  const reason = reasonField('fills look wrong since 14:05');
  const word = field(`Type ${WORD}`, h('input', {type: 'text', autocomplete: 'off', autocapitalize: 'characters', spellcheck: 'false', maxlength: 20}), {
    check: (entered) => (entered === WORD ? '' : `Type ${WORD} in capitals: it closes positions.`),
  });
  const title = key === '*' ? 'Kill: close all positions' : `Close the position of ${named(key)}`;
  let before = /** @type {any} */ (null);
  const frame = writeDialog(ctx, {
    title, button: key === '*' ? 'Close all positions' : 'Close it', danger: true, fields: [reason, word],
    body: [hit, h('p', 'Workers close at their next bar and open nothing until the kill is ended: by lifting it, and where the monitor of risk raised it too, by an acknowledgement on the next day.'), reason.node, word.node],
    send: (write) => write('POST', 'kill', {body: {key, reason: reason.value(), word: word.value()}}),
    written: onWritten,
    done: (answer, signal) => [note('ok_disc', `Written as version ${label(answer.version, 12)} of ${named(key)}. What follows is read from new decisions.`), effect(ctx, key, answer.version, signal), closing(ctx, key, before, signal)],
  });
  preview(ctx, key).then(async (found) => {
    before = found;
    put(hit, listed(found), await unknownNote(ctx, key));
  }, (error) => put(hit, note('warn', `What it hits can’t be counted: ${label(error.message, 200)}. It can be written all the same.`)));
  return frame;
}

/** @param {import('./limits.js').Who} ctx @param {string} key @param {AbortSignal} [signal] */
const preview = (ctx, key, signal) => ctx.api.get('kill/preview', {query: {key}, signal});

/** @param {any} found as `kill/preview` has it */
function listed(found) {
  if (!found.positions) return h('p', h('strong', 'No position is open.'), ' It still forbids to open any.');
  const largest = [...found.symbols].sort((a, b) => Math.abs(b.notional ?? 0) - Math.abs(a.notional ?? 0));
  const more = found.positions - Math.min(SHOWN, largest.length);
  return [h('p.hit-said', h('strong', `${count(found.positions, 'position')}${amount(found)}`), more > 0 && ', the largest:'),
    h('table', h('caption.unseen', 'Positions hit'), h('thead.unseen', h('tr', ['Symbol', 'Side', 'Value'].map((one) => h('th', {scope: 'col'}, one)))),
      h('tbody', largest.slice(0, SHOWN).map((one) => h('tr', h('th.foreign', {scope: 'row'}, label(one.symbol, 40)), h('td', side(one.state)), h('td.numeric', text(typeof one.notional === 'number' ? Math.abs(one.notional) : one.notional, money)))))),
    more > 0 && h('p.hint', `and ${count(more, 'other')}`)];
}

/** @param {any} found */
const amount = (found) => (found.notional === null ? '' : `, worth ${text(found.notional, money)}${found.currency ? ` ${label(found.currency, 8)}` : ''}`);

/** How many positions are still open. @param {import('./limits.js').Who} ctx @param {string} key @param {any} before @param {AbortSignal} signal */
function closing(ctx, key, before, signal) {
  const said = h('p.effect-said');
  const node = h('section.effect', {'aria-label': 'Positions still open', role: 'status'}, said);
  const follow = async () => {
    for (;!signal.aborted;) {
      const found = await preview(ctx, key, signal).catch(() => null);
      if (signal.aborted) return;
      const next = !found ? 'The positions can’t be read now.' : found.positions === 0 ? 'No position is open.' : `${count(found.positions, 'position')}${before ? ` of ${before.positions}` : ''} still open${amount(found)}`;
      node.dataset.done = String(found?.positions === 0);
      if (said.textContent !== next) put(said, icon(!found ? 'warn' : found.positions === 0 ? 'ok_disc' : 'turning'), h('strong', next));
      if (found?.positions === 0) return;
      await pause(2000, signal).catch(() => {});
    }
  };
  follow();
  return node;
}
