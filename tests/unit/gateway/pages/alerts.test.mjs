import assert from 'node:assert/strict';
import test from 'node:test';
import {matchers, page, reading, silenced} from '../../../../worker/gateway/pages/js/views/alerts/words.js';

test('the evidence of an alert leads to the page that shows it', () => {
  const at = (topic, labels = {}) => page({labels}, {topic, partition: 0, offset: 1});
  assert.deepEqual(at('demo.decisions', {symbol: 'A/B'}), {parts: ['symbols', 'A/B'], query: {}});
  assert.deepEqual(at('ticks.rejected', {symbol: 'A'}), {parts: ['quality'], query: {symbol: 'A'}});
  assert.deepEqual(at('portfolio').parts, ['risk']);
  assert.deepEqual(at('alerts', {partition: '3'}).parts, ['fleet']);
  assert.equal(page({labels: {}}, undefined), null);
});

test('values beside limits, whatever they are', () => {
  assert.deepEqual([reading({name: 'load', value: 1.25, limit: 1}), reading({name: 'kill', value: true}), reading({name: 'x', value: '<b>'}), reading({name: 'y', value: null, limit: null})], ['load 1.25 of 1', 'kill yes', 'x <b>', 'y –']);
});

test('a silence begins as the alert is', () => {
  const made = matchers({rule: 'kill', labels: {symbol: 'A'}});
  assert.deepEqual(made, [{label: 'rule', value: 'kill'}, {label: 'symbol', value: 'A'}]);
  assert.equal(silenced({matchers: [...made, {label: 'severity', value: 'info', negated: true}]}), 'rule is kill and symbol is A and severity is not info');
});
