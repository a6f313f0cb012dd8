/** What an operator does about an alert: take it on, silence it, end a silence. */

import {h, put} from '../core/dom.js';
import {label, moment} from '../core/format.js';
import {icon} from '../components/icons.js';
import {note, writeDialog} from './dialog.js';
import {field, reasonField} from './fields.js';

const HOUR = 3_600_000;
const LENGTHS = [['1 hour', HOUR], ['4 hours', 4 * HOUR], ['12 hours', 12 * HOUR], ['1 day', 24 * HOUR], ['7 days', 168 * HOUR]];
const MOST = 20;

/** @param {import('./limits.js').Who} ctx @param {any} alert @param {() => void} written */
export function acknowledgeAlertDialog(ctx, alert, written) {
  const reason = reasonField('I look into it');
  return writeDialog(ctx, {
    title: 'Acknowledge the alert', button: 'Acknowledge', fields: [reason],
    body: [h('p.foreign', h('strong', label(alert.summary, 300))), h('p.hint', 'It is no longer repeated or passed on to the next receiver. Its end is still told.'), reason.node],
    send: (write) => write('POST', ['alerts', alert.fingerprint, 'acknowledge'], {body: {reason: reason.value()}}),
    written,
    done: () => [note('ok_disc', 'It is recorded. The alerts take it in with their next step; the list shows when.')],
  });
}

/** @param {import('./limits.js').Who} ctx @param {{label: string, value: string, negated?: boolean}[]} begin @param {() => void} written */
export function silenceDialog(ctx, begin, written) {
  const rows = h('div.matchers');
  const made = /** @type {{name: any, kind: any, value: any, node: HTMLElement}[]} */ ([]);
  const add = (/** @type {{label: string, value: string, negated?: boolean}} */ matcher, focus = false) => {
    if (made.length >= MOST) return;
    const name = h('input', {type: 'text', 'aria-label': 'Label', placeholder: 'label', maxlength: 100, value: matcher.label});
    const kind = h('select', {'aria-label': 'Is or is not'}, h('option', {value: ''}, 'is'), h('option', {value: 'not', selected: matcher.negated}, 'is not'));
    const value = h('input', {type: 'text', 'aria-label': 'Value', placeholder: 'value', maxlength: 400, value: matcher.value});
    const one = {name, kind, value, node: h('div.matcher', name, kind, value, h('button.icon', {type: 'button', 'aria-label': 'Take this condition away', onclick: () => drop()}, icon('close')))};
    const drop = () => {
      made.splice(made.indexOf(one), 1);
      one.node.remove();
      more.focus();
    };
    made.push(one);
    rows.append(one.node);
    if (focus) name.focus();
  };
  const more = h('button', {type: 'button', onclick: () => add({label: '', value: ''}, true)}, icon('plus'), 'Add a condition');
  for (const matcher of begin.length ? begin : [{label: 'rule', value: ''}]) add(matcher);
  const length = field('For', h('select', {}, LENGTHS.map(([name, ms], at) => h('option', {value: String(ms), selected: at === 1}, name))), {value: Number});
  const reason = reasonField('maintenance of the feed');
  const matchers = () => made.map(({name, kind, value}) => ({label: name.value.trim(), value: value.value.trim(), negated: kind.value === 'not'})).filter((one) => one.label);
  return writeDialog(ctx, {
    title: 'Silence alerts', button: 'Silence', fields: [length, reason],
    body: [h('div.field', h('span.label', 'Alerts of which all of this holds'), rows, h('div', more), h('p.hint', 'A label of the alert, or rule or severity. A * at the end of a value stands for anything. They are recorded and not told; what still fires at the end is told then.')), length.node, reason.node],
    check: () => (matchers().length ? '' : 'Name at least one condition: a silence of everything is none.'),
    send: (write) => write('POST', 'silences', {body: {matchers: matchers(), lasts_ms: length.value(), reason: reason.value()}}),
    written,
    done: () => [note('ok_disc', 'It is recorded. The alerts take it in with their next step; the list shows when.')],
  });
}

/** @param {import('./limits.js').Who} ctx @param {any} silence @param {() => void} written */
export function endSilenceDialog(ctx, silence, written) {
  const reason = reasonField('maintenance is over');
  const body = h('div');
  put(body, h('p', 'It would end by itself at ', moment(silence.ends_ms), '.'), h('p.foreign', label(silence.reason, 300)));
  return writeDialog(ctx, {
    title: 'End the silence', button: 'End it', fields: [reason], body: [body, reason.node],
    send: (write) => write('DELETE', ['silences', silence.id], {query: {reason: reason.value()}}),
    written,
    done: () => [note('ok_disc', 'It is recorded. Alerts that it silenced are told again from the next step on.')],
  });
}
