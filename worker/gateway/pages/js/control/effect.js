/** A change coming true: which partitions already decide under it, as their newest decisions say. Never assumed. */

import {pause} from '../core/api.js';
import {h, put, say} from '../core/dom.js';
import {integer, label, span, text} from '../core/format.js';
import {icon} from '../components/icons.js';
import {level} from '../components/marks.js';
import {counted, sentence} from './obeyed.js';

const ASKED_MS = 1000;
const SLOW_MS = 5000;
const PATIENCE_MS = 60_000;

/**
 * Follow one written version until it is in force everywhere.
 * @param {Pick<import('../app.js').Context, 'api'|'announce'>} ctx @param {string} key @param {number} version 0: a removal @param {AbortSignal} signal
 * @param {number} [lifted] version that was removed: the monitor of risk may have written another record since
 */
export const effect = (ctx, key, version, signal, lifted = Infinity) =>
  followed(ctx, async () => counted(await ctx.api.get(['limits', key, 'effect'], {query: {version}, signal}), lifted), signal);

/**
 * Ask until all partitions obey.
 * @param {Pick<import('../app.js').Context, 'announce'>} ctx @param {() => Promise<any>} ask as `limits/{key}/effect` answers; `shows`: what a partition shows instead
 * @param {AbortSignal} signal @returns {HTMLElement}
 */
export function followed(ctx, ask, signal) {
  const began = performance.now();
  const head = h('p.effect-said', 'Waiting for the first decision under it …');
  const cells = h('ul.effect-cells');
  const hint = h('p.hint');
  const node = h('section.effect', {'aria-label': 'Effect in the decisions'}, h('div', {role: 'status'}, head), cells, hint);
  let before = -1;

  const draw = (/** @type {any} */ found) => {
    const took = performance.now() - began;
    const all = found.of > 0 && found.in_force >= found.of;
    if (found.in_force !== before) {
      before = found.in_force;
      node.dataset.done = String(all);
      put(head, icon(all ? 'ok_disc' : 'turning'), h('strong', sentence(found)), ` after ${span(took)}`);
      ctx.announce(sentence(found));
    }
    put(cells, found.partitions.map((/** @type {any} */ one) => h('li', {dataset: {force: String(Boolean(one.in_force))}},
      h('span', `Partition ${text(one.partition, integer)}`),
      level(one.in_force ? 'ok' : 'none', one.in_force ? 'in force' : one.shows ?? (one.version === null ? 'no decision yet' : `at version ${text(one.version, integer)}`)))));
    say(hint, all || took < PATIENCE_MS ? '' : 'A partition shows it with its next decision: none comes while no bar arrives, or while its worker stands still.');
    return all;
  };

  const follow = async () => {
    for (let tries = 0; !signal.aborted; tries += 1) {
      let wait = tries < 60 ? ASKED_MS : SLOW_MS;
      try {
        if (draw(await ask())) return;
      } catch (error) {
        if (signal.aborted) return;
        say(hint, `The effect can’t be read: ${label(error.message, 160)}. It is asked for again.`);
        wait = SLOW_MS;
      }
      await pause(wait, signal).catch(() => {});
    }
  };
  follow();
  return node;
}
