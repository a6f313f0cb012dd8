/** Counts by minute, gathered into few enough columns to be drawn; the rarest codes together. Pure. */

const COLUMNS = 60;
const CODES = 5;

/** @typedef {{ts: number[], names: string[], counts: number[][], rejected: number[], accepted: number[], width: number}} Buckets `counts`: a row a name */

/** @param {any} series as `rejections/summary` has it @param {number} [most] columns @returns {Buckets} */
export function buckets(series, most = COLUMNS) {
  const times = series.ts ?? [];
  const size = Math.max(1, Math.ceil(times.length / most));
  const gather = (/** @type {number[]} */ column) => {
    const sums = [];
    for (let at = 0; at < times.length; at += size) sums.push(column.slice(at, at + size).reduce((sum, one) => sum + (Number.isFinite(one) ? one : 0), 0));
    return sums;
  };
  const rejected = gather(series.rejected ?? []);
  const codes = Object.entries(series.by_code ?? {}).map(([name, column]) => ({name, column: gather(/** @type {number[]} */ (column))}));
  codes.sort((one, other) => total(other.column) - total(one.column));
  const shown = codes.slice(0, CODES);
  const rest = codes.slice(CODES);
  const rows = shown.map(({column}) => column);
  const names = shown.map(({name}) => name);
  if (rest.length) {
    names.push('others');
    rows.push(rejected.map((_, at) => rest.reduce((sum, {column}) => sum + column[at], 0)));
  }
  if (!names.length) {
    names.push('rejected');
    rows.push(rejected);
  }
  const step = times.length > 1 ? times[1] - times[0] : 60_000;
  return {ts: times.filter((/** @type {number} */ _, /** @type {number} */ at) => at % size === 0), names, counts: rows, rejected, accepted: gather(series.accepted ?? []), width: size * step};
}

/** @param {number[]} column */
const total = (column) => column.reduce((sum, one) => sum + one, 0);

/** Partitions whose share of rejections stands out: at least 20, and three times that of all. @param {{partition: number, rejected: number, accepted: number}[]} rows @returns {number[]} */
export function outstanding(rows) {
  const all = total(rows.map((row) => row.rejected)) / Math.max(1, total(rows.map((row) => row.rejected + row.accepted)));
  return rows.filter((row) => row.rejected >= 20 && row.rejected / Math.max(1, row.rejected + row.accepted) > 3 * all).map((row) => row.partition);
}
