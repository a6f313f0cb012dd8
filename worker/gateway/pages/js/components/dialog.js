/** A modal dialog: the browser holds the focus inside and gives it back. */

import {h, unique} from '../core/dom.js';
import {icon} from './icons.js';

/**
 * Open a dialog; it leaves the document when it closes.
 * @param {string} title @param {(Node|string)[]} body @param {{foot?: Node[], class?: string, onclose?: () => void}} [options]
 */
export function dialog(title, body, {foot = [], class: look = '', onclose} = {}) {
  const id = unique('dialog');
  const node = /** @type {HTMLDialogElement} */ (h('dialog', {class: look, 'aria-labelledby': id},
    h('div.dialog-head', h('h2', {id}, title), h('button.icon', {type: 'button', 'aria-label': 'Close', onclick: () => node.close()}, icon('close'))),
    h('div.dialog-body', body), foot.length > 0 && h('div.dialog-foot', foot)));
  node.addEventListener('close', () => {
    node.remove();
    onclose?.();
  });
  node.addEventListener('click', (event) => event.target === node && node.close());
  document.body.append(node);
  node.showModal();
  return {node, close: () => node.close()};
}
