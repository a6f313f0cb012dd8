/** The limits of one symbol or of all: block, scale, cap, lift; against the version that was read. */

import {h, put} from '../core/dom.js';
import {label} from '../core/format.js';
import {choice} from '../components/choice.js';
import {loading, failed} from '../components/states.js';
import {dialog} from '../components/dialog.js';
import {writeDialog, note} from './dialog.js';
import {effect} from './effect.js';
import {field, reasonField} from './fields.js';
import {changes, rebased, touched} from './difference.js';
import {difference, named, origin} from './record.js';
import {unknownNote} from './spelling.js';

/** @typedef {Pick<import('../app.js').Context, 'api'|'announce'|'session'|'now'>} Who */
/** @typedef {{start?: {allow_open?: boolean, risk_mult?: number, max_notional?: number}, onWritten?: (answer: any) => void}} Options */

const REMOVED = 0; // the version of a key without a record

/** The newest record of a key, or null where there is none: from the list, since to ask for one that is not there is an error. @param {Who} ctx @param {string} key */
export const read = async (ctx, key) => (await ctx.api.get('limits')).items.find((/** @type {any} */ one) => one.key === key) ?? null;

/** What a write must match. @param {any} record @returns {Record<string, string>} */
export const matching = (record) => (record ? {'If-Match': `"${record.version}"`} : {'If-None-Match': '*'});

/** Read a key's record, then open a dialog on it. @param {Who} ctx @param {string} title @param {string} key @param {(record: any) => void} act */
async function withRecord(ctx, title, key, act) {
  const wait = dialog(title, [loading('Reading what is in force')]);
  try {
    const record = await read(ctx, key);
    if (!wait.node.open) return;
    wait.close();
    act(record);
  } catch (error) {
    put(/** @type {Element} */ (wait.node.querySelector('.dialog-body')), failed(error));
  }
}

/**
 * Change the limits of `key`: a symbol, or `*` for all.
 * @param {Who} ctx @param {string} key @param {Options} [options] `start`: what is entered to begin with
 */
export function limitsDialog(ctx, key, {start = {}, onWritten} = {}) {
  const title = `Limits of ${named(key)}`;
  return withRecord(ctx, title, key, (record) => open(ctx, key, title, record, start, onWritten));
}

