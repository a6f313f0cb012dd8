/** One act in full. */

import {h} from '../../core/dom.js';
import {label, moment, text, words} from '../../core/format.js';
import {dialog} from '../../components/dialog.js';
import {newer} from '../../components/newer.js';
import {difference, named} from '../../control/record.js';

/** Roles of acts as a person says them. @param {string} role */
export const by = (role) => (role === 'cli' ? 'by a command' : `role ${label(role, 20)}`);

/** @param {any} item as `audit` has it */
export function actDialog(item) {
  const {act} = item;
  dialog(`${words(act.action)}: ${named(String(act.subject ?? ''))}`, [
    h('dl.facts.left',
      h('dt', 'Who'), h('dd.foreign', label(act.who, 200), ` (${by(act.role ?? 'cli')})`),
      h('dt', 'When'), h('dd', moment(act.ts)),
      h('dt', 'Reason'), h('dd.foreign', act.reason ? label(act.reason, 1000) : h('span.absent', 'none was given')),
      act.request_id && [h('dt', 'Request'), h('dd', h('code.foreign', label(act.request_id, 200)))],
      act.idempotency?.key && [h('dt', 'Idempotency key'), h('dd', h('code.foreign', label(act.idempotency.key, 200)))],
      h('dt', 'Act'), h('dd', h('code.foreign', label(act.id, 64))),
      h('dt', 'Lies in'), h('dd', `audit, partition ${text(item.partition)}, offset ${text(item.offset)}`)),
    newer(act),
    act.action === 'acknowledge' ? '' : h('div.stack', h('h3', 'Before and after'), act.before === undefined && act.after === undefined ? h('p.muted', 'The record tells neither.') : difference(act.before ?? null, act.after ?? null),
      h('p.small.muted', `version ${text(act.before?.version ?? null)} → ${act.after ? text(act.after.version) : 'removed'}`)),
  ], {class: 'writing'});
}
