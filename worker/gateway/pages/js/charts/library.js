/** The third-party scripts, loaded when the first chart needs them. */

import {h} from '../core/dom.js';
import {ApiError} from '../core/api.js';

const FOLDER = new URL('../../vendor/', import.meta.url);
const loaded = new Map();

/**
 * Load `lightweight-charts.mjs` or `uplot.mjs`.
 * @param {string} name @param {string} [sheet] a style sheet that it needs
 * @returns {Promise<any>} rejects with what to do where the installation lacks it
 */
export function library(name, sheet) {
  if (!loaded.has(name)) {
    if (sheet) document.head.append(h('link', {rel: 'stylesheet', href: new URL(sheet, FOLDER).pathname}));
    const loading = import(new URL(name, FOLDER).href).catch(() => {
      loaded.delete(name);
      throw new ApiError(0, {
        title: 'The chart can’t be drawn', detail: `${name} is not part of this installation; the table shows the same data`,
        fix: 'Whoever runs the gateway brings it with: python -m worker.gateway.scripts',
      });
    });
    loaded.set(name, loading);
  }
  return loaded.get(name);
}
