/** Small drawings, 16 by 16, in the colour of the text around them. */

import {svg} from '../core/dom.js';

const PATHS = {
  up: ['M8 3 14 13H2Z', true],
  down: ['M8 13 2 3h12Z', true],
  up_open: ['M8 4 13 12.5H3Z', false],
  down_open: ['M8 12 3 3.5h10Z', false],
  square: ['M3.5 3.5h9v9h-9Z', false],
  dash: ['M3 8h10', false],
  turn_sides: ['M5 13V3M5 3 2.5 5.5M5 3l2.5 2.5M11 3v10m0 0 2.5-2.5M11 13l-2.5-2.5', false],
  minus: ['M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M5 8h6', false],
  plus: ['M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M5 8h6M8 5v6', false],
  ok: ['M2.5 8.5 6.2 12.2 13.5 4.5', false],
  ok_disc: ['M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M5 8.2l2.1 2.1L11 6', false],
  warn: ['M8 2 14.6 13.6H1.4ZM8 6.4v3.4M8 11.6v.4', false],
  bad: ['M5.3 1.8h5.4l3.5 3.5v5.4l-3.5 3.5H5.3l-3.5-3.5V5.3ZM8 4.8v3.8M8 10.9v.4', false],
  circle: ['M8 3.2a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 0 0 0-9.6', false],
  disc: ['M8 4.4a3.6 3.6 0 1 0 0 7.2 3.6 3.6 0 0 0 0-7.2', true],
  half: ['M8 3.2a4.8 4.8 0 1 0 0 9.6ZM8 3.2a4.8 4.8 0 0 1 0 9.6', false],
  turning: ['M13.5 8A5.5 5.5 0 1 1 8 2.5', false],
  search: ['M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.4 10.4 14 14', false],
  sun: ['M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3.1 3.1l1.1 1.1M11.8 11.8l1.1 1.1M12.9 3.1l-1.1 1.1M4.2 11.8l-1.1 1.1', false],
  moon: ['M13.5 9.8A6 6 0 0 1 6.2 2.5a6 6 0 1 0 7.3 7.3Z', false],
  screen: ['M2 3h12v8H2ZM6 14h4', false],
  lock: ['M4 7.5h8V14H4ZM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5', false],
  left: ['M10 3 5 8l5 5', false],
  right: ['M6 3l5 5-5 5', false],
  close: ['M3.5 3.5l9 9M12.5 3.5l-9 9', false],
  pause: ['M5 3v10M11 3v10', false],
  empty: ['M2.5 5.5h11v7h-11ZM2.5 5.5 4.5 3h7l2 2.5', false],
  table: ['M2 3h12v10H2ZM2 6.5h12M6 6.5V13', false],
  chart: ['M2 13.5h12M3 11l3.2-4 2.6 2.4L13 4', false],
  block: ['M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M3.7 3.7l8.6 8.6', false],
};

/** @typedef {keyof typeof PATHS} IconName */

/** @param {IconName} name @returns {SVGElement} */
export function icon(name) {
  const [path, filled] = PATHS[name];
  const look = filled ? {fill: 'currentColor', stroke: 'none'} : {fill: 'none', stroke: 'currentColor'};
  return svg('svg', {viewBox: '0 0 16 16', 'aria-hidden': 'true', focusable: 'false', width: 16, height: 16},
    svg('path', {d: path, ...look, 'stroke-width': 1.6, 'stroke-linecap': 'round', 'stroke-linejoin': 'round'}));
}
