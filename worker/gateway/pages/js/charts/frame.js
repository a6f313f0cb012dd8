/** The frame of every chart: its title, its legend, and the switch between the drawing and a table of the same data. */

import {h, put} from '../core/dom.js';
import {failed} from '../components/states.js';
import {table} from '../components/table.js';
import {icon} from '../components/icons.js';

const MOST_ROWS = 500;

/**
 * @param {{name: string, heading?: boolean, height: string, columns: import('../components/table.js').Column<any>[], rows: () => any[], key: (row: any) => string|number}} options
 * `rows`: newest first, asked for only while the table shows; `heading`: show the name
 */
export function frame({name, heading = true, height, columns, rows, key}) {
  const canvas = h('div.canvas', {role: 'group', 'aria-roledescription': 'chart', 'aria-label': name, style: {height}});
  const legend = h('div.legend');
  const toggle = h('button.small', {type: 'button', 'aria-pressed': 'false', onclick: () => turn()}, icon('table'), 'Table');
  const view = h('div.chart-view', canvas);
  const node = h('figure.chart', h('div.chart-head', h('div.chart-words', heading && h('h3', name), legend), h('div.actions', toggle)), view);
  /** @type {ReturnType<typeof table>|null} */
  let list = null;
  const fill = () => {
    const all = rows();
    list?.update(all.slice(0, MOST_ROWS));
  };
  const turn = () => {
    const on = list === null;
    toggle.setAttribute('aria-pressed', String(on));
    list = on ? table({caption: `${name}, newest first`, columns, key, tall: height}) : null;
    put(view, list ? list.node : canvas);
    if (on) fill();
  };
  return {
    node, canvas, legend,
    /** The data has changed. */
    changed: () => list && fill(),
    /** Say in the drawing's place why there is none. @param {unknown} error */
    failed: (error) => {
      canvas.removeAttribute('aria-roledescription');
      put(canvas, failed(error));
    },
    /** @param {string} said for those who don't see the drawing */
    describe: (said) => canvas.setAttribute('aria-label', `${name}: ${said}`),
  };
}
