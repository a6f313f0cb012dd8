/** An acknowledgement: somebody has looked. The monitor of risk reads it with its next step. */

import {h} from '../core/dom.js';
import {note, writeDialog} from './dialog.js';
import {reasonField} from './fields.js';

const SUBJECTS = {
  kill: ['Acknowledge the kill', 'The kill of the monitor ends with the next UTC day and this word. After a stop by drawdown the peak begins anew.', 'positions checked'],
  unreadable: ['Acknowledge unreadable decisions', 'While decisions that can’t be read are not acknowledged, nothing is opened. Say what they were.', 'written by a test, not by a worker'],
};

/** @param {import('./limits.js').Who} ctx @param {'kill'|'unreadable'} subject @param {{onWritten?: (answer: any) => void}} [options] */
export function acknowledgeDialog(ctx, subject, {onWritten} = {}) {
  const [title, text, example] = SUBJECTS[subject];
  const reason = reasonField(example);
  return writeDialog(ctx, {
    title, button: 'Acknowledge', fields: [reason], body: [h('p', text), reason.node],
    send: (write) => write('POST', 'acknowledgements', {body: {subject, reason: reason.value()}}),
    written: onWritten,
    done: () => [note('ok_disc', 'It is recorded. The monitor takes it in with its next step; this page shows what follows from it.')],
  });
}
