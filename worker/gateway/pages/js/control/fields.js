/** Fields of the dialogs that write: each with its name, a hint, and what is wrong with it. */

import {h, say, unique} from '../core/dom.js';

/**
 * @typedef {object} Field
 * @property {HTMLElement} node @property {any} input
 * @property {() => boolean} valid says what is wrong, and whether nothing is
 * @property {() => any} value
 */

/**
 * @param {string} name @param {HTMLElement} input
 * @param {{hint?: string, check?: (text: string) => string, value?: (text: string) => any, after?: Node}} [options] `check` returns what is wrong, or ''
 * @returns {Field}
 */
export function field(name, input, {hint = '', check = () => '', value = (text) => text, after} = {}) {
  const id = unique('field');
  const wrong = h('p.wrong', {id: `${id}-wrong`});
  const note = h('p.hint', {id: `${id}-hint`}, hint);
  input.id = id;
  input.setAttribute('aria-describedby', `${id}-hint ${id}-wrong`);
  const valid = () => {
    const found = check(input.value.trim());
    say(wrong, found);
    if (found) input.setAttribute('aria-invalid', 'true');
    else input.removeAttribute('aria-invalid');
    return !found;
  };
  input.addEventListener('input', () => wrong.textContent && valid());
  return {node: h('div.field', h('label', {for: id}, name), input, hint && note, wrong, after), input, valid, value: () => value(input.value.trim())};
}

/** Why somebody does this: it stands in the audit topic for ever. @param {string} [example] */
export function reasonField(example = 'what you saw, or who asked for it') {
  return field('Reason', h('textarea', {rows: 2, maxlength: 1000, required: true, placeholder: example, autocomplete: 'off'}), {
    hint: 'Kept with your name in the audit record.',
    check: (text) => (text ? '' : 'Give a reason: whoever is on call next reads it.'),
  });
}

/** Check all fields; the first wrong one gets the focus. @param {Field[]} fields */
export function allValid(fields) {
  const wrong = fields.filter((one) => !one.valid());
  wrong[0]?.input.focus();
  return wrong.length === 0;
}
