/** Change the parameters of the strategy that decisions use. No record brings code. */

import {h, put} from '../core/dom.js';
import {label, words} from '../core/format.js';
import {note, writeDialog} from './dialog.js';
import {field, reasonField} from './fields.js';
import {amiss, meant, same} from './parameters.js';
import {difference} from './record.js';
import {taking} from './taking.js';

/** @param {import('./limits.js').Who} ctx @param {any} strategy in force: id, version, digest, parameters @param {{onWritten?: (answer: any) => void}} [options] */
export function switchStrategyDialog(ctx, strategy, {onWritten} = {}) {
  const before = strategy.parameters ?? {};
  const preview = h('div');
  const fields = Object.entries(before).map(([name, value]) => ({name, like: value, made: typed(name, value, () => draw())}));
  const wanted = () => Object.fromEntries(fields.map(({name, like, made}) => [name, amiss(like, made.input.value.trim()) ? like : meant(like, made.value())]));
  const draw = () => put(preview, difference({parameters: before}, {parameters: wanted()}, {only: true}));
  const reason = reasonField('slower, since costs rose');
  draw();
  return writeDialog(ctx, {
    title: `Parameters of ${label(strategy.id, 64)}`, button: 'Switch', fields: [...fields.map(({made}) => made), reason],
    body: [h('div.parameters', fields.map(({made}) => made.node)), h('div.field', h('span.label', 'What changes'), preview), reason.node],
    check: () => (same(before, wanted()) ? 'These are the parameters in force: change one of them.' : ''),
    send: (write) => write('POST', 'strategies/switch', {body: {...(strategy.digest ? {digest: strategy.digest} : {}), parameters: wanted(), reason: reason.value()}}),
    written: onWritten,
    done: (_, signal) => [note('ok_disc', 'Written.'), difference({parameters: before}, {parameters: wanted()}, {only: true}), taking(ctx, async () => same((await ctx.api.get('strategies', {signal})).in_force?.parameters, wanted()), signal)],
  });
}

/** @param {string} name @param {any} value @param {() => void} changed */
function typed(name, value, changed) {
  if (typeof value === 'boolean') return field(words(name), h('select', {onchange: changed}, h('option', {value: 'yes', selected: value}, 'yes'), h('option', {value: 'no', selected: !value}, 'no')));
  const number = typeof value === 'number';
  return field(words(name), h('input', {type: number ? 'number' : 'text', step: 'any', inputmode: number ? 'decimal' : 'text', maxlength: 400, value: String(value), oninput: changed}), {check: (text) => amiss(value, text)});
}
