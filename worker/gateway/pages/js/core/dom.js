/** Elements from code. Text becomes text nodes only, so nothing that arrives from a topic is ever parsed. */

const SVG = 'http://www.w3.org/2000/svg';
const SAFE_LINK = /^(#|\.{0,2}\/|assets\/|api\/|https:\/\/)/;

/** @typedef {Node|string|number|null|undefined|false} Child */
/** @typedef {Record<string, unknown>} Props */

/**
 * Build an element: `h('td.numeric', {title: 'x', onclick: f}, 'text', node)`.
 * @param {string} tag name and classes
 * @param {Props|Child|Child[]} [props] attributes; `on…` are listeners, `style` sets properties, `dataset` data attributes
 * @param {...(Child|Child[])} children
 * @returns {HTMLElement}
 */
export function h(tag, props, ...children) {
  const [name, ...classes] = tag.split('.');
  const node = document.createElement(name);
  return fill(node, classes, props, children);
}

/**
 * Build an SVG element, as `h` does.
 * @param {string} tag @param {Props|Child} [props] @param {...Child} children
 * @returns {SVGElement}
 */
export function svg(tag, props, ...children) {
  const [name, ...classes] = tag.split('.');
  return fill(document.createElementNS(SVG, name), classes, props, children);
}

/** @template {Element} T @param {T} node @param {string[]} classes @param {any} props @param {any[]} children @returns {T} */
function fill(node, classes, props, children) {
  if (classes.length) node.setAttribute('class', classes.join(' '));
  if (isProps(props)) set(node, props);
  else children.unshift(props);
  append(node, children);
  return node;
}

/** @param {unknown} value @returns {value is Props} */
function isProps(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Node);
}

/** Set attributes, properties of style and listeners. @param {Element} node @param {Props} props */
export function set(node, props) {
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (name === 'style') for (const [key, part] of Object.entries(value)) node.style.setProperty(key, String(part));
    else if (name === 'dataset') Object.assign(node.dataset, value);
    else if (name === 'class') node.classList.add(...String(value).split(' ').filter(Boolean));
    else if (name === 'value') node.value = value;
    else if (value === null || value === undefined || value === false) node.removeAttribute(name);
    else if (name === 'href' && !SAFE_LINK.test(String(value))) throw new TypeError(`no link leads to ${value}`);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
}

/** @param {Element} node @param {any[]} children */
function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
}

/** Replace what a node holds. @param {Element} node @param {...(Child|Child[])} children */
export function put(node, ...children) {
  node.replaceChildren();
  append(node, children);
}

/** Set a node's text where it differs, so that readers of the screen hear changes only. @param {Node} node @param {unknown} text */
export function say(node, text) {
  const value = String(text);
  if (node.textContent !== value) node.textContent = value;
}

let last = 0;
/** Return an id that no other element has. @param {string} [stem] */
export function unique(stem = 'n') {
  last += 1;
  return `${stem}-${last}`;
}
