/** The keys that act, and the switch that turns single letters off. */

import {h} from '../core/dom.js';
import {all, enable, enabled} from '../core/keys.js';
import {dialog} from '../components/dialog.js';

export function help() {
  const box = h('input', {type: 'checkbox', id: 'keys-on', checked: enabled(), onchange: () => enable(box.checked)});
  dialog('Keys', [
    h('dl.keys', all().map(({keys, what}) => [h('dt', keys.split(' ').map((key) => [h('kbd', NAMES[key] ?? key), ' '])), h('dd', what)]),
      h('dt', h('kbd', '↑'), ' ', h('kbd', '↓')), h('dd', 'In a table: the row above, the row below')),
    h('p', box, ' ', h('label', {for: 'keys-on'}, 'Single letters act')),
  ]);
}

const NAMES = {ArrowLeft: '←', ArrowRight: '→', Escape: 'Esc'};
