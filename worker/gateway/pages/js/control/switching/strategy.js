/** Change the parameters of the strategy that decisions use, or use the configured ones again. No record brings code. */

import {h, put} from '../../core/dom.js';
import {label, words} from '../../core/format.js';
import {note, writeDialog} from '../dialog.js';
import {field, reasonField} from '../fields.js';
import {difference} from '../record.js';
import {amiss, meant, same} from './parameters.js';

const FOLLOWS = 'Workers use it from their next bar on. Decisions name the strategy and its version, not its parameters: what changes shows in what they do.';

/** @param {import('../limits.js').Who} ctx @param {any} strategy in force: id, version, digest, parameters @param {any[]} described its parameters' fields, with range and meaning @param {{onWritten?: (answer: any) => void}} [options] */
export function switchStrategyDialog(ctx, strategy, described, {onWritten} = {}) {
  const before = strategy.parameters ?? {};
  const preview = h('div');
  const fields = Object.entries(before).map(([name, value]) => ({name, like: value, made: typed(name, value, described.find((one) => one.name === name), () => draw())}));
  const wanted = () => Object.fromEntries(fields.map(({name, like, made}) => [name, amiss(like, made.input.value.trim()) ? like : meant(like, made.value())]));
  const draw = () => put(preview, difference({parameters: before}, {parameters: wanted()}, {only: true}));
  const wait = field('Where indicators need older bars', h('select', h('option', {value: ''}, 'change nothing, and say so'), h('option', {value: 'wait'}, 'switch, and wait until they are warm')), {value: (chosen) => chosen === 'wait'});
  const reason = reasonField('slower, since costs rose');
  draw();
  return writeDialog(ctx, {
    title: `Parameters of ${label(strategy.id, 64)}`, button: 'Switch', fields: [...fields.map(({made}) => made), wait, reason],
    body: [h('div.parameters', fields.map(({made}) => made.node)), h('div.field', h('span.label', 'What changes'), preview), wait.node, reason.node],
    check: () => (same(before, wanted()) ? 'These are the parameters in force: change one of them.' : ''),
    send: (write) => write('POST', 'strategies/switch', {body: {...(strategy.digest ? {digest: strategy.digest} : {}), parameters: wanted(), wait: wait.value(), reason: reason.value()}}),
    written: onWritten,
    done: (answer) => [note('ok_disc', `Written as version ${label(answer.version, 12)}.`), difference({parameters: before}, {parameters: answer.strategy?.parameters ?? wanted()}, {only: true}), h('p.hint', FOLLOWS)],
  });
}

/** @param {import('../limits.js').Who} ctx @param {any} before in force @param {any} configured @param {{onWritten?: (answer: any) => void}} [options] */
export function configuredStrategyDialog(ctx, before, configured, {onWritten} = {}) {
  const reason = reasonField('the trial is over');
  const change = () => difference({strategy: before}, {strategy: configured}, {only: true});
  return writeDialog(ctx, {
    title: 'Use the configured strategy again', button: 'Use it', fields: [reason], body: [change(), reason.node],
    send: (write) => write('DELETE', 'strategies/switch', {query: {reason: reason.value()}}),
    written: onWritten,
    done: () => [note('ok_disc', 'The switch is withdrawn.'), change(), h('p.hint', FOLLOWS)],
  });
}

/** @param {string} name @param {any} value @param {any} described @param {() => void} changed */
function typed(name, value, described, changed) {
  const hint = [described?.meaning && label(described.meaning, 160), described?.range && label(described.range, 60)].filter(Boolean).join('; ');
  if (typeof value === 'boolean') return field(words(name), h('select', {onchange: changed}, h('option', {value: 'yes', selected: value}, 'yes'), h('option', {value: 'no', selected: !value}, 'no')), {hint});
  const number = typeof value === 'number';
  return field(words(name), h('input', {type: number ? 'number' : 'text', step: 'any', inputmode: number ? 'decimal' : 'text', maxlength: 400, value: String(value), oninput: changed}), {hint, check: (text) => amiss(value, text)});
}
