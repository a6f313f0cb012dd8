/** Switch the model that decisions use, use none, or use the configured one again. */

import {h} from '../../core/dom.js';
import {label} from '../../core/format.js';
import {note, writeDialog} from '../dialog.js';
import {followed} from '../effect.js';
import {reasonField} from '../fields.js';
import {decidedBy} from '../obeyed.js';

/** @param {any} model name, version, digest; without a name, or null, none */
export const inWords = (model) => (model?.name ? `${label(model.name, 64)} ${label(model.version, 40)}` : 'none: the rules decide');

/** @param {import('../limits.js').Who} ctx @param {any} before in force @param {any} after a row of the registry, or null for none @param {{onWritten?: (answer: any) => void}} [options] */
export function switchModelDialog(ctx, before, after, {onWritten} = {}) {
  const reason = reasonField('calibrated on the bars of March');
  const body = () => (after ? {name: after.name, version: after.version, ...(after.digest ? {digest: after.digest} : {}), reason: reason.value()} : {name: null, reason: reason.value()});
  return writeDialog(ctx, {
    title: after ? 'Switch the model' : 'Use no model', button: after ? 'Switch' : 'Use none', fields: [reason],
    body: [between(before, after), h('p.hint', 'It is used from the next bar on. A worker that lacks this file, or has another one of the same name, goes on by the rules and says so.'), reason.node],
    send: (write) => write('POST', 'models/switch', {body: body()}),
    written: onWritten,
    done: (answer, signal) => [note('ok_disc', `Written as version ${label(answer.version, 12)}: ${inWords(after)}.`), shown(ctx, after, signal)],
  });
}

/** @param {import('../limits.js').Who} ctx @param {any} before in force @param {any} configured @param {{onWritten?: (answer: any) => void}} [options] */
export function configuredModelDialog(ctx, before, configured, {onWritten} = {}) {
  const reason = reasonField('the trial is over');
  return writeDialog(ctx, {
    title: 'Use the configured model again', button: 'Use it', fields: [reason], body: [between(before, configured), reason.node],
    send: (write) => write('DELETE', 'models/switch', {query: {reason: reason.value()}}),
    written: onWritten,
    done: (_, signal) => [note('ok_disc', `The switch is withdrawn: ${inWords(configured)}.`), shown(ctx, configured, signal)],
  });
}

/** @param {any} before @param {any} after */
const between = (before, after) => h('dl.facts.left', h('dt', 'In force'), h('dd.foreign', inWords(before)),
  h('dt', 'Then'), h('dd.foreign', h('strong', inWords(after)), after?.digest && h('p.small.muted', 'digest ', h('code', label(after.digest, 64)))));

/** @param {import('../limits.js').Who} ctx @param {any} model @param {AbortSignal} signal */
const shown = (ctx, model, signal) => followed(ctx, async () => decidedBy((await ctx.api.get('models', {signal})).shown ?? [], model), signal);
