/** A dialog that writes: validates, sends once, and tells every outcome in words. */

import {h, put, unique} from '../core/dom.js';
import {pause} from '../core/api.js';
import {dialog} from '../components/dialog.js';
import {icon} from '../components/icons.js';
import {notice} from '../components/notices.js';
import {allValid} from './fields.js';
import {afterwards, told} from './told.js';
import {writer} from './write.js';

const TRIES = 5;
const SENT = 'Closing does not undo what was sent: its outcome is told then, too.';

/**
 * @typedef {object} Act
 * @property {string} title @property {(Node|string|false|null)[]} body @property {import('./fields.js').Field[]} fields
 * @property {import('./fields.js').Field} [focus] the first to fill in; default the first of them
 * @property {string} button @property {boolean} [danger]
 * @property {(write: ReturnType<typeof writer>) => Promise<any>} send
 * @property {(answer: any, signal: AbortSignal) => (Node|string)[]} done what the dialog shows then
 * @property {() => string} [check] what is wrong with all fields together, or ''
 * @property {() => Promise<Node|null>} [conflict] what changed meanwhile; null: nothing did, so that it is sent again by itself
 * @property {Node[]} [more] buttons beside
 * @property {(answer: any) => void} [written]
 */

/** Open it. @param {Pick<import('../app.js').Context, 'api'|'announce'>} ctx @param {Act} act */
export function writeDialog(ctx, act) {
  const id = unique('form');
  const own = new AbortController();
  const outcome = h('div.outcome', {role: 'alert'});
  const submit = h('button', {type: 'submit', form: id, class: act.danger ? 'danger full' : 'primary'}, act.button);
  const cancel = h('button', {type: 'button', onclick: () => open.close()}, 'Cancel');
  const write = writer(ctx.api, (tries) => put(outcome, note('warn', `No answer yet; sent again under the same key, so that it is written once (${tries + 1}) …`), h('p.hint', SENT)));
  let busy = false;
  let meanwhile = /** @type {Node|null} */ (null);

  const form = h('form.stack', {id, novalidate: true}, act.body, outcome);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (busy || !allValid(act.fields)) return;
    const amiss = act.check?.();
    if (amiss) return put(outcome, note('warn', amiss));
    busy = true;
    submit.setAttribute('aria-disabled', 'true');
    put(cancel, 'Close');
    put(outcome, note('turning', 'Writing …'), h('p.hint', SENT));
    try {
      const answer = await sent();
      act.written?.(answer);
      if (left()) notice(afterwards(act.title, {answer}));
      else finished(answer);
    } catch (error) {
      if (left()) notice(afterwards(act.title, {error}));
      else await refused(error);
    } finally {
      busy = false;
      submit.removeAttribute('aria-disabled');
      put(cancel, 'Cancel');
    }
  });
  const left = () => !open.node.open;

  /** A record that was only repeated, as the monitor of risk does, is no conflict. @param {number} [tries] @returns {Promise<any>} */
  const sent = async (tries = 0) => {
    try {
      return await act.send(write);
    } catch (error) {
      if (told(error).kind !== 'conflict' || !act.conflict || left()) throw error; // who has left asked for nothing anew
      meanwhile = await act.conflict();
      if (meanwhile || tries >= TRIES || left()) throw error;
      return sent(tries + 1);
    }
  };

  const refused = async (/** @type {any} */ error) => {
    if (typeof error?.status !== 'number') console.error(error);
    const {kind, said, hint, wait} = told(error);
    put(outcome, note('bad', said), kind === 'conflict' && meanwhile, hint && h('p.hint', hint));
    outcome.scrollIntoView({block: 'nearest'});
    if (kind === 'unknown') put(submit, 'Send again');
    if (kind === 'forbidden') submit.hidden = true;
    for (let left = wait; left > 0 && !own.signal.aborted; left -= 1) {
      put(submit, `Again in ${left} s`);
      await pause(1000, own.signal).catch(() => {});
    }
    if (wait) put(submit, act.button);
  };

  const finished = (/** @type {any} */ answer) => {
    const close = h('button.primary', {type: 'button', onclick: () => open.close()}, 'Close');
    put(/** @type {Element} */ (open.node.querySelector('.dialog-body')), h('div.stack', act.done(answer, own.signal)));
    put(/** @type {Element} */ (open.node.querySelector('.dialog-foot')), close);
    close.focus();
  };

  const open = dialog(act.title, [form], {foot: [...(act.more ?? []), cancel, submit], class: 'writing', onclose: () => own.abort()});
  const first = (act.focus ?? act.fields[0])?.input;
  (first ?? submit).focus();
  return {...open, signal: own.signal};
}

/** @param {import('../components/icons.js').IconName} shape @param {string} said */
export const note = (shape, said) => h('p.outcome-said', {dataset: {shape}}, icon(shape), h('span', said));
