/** Find a symbol or a page by a few letters: a combobox over a list, as ARIA describes it. */

import {get} from '../core/api.js';
import {h, put, say} from '../core/dom.js';
import {label, price, text} from '../core/format.js';
import {link} from '../core/router.js';
import {dialog} from '../components/dialog.js';
import {side} from '../components/marks.js';

const WAIT_MS = 120;
const MOST = 12;

/** @param {import('../core/router.js').Route[]} routes */
export function finder(routes) {
  const own = new AbortController();
  const list = h('div.found', {role: 'listbox', id: 'found', 'aria-label': 'Symbols and pages'});
  const note = h('p.found-note', {role: 'status'});
  const input = h('input', {
    type: 'text', role: 'combobox', 'aria-expanded': 'true', 'aria-controls': 'found', 'aria-autocomplete': 'list',
    'aria-label': 'Find a symbol or a page', placeholder: 'Symbol or page', autocomplete: 'off', spellcheck: 'false', maxlength: 200,
    oninput: () => later(), onkeydown: (event) => key(event),
  });
  let hits = /** @type {HTMLElement[]} */ ([]);
  let chosen = 0;
  let asked = 0;
  let timer = 0;

  const box = dialog('Find', [], {class: 'finding', onclose: () => own.abort()});
  put(box.node, input, list, note);

  const leave = (/** @type {string} */ hash) => {
    box.close();
    location.hash = hash;
  };
  const option = (/** @type {string} */ hash, ...inside) =>
    h('div', {role: 'option', id: `found-${hash}`, 'aria-selected': 'false', onclick: () => leave(hash), dataset: {hash}}, inside);
  const choose = (/** @type {number} */ next) => {
    hits[chosen]?.setAttribute('aria-selected', 'false');
    chosen = hits.length ? (next + hits.length) % hits.length : 0;
    const hit = hits[chosen];
    hit?.setAttribute('aria-selected', 'true');
    hit?.scrollIntoView({block: 'nearest'});
    if (hit) input.setAttribute('aria-activedescendant', hit.id);
    else input.removeAttribute('aria-activedescendant');
  };
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'ArrowDown') choose(chosen + 1);
    else if (event.key === 'ArrowUp') choose(chosen - 1);
    else if (event.key === 'Enter' && hits[chosen]) leave(hits[chosen].dataset.hash ?? '#/');
    else return;
    event.preventDefault();
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(search, WAIT_MS);
  };
  const search = async () => {
    const number = asked += 1;
    const wanted = input.value.trim();
    const pages = routes.filter((route) => route.nav && wanted && route.title.toLowerCase().includes(wanted.toLowerCase()));
    let symbols = /** @type {any[]} */ ([]);
    let said = '';
    try {
      const answer = await get('symbols', {query: {q: wanted, limit: MOST}, signal: own.signal});
      symbols = answer.items;
      if (answer.total > symbols.length) said = `${answer.total} symbols match; type more letters.`;
      else if (!symbols.length) said = wanted ? `No symbol contains “${label(wanted, 40)}”.` : 'No symbol has a decision yet.';
    } catch (error) {
      if (own.signal.aborted) return;
      said = `Symbols can't be searched: ${label(error.message, 120)}`;
    }
    if (number !== asked || own.signal.aborted) return;
    hits = [
      ...symbols.map((one) => option(link('symbols', one.symbol), h('b.foreign', label(one.symbol, 40)), one.state && one.state !== 'flat' && side(one.state), h('span.end', text(one.close, price)))),
      ...pages.map((route) => option(`#${route.path}`, route.title, h('span.end', 'page'))),
    ];
    put(list, hits);
    say(note, said);
    chosen = 0;
    choose(0);
  };
  input.focus();
  search();
}
