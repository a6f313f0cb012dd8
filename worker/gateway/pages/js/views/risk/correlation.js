/** Correlations of returns from bars, and the order in which a matrix shows them. Pure. */

/** @typedef {{ts: number[], close: (number|null)[]}} Closes */

/**
 * Simple returns on the times of all symbols together, newest `most`; 0 where a symbol has no bar, as the monitor counts.
 * @param {Closes[]} all @param {number} most @returns {number[][]} a row a symbol
 */
export function returns(all, most) {
  const times = [...new Set(all.flatMap((one) => one.ts))].sort((a, b) => a - b).slice(-(most + 1));
  return all.map(({ts, close}) => {
    const at = new Map(ts.map((one, n) => [one, close[n]]));
    let last = /** @type {number|null} */ (null);
    const row = [];
    times.forEach((time, n) => {
      const now = at.get(time);
      const known = typeof now === 'number' && Number.isFinite(now) && now > 0;
      if (n > 0) row.push(known && last !== null ? now / last - 1 : 0);
      if (known) last = /** @type {number} */ (now);
    });
    return row;
  });
}

/**
 * Correlations of rows about their means; null where a row does not move.
 * @param {number[][]} rows @returns {(number|null)[][]}
 */
export function correlations(rows) {
  const away = rows.map((row) => {
    const mean = row.reduce((sum, one) => sum + one, 0) / (row.length || 1);
    return row.map((one) => one - mean);
  });
  const size = away.map((row) => Math.sqrt(row.reduce((sum, one) => sum + one * one, 0)));
  return away.map((one, i) => away.map((other, j) => {
    if (!(size[i] > 0) || !(size[j] > 0)) return null;
    if (i === j) return 1;
    return Math.max(-1, Math.min(1, one.reduce((sum, part, at) => sum + part * other[at], 0) / (size[i] * size[j])));
  }));
}

/**
 * The largest positions, those of a cluster next to one another.
 * @param {any} portfolio @param {number} most @returns {{names: string[], groups: number[][]}} `groups`: places of clusters of two or more
 */
export function arranged(portfolio, most) {
  const largest = (portfolio.lines ?? []).map((/** @type {any} */ line) => ({symbol: String(line[0]), share: Math.abs(line[1] ?? 0)}))
    .sort((/** @type {any} */ a, /** @type {any} */ b) => b.share - a.share).slice(0, most).map((/** @type {any} */ one) => one.symbol);
  const names = /** @type {string[]} */ ([]);
  const groups = [];
  for (const cluster of portfolio.clusters ?? []) {
    const held = largest.filter((/** @type {string} */ one) => (cluster.symbols ?? []).includes(one) && !names.includes(one));
    if (held.length > 1) groups.push(held.map((_, /** @type {number} */ at) => names.length + at));
    names.push(...held);
  }
  names.push(...largest.filter((/** @type {string} */ one) => !names.includes(one)));
  return {names, groups};
}
