/** Whether a switch has been taken up: the gateway is asked until it says so; nothing is assumed. */

import {pause} from '../core/api.js';
import {h, put} from '../core/dom.js';
import {label, span} from '../core/format.js';
import {icon} from '../components/icons.js';

const ASKED_MS = 1500;
const PATIENCE_MS = 60_000;

/**
 * @param {Pick<import('../app.js').Context, 'announce'>} ctx @param {() => Promise<boolean>} taken whether it is in force @param {AbortSignal} signal
 * @returns {HTMLElement}
 */
export function taking(ctx, taken, signal) {
  const said = h('p.effect-said');
  const hint = h('p.hint');
  const node = h('section.effect', {'aria-label': 'Effect', role: 'status'}, said, hint);
  const began = performance.now();
  put(said, icon('turning'), h('strong', 'Not in force yet'));
  const follow = async () => {
    while (!signal.aborted) {
      try {
        if (await taken()) {
          node.dataset.done = 'true';
          put(said, icon('ok_disc'), h('strong', 'In force'), ` after ${span(performance.now() - began)}`);
          put(hint);
          ctx.announce('The switch is in force');
          return;
        }
        if (performance.now() - began > PATIENCE_MS) put(hint, 'Decisions show it with their next bar: none comes while no bar arrives, or while a worker can’t load it. Its log then says why.');
      } catch (error) {
        if (signal.aborted) return;
        put(hint, `It can’t be read now: ${label(error.message, 160)}. It is asked for again.`);
      }
      await pause(ASKED_MS, signal).catch(() => {});
    }
  };
  follow();
  return node;
}
