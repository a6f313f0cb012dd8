/** The status line: one sentence that says how things stand, and the one thing to do. */

import {h, put, say} from '../../core/dom.js';
import {capital, label} from '../../core/format.js';
import {icon} from '../../components/icons.js';

const SHAPES = {ok: ['ok_disc', 'All is well'], warn: ['warn', 'Look here'], bad: ['bad', 'Something is wrong']};

/** @param {import('../../app.js').Context} ctx */
export function sentence(ctx) {
  const shape = h('span.sentence-shape');
  const said = h('p.sentence-said', 'Asking the gateway how things stand …');
  const advice = h('p.sentence-advice', {hidden: true});
  const node = h('section.sentence', {'aria-label': 'How things stand', dataset: {level: 'none'}}, shape, h('div', said, advice));
  let level = '';
  let cut = '';
  const draw = (/** @type {string} */ next, /** @type {string} */ text, /** @type {string|null|undefined} */ hint) => {
    if (next !== level) {
      level = next;
      node.dataset.level = next;
      const [name, word] = SHAPES[next] ?? ['circle', 'Unknown'];
      put(shape, icon(name), h('span.unseen', `${word}: `));
      ctx.announce(text);
    }
    say(said, label(text, 300));
    advice.hidden = !hint;
    say(advice, label(hint ?? '', 300));
  };
  return {
    node,
    update: (/** @type {any} */ status) => status && !cut && draw(status.level, status.sentence, status.advice),
    failed: (/** @type {Error} */ error) => draw('bad', `The gateway does not say how things stand: ${error.message}`, null),
    linked: (/** @type {string} */ state, /** @type {string} */ why) => {
      cut = state === 'live' || state === 'connecting' ? '' : state;
      if (cut) draw('warn', `This page is not live: ${state}.`, why ? `${capital(label(why, 200))}. It tries again by itself.` : null);
    },
  };
}
