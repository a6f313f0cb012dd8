import assert from 'node:assert/strict';
import test from 'node:test';
import {liveness} from '../../../../worker/gateway/pages/js/core/liveness.js';

test('a stream that goes on while the brokers are silent is stale', () => {
  assert.deepEqual(liveness('live', '', null), ['live', '']);
  assert.deepEqual(liveness('live', '', {age_s: 0.4}), ['live', '']);
  assert.deepEqual(liveness('live', '', {age_s: 27.3}), ['stale', 'The brokers have given no answer for 27 s: all data is as old']);
  assert.equal(liveness('live', '', {age_s: null})[0], 'stale');
  assert.deepEqual(liveness('reconnecting', 'gone', {age_s: 27}), ['reconnecting', 'gone'], 'what the stream itself says comes first');
});
