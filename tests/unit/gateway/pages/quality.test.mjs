import assert from 'node:assert/strict';
import test from 'node:test';
import {buckets, outstanding} from '../../../../worker/gateway/pages/js/views/quality/buckets.js';
import {asHex, asText, bytes} from '../../../../worker/gateway/pages/js/views/quality/sample.js';

test('bytes of a payload, text or not', () => {
  assert.deepEqual([...bytes({text: 'ä'})], [0xc3, 0xa4]);
  assert.deepEqual([...bytes({text: null, base64: 'AP8='})], [0, 255]);
  assert.equal(bytes({base64: '%%%'}), null);
  for (const none of [null, undefined, {}, {text: null, base64: null}]) assert.equal(bytes(none), null);
});

test('what can’t be seen is spelled out, lines stay', () => {
  assert.equal(asText(bytes({text: 'a\u202eb\n\t\u0000<b>'})), 'a\\u{202e}b\n\t\\u{0}<b>');
});

test('hex in lines of sixteen', () => {
  const lines = asHex(Uint8Array.from({length: 18}, (_, at) => at + 60)).split('\n');
  assert.equal(lines[0], '000000  3c 3d 3e 3f 40 41 42 43  44 45 46 47 48 49 4a 4b  <=>?@ABCDEFGHIJK');
  assert.match(lines[1], /^000010 {2}4c 4d\s+LM$/);
  assert.match(asHex(new Uint8Array(40), 20), /… 20 bytes more$/);
});

test('minutes are gathered into columns, none is lost', () => {
  const ts = Array.from({length: 240}, (_, at) => at * 60_000);
  const found = buckets({ts, rejected: ts.map(() => 2), accepted: ts.map(() => 7), by_code: {a: ts.map(() => 2)}}, 60);
  assert.deepEqual([found.ts.length, found.width, found.counts[0].length], [60, 240_000, 60]);
  assert.deepEqual([found.counts[0].reduce((sum, one) => sum + one), found.accepted.reduce((sum, one) => sum + one)], [480, 1680]);
});

test('rare codes stand together; without codes the total stands alone', () => {
  const by_code = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((code, at) => [code, [10 - at]]));
  const found = buckets({ts: [0], rejected: [49], accepted: [0], by_code});
  assert.deepEqual(found.names, ['a', 'b', 'c', 'd', 'e', 'others']);
  assert.deepEqual(found.counts.at(-1), [9]);
  assert.deepEqual(buckets({ts: [0], rejected: [3], accepted: [1]}).names, ['rejected']);
  assert.deepEqual(buckets({}).ts, []);
});

test('a partition stands out by its share, not by its size', () => {
  const rows = [{partition: 0, rejected: 100, accepted: 99_900}, {partition: 1, rejected: 50, accepted: 950}, {partition: 2, rejected: 5, accepted: 5}];
  assert.deepEqual(outstanding(rows), [1]);
});
