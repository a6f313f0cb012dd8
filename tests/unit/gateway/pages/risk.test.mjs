import assert from 'node:assert/strict';
import test from 'node:test';
import {arranged, correlations, returns} from '../../../../worker/gateway/pages/js/views/risk/correlation.js';
import {block, gauges, larger} from '../../../../worker/gateway/pages/js/views/risk/figures.js';

const PORTFOLIO = {
  ordered: {gross: 2.1, net: -0.9}, equity: {drawdown: 0.06, day_return: -0.02, turnover: 3},
  var99: {parametric: 0.01, historical: 0.02}, es99: {parametric: 0.03, historical: null},
};
const LIMITS = {gross: 2, net: 1, var99: 0.04, es99: 0.06, drawdown_soft: 0.05, drawdown_hard: 0.15, day_block: 0.015, day_kill: 0.03, turnover: 10};

test('each figure stands to its limit in a word', () => {
  const said = Object.fromEntries(gauges(PORTFOLIO, LIMITS).map((one) => [one.name, one.level]));
  assert.deepEqual(said, {
    'Gross exposure': 'bad', 'Net exposure': 'warn', 'Value at risk': 'ok', 'Expected shortfall': 'ok',
    Drawdown: 'warn', 'Loss of the day': 'warn', 'Turnover of the day': 'ok',
  });
});

test('a gain of the day is no loss', () => {
  const [loss] = gauges({...PORTFOLIO, equity: {day_return: 0.02}}, LIMITS).filter((one) => one.name === 'Loss of the day');
  assert.deepEqual([loss.figure, loss.level], [0, 'ok']);
});

test('what is not there is not zero', () => {
  for (const one of gauges({}, {})) assert.deepEqual([one.figure, one.share, one.level], [undefined, null, 'none']);
  assert.deepEqual([larger(undefined), larger(null), larger({parametric: null, historical: null}), larger({})], [undefined, null, null, undefined]);
});

test('why nothing is opened, in words', () => {
  assert.deepEqual(['kill: drawdown', 'loss of the day', 'load: gross', 'blind: behind in partition 2', '<b>new</b>'].map((one) => block(one).kind), ['kill', 'day', 'load', 'blind', 'other']);
  assert.equal(block('blind: behind in partition 2').look, '#/fleet');
  assert.equal(block('<b>new</b>').said, '<b>new</b>');
});

test('returns stand on the times of all symbols, 0 without a bar', () => {
  const rows = returns([{ts: [1, 2, 3], close: [100, 110, 99]}, {ts: [1, 3], close: [50, 100]}], 10);
  assert.deepEqual(rows.map((row) => row.map((one) => Math.round(one * 1e9) / 1e9)), [[0.1, -0.1], [0, 1]]);
  assert.equal(returns([{ts: [1, 2, 3], close: [1, 2, 4]}], 1)[0].length, 1);
  assert.deepEqual(returns([{ts: [1, 2, 3], close: [1, null, NaN]}], 5), [[0, 0]]);
});

test('correlations of the textbook', () => {
  const [first, second, still] = correlations([[1, 2, 3, 4], [2, 1, 4, 3], [5, 5, 5, 5]]);
  assert.ok(Math.abs(first[1] - 0.6) < 1e-12 && first[1] === second[0] && first[0] === 1);
  assert.deepEqual(still, [null, null, null]);
});

test('those of a cluster stand side by side, the largest are shown', () => {
  const {names, groups} = arranged({lines: [['A', 0.1], ['B', -0.3], ['C', 0.2], ['D', 0.01]], clusters: [{symbols: ['A', 'B']}]}, 3);
  assert.deepEqual([names, groups], [['B', 'A', 'C'], [[0, 1]]]);
});
