/** Which positions the value at risk comes from, and how few hold the exposure. */

import {h, put} from '../../core/dom.js';
import {fixed, fraction, label, percent, signed, text} from '../../core/format.js';
import {link} from '../../core/router.js';
import {foreign, level, meter, tag, value} from '../../components/marks.js';
import {panel} from '../../components/panel.js';
import {bars} from '../../charts/bars.js';
import {limit} from './figures.js';

const SHOWN = 20;

export function componentsPanel() {
  const box = panel('Where the value at risk comes from', {note: 'parts of the parametric figure'});
  const chart = bars({name: 'Parts of the value at risk', value: 'Part', format: percent(3), href: (row) => link('symbols', row.label), more: [{title: 'Share of the equity', numeric: true, cell: (row) => value(row.share, signed(percent(1)))}]});
  return {
    panel: box,
    /** @param {any} portfolio */
    update: (portfolio) => {
      const lines = (portfolio.lines ?? []).map((/** @type {any} */ line) => ({label: String(line[0]), share: line[1], value: line[2]}));
      if (!lines.length) return box.empty('No position is open', 'Nothing is at risk.');
      const sorted = lines.sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
      const rest = sorted.slice(SHOWN).reduce((sum, one) => sum + (one.value || 0), 0);
      chart.update(sorted.slice(0, SHOWN), sorted, sorted.length > SHOWN ? `${sorted.length - SHOWN} others: ${signed(percent(3))(rest)} together` : 'A part below zero makes the whole smaller: it hedges.');
      box.show(chart.node);
    },
  };
}

export function jointPanel() {
  const box = panel('Groups, clusters, concentration');
  const body = h('div.stack');
  return {
    panel: box,
    /** @param {any} portfolio @param {any} limits */
    update: (portfolio, limits) => {
      const {concentration: held = {}, unmodelled = []} = portfolio;
      put(body,
        joint('Groups', portfolio.groups ?? [], limit(limits, 'group'), 'No group is held: engine.instruments.<symbol>.group names one.'),
        joint('Clusters', portfolio.clusters ?? [], limit(limits, 'cluster'), 'No two symbols move so much together that they count as one.'),
        h('section', h('h3', 'Concentration'), h('dl.facts',
          h('dt', {title: 'the inverse of Σ(|N|/gross)²'}, 'Positions of equal size'), h('dd', value(held.positions, fixed(1))),
          h('dt', 'The five largest'), h('dd', (held.top ?? []).map((/** @type {string} */ one, /** @type {number} */ at) => [at > 0 && ', ', h('a.foreign', {href: link('symbols', one)}, label(one, 24))])),
          h('dt', {title: 'too few returns: their own volatility, fully correlated with the rest'}, 'Without a model'), h('dd', unmodelled.length ? unmodelled.slice(0, 8).map((/** @type {string} */ one) => [foreign(one, 24), ' ']) : 'none', unmodelled.length > 8 && `and ${unmodelled.length - 8} more`),
          h('dt', {title: 'test of the value at risk over 250 days; refused above 3.841'}, 'Days beyond the value at risk'), h('dd', `${text(portfolio.kupiec?.exceeded)} of ${text(portfolio.kupiec?.days)}`, portfolio.kupiec?.ratio > 3.841 && [' ', tag('too many', 'bad')]))));
      box.show(body);
    },
  };
}

/** @param {string} title @param {any[]} rows @param {number|null} of @param {string} none */
function joint(title, rows, of, none) {
  return h('section', h('h3', title, of !== null && h('span.muted', ` · limit ${fraction(of)}`)), rows.length === 0 ? h('p.muted', none) : h('ul.joints', rows.slice(0, 8).map((row) => {
    const share = of && typeof row.gross === 'number' ? row.gross / of : null;
    return h('li.joint', {title: label((row.symbols ?? []).join(', '), 300)},
      h('span.foreign', label(row.name, 40), h('span.muted', ` · ${(row.symbols ?? []).length} symbols`)), h('span', value(row.gross, percent(1)), ' ', share > 1 ? level('bad', 'over') : share >= 0.8 ? level('warn', 'close') : ''),
      meter(share, `${title} ${label(row.name, 40)} by the limit`));
  })));
}
