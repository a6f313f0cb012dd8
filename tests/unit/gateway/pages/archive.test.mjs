import assert from 'node:assert/strict';
import test from 'node:test';
import {columns, parsed, plain} from '../../../../worker/gateway/pages/js/views/archive/rows.js';

test('lines of JSON, also none', () => {
  assert.deepEqual(parsed('{"a":1}\n{"a":2}\n'), [{a: 1}, {a: 2}]);
  assert.deepEqual(parsed(''), []);
});

test('known columns come first, empty ones not at all', () => {
  const rows = [{offset: 1, symbol: 'A', ts: 5, blocking: null, more: 1}, {offset: 2, symbol: 'B', ts: 6, blocking: null, more: 2}];
  assert.deepEqual(columns(rows), ['ts', 'symbol', 'offset']);
  assert.deepEqual(columns([{x: 1, y: null, z: 0}]), ['x', 'z']);
  assert.deepEqual(columns([]), []);
});

test('a value of any form is text', () => {
  assert.equal(plain(['a', null, {b: 1}]), 'a, , {"b":1}');
  assert.equal(plain(null), '');
  assert.equal(plain('<b>'), '<b>');
});
