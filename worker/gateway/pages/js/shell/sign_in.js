/** The form that trades a token for a session. */

import {h, put} from '../core/dom.js';
import {capital, label} from '../core/format.js';
import {signIn} from '../core/session.js';

/** @param {(session: import('../core/session.js').Session) => void} entered @param {string} [why] the form comes unasked */
export function signInForm(entered, why = '') {
  const input = h('input', {type: 'password', id: 'token', autocomplete: 'current-password', required: true, 'aria-describedby': 'token-wrong', spellcheck: 'false'});
  const wrong = h('p.wrong', {id: 'token-wrong', role: 'alert'});
  const button = h('button.primary', {type: 'submit'}, 'Sign in');
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    button.disabled = true;
    put(wrong);
    try {
      const session = await signIn(input.value);
      input.value = '';
      entered(session);
    } catch (error) {
      put(wrong, error.status === 401 ? 'This token is not known, or it has expired.' : capital(label(error.message, 300)));
      input.setAttribute('aria-invalid', 'true');
      input.focus();
    } finally {
      button.disabled = false;
    }
  };
  queueMicrotask(() => input.focus());
  return h('form.sign-in.panel', {onsubmit: submit},
    h('div.panel-head', h('h1', 'AlphaPulse')),
    h('div.panel-body.stack',
      why && h('p.ended', {role: 'alert'}, why),
      h('div.field', h('label', {for: 'token'}, 'Token'), input, h('p.hint', 'Whoever runs the gateway gives you one. It is kept as a cookie that scripts can’t read.'), wrong),
      h('div', button)));
}
