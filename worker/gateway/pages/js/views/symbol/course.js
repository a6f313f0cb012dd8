/** The bars of a symbol with what was decided at each, as columns; new decisions go to their end. Pure. */

const MOST = 5000;
const COLUMNS = /** @type {const} */ (['sequence', 'ts', 'close_ts', 'open', 'high', 'low', 'close', 'volume', 'final', 'confidence', 'p_turb', 'mtf', 'qty', 'stop', 'target', 'equity', 'regime', 'action', 'blocking']);

/** @typedef {Record<typeof COLUMNS[number], any[]> & {markers: any[], gaps: {after_sequence: number, missing: number}[], interval: string, complete: boolean, strategy: any}} Course */

/**
 * Take the answer of `symbols/{s}/bars`; a column that is not there is all missing.
 * @param {any} answer @returns {Course}
 */
export function course(answer) {
  const length = answer.ts?.length ?? 0;
  const columns = Object.fromEntries(COLUMNS.map((name) => [name, [...(answer[name] ?? new Array(length).fill(undefined))]]));
  return {...columns, markers: [...(answer.markers ?? [])], gaps: [...(answer.gaps ?? [])], interval: answer.interval, complete: answer.complete !== false, strategy: answer.strategy ?? null};
}

/**
 * Add a new decision to the end.
 * @param {Course} to @param {any} decision @returns {boolean} false: it is not newer than the last bar
 */
export function grow(to, decision) {
  const last = to.ts.length - 1;
  if (!Number.isFinite(decision.ts) || (last >= 0 && decision.ts <= to.ts[last])) return false;
  const bar = decision.bar ?? {};
  const position = decision.position ?? {};
  const missing = decision.sequence - to.sequence[last] - 1;
  if (missing > 0) to.gaps.push({after_sequence: to.sequence[last], missing});
  const equity = last >= 0 && typeof to.equity[last] === 'number' ? to.equity[last] : null;
  const values = {
    sequence: decision.sequence, ts: decision.ts, close_ts: decision.close_ts, open: bar.open, high: bar.high, low: bar.low, close: bar.close, volume: bar.volume,
    final: decision.final, confidence: decision.confidence, p_turb: decision.p_turb, mtf: decision.mtf,
    qty: signedQuantity(position), stop: position.stop, target: position.target,
    equity: equity === null || to.result === undefined ? equity : equity + result(position) - to.result,
    regime: decision.regime, action: decision.action, blocking: decision.blocking,
  };
  to.result = result(position);
  for (const name of COLUMNS) to[name].push(values[name]);
  if (decision.action !== 'hold') {
    to.markers.push({ts: decision.ts, action: decision.action, side: decision.side, qty: decision.qty, price: decision.ref_price, decision_id: decision.decision_id, tag: decision.strategy?.tag ?? null, notes: decision.strategy?.notes ?? {}, reasons: decision.reasons, blocking: decision.blocking});
  }
  const over = to.ts.length - MOST;
  if (over > 0) {
    for (const name of COLUMNS) to[name].splice(0, over);
    while (to.markers.length && to.markers[0].ts < to.ts[0]) to.markers.shift();
  }
  return true;
}

/** @param {any} position */
const result = (position) => (position.realised ?? 0) + (position.unrealised ?? 0);
/** @param {any} position */
const signedQuantity = (position) => (typeof position.qty === 'number' ? (position.state === 'short' ? -position.qty : position.qty) : position.qty);

/** The bar with this sequence, or the last one. @param {Course} of @param {number|null} sequence */
export function place(of, sequence) {
  const at = sequence === null ? -1 : of.sequence.lastIndexOf(sequence);
  return at >= 0 ? at : of.ts.length - 1;
}

/** The next bar that way where something was done; the same bar where there is none. @param {Course} of @param {number} at @param {1|-1} way */
export function nextAction(of, at, way) {
  for (let next = at + way; next >= 0 && next < of.ts.length; next += way) if (of.action[next] !== 'hold') return next;
  return at;
}
