/** The raw record behind a rejection: text or hex, to be copied, never run. */

import {h, say} from '../../core/dom.js';
import {integer, label, moment, text, words} from '../../core/format.js';
import {choice} from '../../components/choice.js';
import {dialog} from '../../components/dialog.js';
import {empty, forbidden} from '../../components/states.js';
import {asHex, asText, bytes} from './sample.js';

/** @param {any} item as `rejections` has it @param {{session: import('../../core/session.js').Session, announce: (said: string) => void, meaning: (code: string) => string|undefined}} ctx */
export function rawDialog(item, ctx) {
  const found = item.rejection;
  const place = item.input;
  const facts = h('dl.facts.left',
    h('dt', 'Rejected for'), h('dd', (found?.codes ?? []).map((/** @type {string} */ code) => h('p', h('strong', words(code)), ctx.meaning(code) ? `: ${label(ctx.meaning(code), 200)}` : ''))),
    found?.detail && [h('dt', 'The decoder says'), h('dd.foreign', label(found.detail, 400))],
    h('dt', 'Key'), h('dd.foreign', item.key === null ? 'none' : label(item.key, 200)),
    h('dt', 'Lies in'), h('dd.foreign', place ? `${label(place.topic, 120)}, partition ${text(place.partition, integer)}, offset ${text(place.offset, integer)}` : `rejections, partition ${item.partition}, offset ${item.offset}`),
    h('dt', 'Written'), h('dd', moment(item.timestamp)));
  dialog('Raw record', [facts, sample(item, ctx)], {class: 'raw'});
}

/** @param {any} item @param {{session: import('../../core/session.js').Session, announce: (said: string) => void}} ctx */
function sample(item, ctx) {
  if (!ctx.session.can('operate')) return forbidden('operate', 'Payloads may hold what not everybody should read.');
  const payload = item.payload ?? item.raw;
  const raw = bytes(payload);
  if (!raw) return empty('There is no value', 'The record is a tombstone, or its value was not kept.');
  const view = h('pre.sample', {tabindex: 0, role: 'region', 'aria-label': 'Value'});
  const told = h('span.muted', {role: 'status'});
  let as = typeof payload.text === 'string' ? 'text' : 'hex';
  const content = () => (as === 'text' ? asText(raw) : asHex(raw));
  const draw = () => say(view, content());
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(as === 'text' ? new TextDecoder().decode(raw) : content());
      say(told, 'Copied');
    } catch {
      getSelection()?.selectAllChildren(view); // no clipboard on this origin: whoever asked presses the keys
      say(told, 'Selected: press Ctrl+C');
    }
  };
  const views = choice('Show as', [['text', 'Text'], ['hex', 'Hex']], as, (next) => {
    as = next;
    draw();
  });
  draw();
  const size = payload.size ?? raw.length;
  return h('div.stack', h('div.row.apart', h('div.row', views.node, h('button', {type: 'button', onclick: copy}, 'Copy'), told),
    h('span.muted', `${integer(size)} bytes${size > raw.length ? `, the first ${integer(raw.length)} of them` : ''}`)), view,
  payload.sha256 && h('p.small.muted', 'sha256 of the whole value ', h('code.foreign', label(payload.sha256, 64))));
}
