/** A choice of one of a few, as buttons in a row. */

import {h} from '../core/dom.js';

/**
 * @param {string} name @param {[string, string][]} options value and word @param {string} chosen @param {(value: string) => void} act
 */
export function choice(name, options, chosen, act) {
  const buttons = options.map(([value, word]) => h('button', {type: 'button', onclick: () => choose(value)}, word));
  const choose = (/** @type {string} */ value, quiet = false) => {
    options.forEach(([one], at) => buttons[at].setAttribute('aria-pressed', String(one === value)));
    if (!quiet) act(value);
  };
  choose(chosen, true);
  return {node: h('div.choice', {role: 'group', 'aria-label': name}, buttons), choose};
}
