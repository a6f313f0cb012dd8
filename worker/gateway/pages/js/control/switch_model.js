/** Switch the model that decisions use, or use none. */

import {h} from '../core/dom.js';
import {label} from '../core/format.js';
import {note, writeDialog} from './dialog.js';
import {reasonField} from './fields.js';
import {taking} from './taking.js';

/** @param {any} model name, version, digest; or null for none */
export const inWords = (model) => (model?.name ? `${label(model.name, 64)} ${label(model.version, 40)}` : 'none: the rules decide');

/** @param {import('./limits.js').Who} ctx @param {any} before in force @param {any} after a row of the registry, or null for none @param {{onWritten?: (answer: any) => void}} [options] */
export function switchModelDialog(ctx, before, after, {onWritten} = {}) {
  const reason = reasonField('calibrated on the bars of March');
  const same = (/** @type {any} */ one) => (one?.name ?? null) === (after?.name ?? null) && (!after || one.digest === after.digest);
  return writeDialog(ctx, {
    title: after ? 'Switch the model' : 'Use no model', button: after ? 'Switch' : 'Use none', fields: [reason],
    body: [h('dl.facts.left', h('dt', 'In force'), h('dd.foreign', inWords(before)), h('dt', 'Then'), h('dd.foreign', h('strong', inWords(after)), after && h('p.small.muted', 'digest ', h('code', label(after.digest, 64))))),
      h('p.hint', 'It is used from the next bar on. A worker that lacks this file, or has another one of the same name, goes on by the rules and says so.'), reason.node],
    send: (write) => write('POST', 'models/switch', {body: after ? {name: after.name, version: after.version, digest: after.digest, reason: reason.value()} : {name: null, version: '', reason: reason.value()}}),
    written: onWritten,
    done: (_, signal) => [note('ok_disc', `Written: ${inWords(after)}.`), taking(ctx, async () => same((await ctx.api.get('models', {signal})).in_force), signal)],
  });
}
