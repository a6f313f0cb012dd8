import assert from 'node:assert/strict';
import test from 'node:test';
import {amiss, meant, same} from '../../../../worker/gateway/pages/js/control/switching/parameters.js';

test('a parameter keeps its kind', () => {
  assert.deepEqual([meant(12, '7'), meant(0.5, '1'), meant(true, 'no'), meant('x', '7')], [7, 1, false, '7']);
  assert.deepEqual(['', 'x', '1.5'].map((typed) => amiss(12, typed) !== ''), [true, true, true]);
  assert.deepEqual([amiss(0.5, '1e-3'), amiss('x', ''), amiss(true, 'yes')], ['', '', '']);
});

test('parameters are the same in any order, and not where one is missing', () => {
  assert.ok(same({a: 1, b: 2}, {b: 2, a: 1}));
  assert.ok(same(null, {}));
  assert.ok(!same({a: 1}, {a: 1, b: undefined, c: 0}));
});
