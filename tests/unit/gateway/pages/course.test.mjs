import assert from 'node:assert/strict';
import test from 'node:test';
import {course, grow, nextAction, place} from '../../../../worker/gateway/pages/js/views/symbol/course.js';

const answer = (length) => ({
  symbol: 'S', interval: 60_000, complete: true, gaps: [], markers: [],
  ts: Array.from({length}, (_, at) => at * 60_000), close_ts: Array.from({length}, (_, at) => (at + 1) * 60_000),
  sequence: Array.from({length}, (_, at) => at + 1), close: new Array(length).fill(10), equity: new Array(length).fill(5), action: Array.from({length}, (_, at) => (at === 1 ? 'open_long' : 'hold')),
});
const decision = (sequence, more = {}) => ({
  ts: (sequence - 1) * 60_000, close_ts: sequence * 60_000, sequence, action: 'hold', bar: {open: 1, high: 2, low: 1, close: 2, volume: 3},
  position: {state: 'short', qty: 4, stop: null, target: null, realised: 1, unrealised: 2}, reasons: [], ...more,
});

test('a new decision goes to the end of every column', () => {
  const bars = course(answer(3));
  bars.result = 0;
  assert.equal(grow(bars, decision(4)), true);
  assert.deepEqual([bars.close.at(-1), bars.qty.at(-1), bars.equity.at(-1), bars.stop.at(-1)], [2, -4, 8, null]);
  assert.ok(['open', 'final', 'regime', 'blocking'].every((name) => bars[name].length === 4), 'columns that the answer lacks are missing, not shorter');
  assert.deepEqual(bars.gaps, []);
});

test('an old or repeated decision changes nothing, a jump of the sequence is a gap, a trade a marker', () => {
  const bars = course(answer(3));
  assert.equal(grow(bars, decision(3)), false);
  assert.equal(grow(bars, decision(7, {action: 'close', ref_price: 2})), true);
  assert.deepEqual(bars.gaps, [{after_sequence: 3, missing: 3}]);
  assert.deepEqual(bars.markers.map(({action, price}) => [action, price]), [['close', 2]]);
});

test('a record with missing parts is kept as it is', () => {
  const bars = course(answer(1));
  assert.equal(grow(bars, {ts: 120_000, sequence: 3, action: 'teleport'}), true);
  assert.deepEqual([bars.close.at(-1), bars.action.at(-1)], [undefined, 'teleport']);
  assert.equal(grow(bars, {}), false);
});

test('at most 5,000 bars are kept', () => {
  const bars = course(answer(5000));
  bars.markers.push({ts: 0, action: 'close'});
  grow(bars, decision(5001));
  assert.deepEqual([bars.ts.length, bars.close.length, bars.sequence[0], bars.markers.length], [5000, 5000, 2, 0]);
});

test('steps go to a bar by its sequence, or to the next trade', () => {
  const bars = course(answer(4));
  assert.deepEqual([place(bars, 2), place(bars, null), place(bars, 99)], [1, 3, 3]);
  assert.deepEqual([nextAction(bars, 3, -1), nextAction(bars, 1, -1), nextAction(bars, 1, 1)], [1, 1, 1]);
});
