import assert from 'node:assert/strict';
import test from 'node:test';
import {offsets, Parser, Shown} from '../../../../worker/gateway/pages/js/core/events.js';

const STREAM = ': heartbeat\n\nevent: decisions\nid: decisions=0:5,1:9\ndata: {"a":\ndata: 1}\n\nevent: ready\r\ndata: {}\r\n\r\ndata: last\n\n';

test('a stream cut anywhere gives the same messages', () => {
  const whole = new Parser().push(STREAM);
  assert.deepEqual(whole, [
    {type: 'decisions', data: '{"a":\n1}', id: 'decisions=0:5,1:9'},
    {type: 'ready', data: '{}', id: 'decisions=0:5,1:9'},
    {type: 'message', data: 'last', id: 'decisions=0:5,1:9'},
  ]);
  for (let at = 1; at < STREAM.length; at += 1) {
    const parser = new Parser();
    assert.deepEqual([...parser.push(STREAM.slice(0, at)), ...parser.push(STREAM.slice(at))], whole, `cut at ${at}`);
  }
});

test('an unfinished message is no message', () => {
  assert.deepEqual(new Parser().push('event: decisions\ndata: {}\n'), []);
});

test('ids name offsets by topic and partition', () => {
  const found = offsets('decisions=0:123,1:456;portfolio=0:9;broken;x=a:b');
  assert.deepEqual([...found.get('decisions')], [[0, 123], [1, 456]]);
  assert.deepEqual([...found.get('portfolio')], [[0, 9]]);
  assert.equal(found.get('x').size, 0);
});

test('a record that comes again is not shown again, until its topic is reset', () => {
  const shown = new Shown();
  const fresh = (...offsets) => shown.fresh('decisions', offsets.map((offset) => ({partition: 0, offset}))).map(({offset}) => offset);
  assert.deepEqual([fresh(4), fresh(5), fresh(5), fresh(4), fresh(6)], [[4], [5], [], [], [6]]);
  assert.deepEqual(fresh(9, 7, 8), [9, 7, 8], 'in any order within one message');
  assert.deepEqual(fresh(8, 10), [10]);
  assert.equal(shown.fresh('decisions', [{partition: 1, offset: 4}]).length, 1);
  assert.equal(shown.fresh('status', [{value: {}}, {value: {}}]).length, 2);
  shown.forget('decisions');
  assert.deepEqual(fresh(4), [4]);
});