/** @param {Who} ctx @param {string} key @param {string} title @param {any} found @param {NonNullable<Options['start']>} start @param {Options['onWritten']} onWritten */
function open(ctx, key, title, found, start, onWritten) {
  let record = found;
  const now = record?.control ?? {};
  let opens = start.allow_open ?? now.allow_open ?? true;
  const preview = h('div');
  const draw = () => put(preview, difference(record?.control ?? null, wanted()));
  const allowed = choice('New positions', [['yes', 'Allowed'], ['no', 'Blocked']], opens ? 'yes' : 'no', (next) => {
    opens = next === 'yes';
    draw();
  });
  const size = field('Size of new positions', h('input', {type: 'number', min: 0, max: 100, step: 'any', inputmode: 'decimal', value: String(round((start.risk_mult ?? now.risk_mult ?? 1) * 100)), oninput: () => draw()}), {
    hint: 'In percent of normal: 100 changes nothing, 0 opens nothing.',
    check: (text) => (text !== '' && Number(text) >= 0 && Number(text) <= 100 ? '' : 'Enter a number from 0 to 100.'),
    value: (text) => round(Number(text) / 100),
  });
  const cap = field('Largest value of a position', h('input', {type: 'number', min: 0, step: 'any', inputmode: 'decimal', value: start.max_notional ?? now.max_notional ?? '', placeholder: 'no cap', oninput: () => draw()}), {
    hint: `In the currency of the quote. Empty: no cap.${key === '*' ? ' For each symbol.' : ''}`,
    check: (text) => (text === '' || (Number(text) >= 0 && Number.isFinite(Number(text))) ? '' : 'Enter an amount, or leave it empty.'),
    value: (text) => (text === '' ? null : Number(text)),
  });
  const reason = reasonField('earnings tonight; asked for by the desk');
  const wanted = () => ({...record?.control, allow_open: opens, risk_mult: size.value(), max_notional: cap.value()});
  const about = h('div');
  const origins = () => put(about, record ? origin(record, ctx.now()) : h('p', 'No record limits it now.'));
  const lift = record && h('button', {type: 'button', onclick: () => { frame.close(); liftDialog(ctx, key, {onWritten}); }}, 'Lift …');
  const spelling = h('div');
  unknownNote(ctx, key).then((said) => put(spelling, said));
  origins();
  draw();
  const frame = writeDialog(ctx, {
    title, button: 'Write these limits', fields: [size, cap, reason], focus: start.allow_open === false ? reason : undefined, more: lift ? [h('span.foot-apart', lift)] : [],
    body: [about, spelling, record?.by === 'monitor' && h('p.hint', 'Your record keeps the stricter values of the monitor too. They hold until you lift yours, also when the monitor’s own cause is gone.'), h('div.field', h('span.label', 'New positions'), allowed.node), size.node, cap.node, h('div.field', h('span.label', 'What changes'), preview), reason.node],
    check: () => (Object.keys(touched(record?.control, wanted())).length ? '' : 'These are the limits in force: change one of them.'),
    send: (write) => write('PUT', ['limits', key], {body: {...touched(record?.control, wanted()), reason: reason.value()}, headers: matching(record)}),
    conflict: async () => {
      const before = record;
      record = await read(ctx, key);
      const next = rebased(before?.control, record?.control, {allow_open: opens, risk_mult: size.value(), max_notional: cap.value()});
      allowed.choose(next.allow_open ? 'yes' : 'no');
      size.input.value = String(round(next.risk_mult * 100));
      cap.input.value = next.max_notional ?? '';
      origins();
      draw();
      return meanwhile(ctx, before, record);
    },
    written: onWritten,
    done: (answer, signal) => [note('ok_disc', `Written as version ${label(answer.version, 12)} of ${named(key)}.`), difference(record?.control ?? null, answer.control, {only: true}), effect(ctx, key, answer.version, signal)],
  });
  return frame;
}

/**
 * Lift all limits of `key`.
 * @param {Who} ctx @param {string} key @param {Pick<Options, 'onWritten'>} [options]
 */
export function liftDialog(ctx, key, {onWritten} = {}) {
  const title = `Lift the limits of ${named(key)}`;
  return withRecord(ctx, title, key, (found) => {
    let record = found;
    if (!record) return void dialog(title, [h('p', 'No record limits it: there is nothing to lift.')]);
    const reason = reasonField('the cause is gone');
    const about = h('div', origin(record, ctx.now()), difference(record.control, null, {only: true}));
    writeDialog(ctx, {
      title, button: 'Lift', fields: [reason],
      body: [about, h('p.hint', 'The monitor of risk keeps its own limits: where it wants some, it writes them again with its next step.'), reason.node],
      send: (write) => write('DELETE', ['limits', key], {query: {reason: reason.value()}, headers: matching(record)}),
      conflict: async () => {
        const before = record;
        record = await read(ctx, key);
        put(about, record ? origin(record, ctx.now()) : 'It has been lifted meanwhile.');
        return meanwhile(ctx, before, record);
      },
      written: onWritten,
      done: (answer, signal) => [note('ok_disc', `The limits of ${named(key)} are lifted.`), effect(ctx, key, answer.version ?? REMOVED, signal, record.version)],
    });
  });
}

/** What somebody else changed since the dialog was opened; null where it was only repeated. @param {Who} ctx @param {any} before @param {any} after */
export function meanwhile(ctx, before, after) {
  if (Boolean(before) === Boolean(after) && !changes(before?.control, after?.control).some((row) => row.changed)) return null;
  return h('div.meanwhile', after ? origin(after, ctx.now()) : h('p', 'The record was removed.'),
    difference(before?.control ?? null, after?.control ?? null, {only: true}), h('p.hint', 'What you had changed is kept, all else follows this version. Look at it again, then write.'));
}

/** @param {number} value */
const round = (value) => Math.round(value * 1e6) / 1e6;
