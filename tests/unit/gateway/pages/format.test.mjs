import assert from 'node:assert/strict';
import test from 'node:test';
import * as format from '../../../../worker/gateway/pages/js/core/format.js';

test('a value that is none says which kind of nothing it is', () => {
  assert.deepEqual([null, undefined, 'x', NaN, 1e300, 1e-300, 0].map((value) => format.shown(value).kind),
    ['absent', 'missing', 'absurd', 'absurd', 'absurd', 'absurd', 'plain']);
  assert.equal(format.text(JSON.parse('1e999')), 'Infinity');
  assert.equal(format.text(1e22), '1.000e+22');
});

test('numbers', () => {
  assert.equal(format.fixed(2)(-0.001), '0.00');
  assert.equal(format.number(1234567.891), '1,234,567.891');
  assert.equal(format.percent(2)(-0.01234), '−1.23 %');
  assert.deepEqual([0, 0.004, 0.00125, 0.03, 0.15, 1, 0.3 - 0.1].map(format.fraction), ['0 %', '0.4 %', '0.125 %', '3 %', '15 %', '100 %', '20 %'], 'a limit is never rounded to another');
  assert.equal(format.signed(format.fixed(2))(0.5), '+0.50');
  assert.equal(format.signed(format.fixed(2))(-0.5), '−0.50');
  assert.equal(format.price(0.00001234), '0.00001234');
  assert.equal(format.price(104.5), '104.5000');
  assert.deepEqual([7, 1204, 12_300, 4_500_000, 1.25].map(format.compact), ['7', '1,204', '12.3 k', '4.5 M', '1.3']);
  assert.equal(format.money(1_013_023.4), '1,013,023');
});

test('a whole number stays whole', () => {
  assert.equal(format.brief(1577836882), '1,577,836,882');
  assert.equal(format.brief(-1234567), '−1,234,567');
  assert.equal(format.number(1577836882123), '1,577,836,882,123');
  assert.equal(format.brief(0.1 + 0.2), '0.3');
});

test('times', () => {
  const at = Date.UTC(2026, 10, 29, 21, 5, 7);
  assert.equal(format.clock(at), '21:05:07');
  assert.equal(format.moment(at - 7000), '2026-11-29 21:05');
  assert.equal(format.when(at, at + 86_400_000), '11-29 21:05:07');
  assert.equal(format.clock(1e300), 'time 1e+300');
  assert.deepEqual([850, 1500, 12_000, 200_000, 7_500_000, 360_000_000].map(format.span),
    ['850 ms', '1.5 s', '12 s', '3 min 20 s', '2 h 5 min', '4 d 4 h']);
  assert.equal(format.ago(0, 500), 'now');
});

test('foreign texts: signs that hide or turn others are spelled out, long ones cut', () => {
  assert.equal(format.label('A\u202eB\u0000'), 'A\\u{202e}B\\u{0}');
  assert.equal(format.label('x'.repeat(50), 10), `${'x'.repeat(9)}…`);
  assert.equal(format.label('<b>&'), '<b>&');
  assert.equal(format.label(undefined), '');
  assert.equal(format.words('open_long'), 'open long');
});
