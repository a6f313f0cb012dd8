import assert from 'node:assert/strict';
import test from 'node:test';
import {spots} from '../../../../worker/gateway/pages/js/views/fleet/blind.js';
import {lasted, Takeovers} from '../../../../worker/gateway/pages/js/views/fleet/takeover.js';

const one = (state, owner) => [{partition: 3, state, owner}];

test('a take-over from kill to running, with its seconds', () => {
  const seen = new Takeovers();
  seen.look(one('running', 'A'), 0);
  seen.kill([3], 1000);
  seen.look(one('running', 'A'), 2000); // the group still names the dead one
  seen.look(one('unowned', null), 7000);
  seen.look(one('restoring', 'B'), 8000);
  assert.equal(seen.open.length, 1);
  seen.look(one('running', 'B'), 11_000);
  assert.equal(seen.open.length, 0);
  const [found] = seen.all;
  assert.deepEqual([found.from, found.to, found.ended - found.began], ['A', 'B', 10_000]);
  assert.deepEqual(lasted(found, 99_000), [{state: 'killed', ms: 6000}, {state: 'unowned', ms: 1000}, {state: 'restoring', ms: 3000}]);
});

test('a page that was left and is back forgets no take-over and makes none up', () => {
  const seen = new Takeovers();
  seen.look(one('running', 'A'), 0);
  seen.look(one('running', 'B'), 1000);
  seen.look(one('unowned', null), 5000);
  seen.resume();
  assert.equal(seen.all.length, 2);
  seen.look(one('running', 'C'), 90_000);
  assert.deepEqual([seen.all.length, seen.open.length, seen.all[0].unseen, seen.all[1].unseen], [2, 0, true, undefined]);
  seen.resume();
  seen.look(one('running', 'D'), 99_000);
  assert.equal(seen.all.length, 2, 'what changed while nobody looked has no seconds');
});

test('without a kill it begins when the owner is gone or changes', () => {
  const seen = new Takeovers();
  seen.look(one('running', 'A'), 0);
  seen.look(one('running', 'A'), 1000);
  assert.equal(seen.all.length, 0);
  seen.look(one('unowned', null), 2000);
  assert.deepEqual(lasted(seen.open[0], 2500), [{state: 'unowned', ms: 500}]);
  seen.look(one('running', 'A'), 5000);
  assert.deepEqual([seen.all[0].ended, seen.all[0].to], [5000, 'A']);
  seen.look(one('unowned', null), 6000);
  seen.look(one('running', 'A'), 6500);
  assert.equal(seen.all.length, 1, 'a rebalance that gives it back at once is no take-over');
  seen.look(one('running', 'B'), 7000);
  assert.deepEqual([seen.all.length, seen.all[0].from, seen.all[0].to, seen.all[0].ended], [2, 'A', 'B', 7000]);
});

test('a partition that is first seen unowned is no take-over', () => {
  const seen = new Takeovers();
  seen.look(one('unowned', null), 0);
  assert.equal(seen.all.length, 0);
});

test('blind spots are named with what to do', () => {
  const found = spots(
    {items: [{client_id: 'a', probe: null, ready: null, config_hash: 'x'}, {client_id: 'b', probe: 'u', ready: false, checks: {kafka: true, partitions: false}, config_hash: 'y'}]},
    [{partition: 0, state: 'unowned'}, {partition: 1, state: 'stalled'}, {partition: 2, state: 'running', lag_seconds: 61}, {partition: 3, state: 'running', lag_seconds: null}],
    [{symbol: '<b>', health: 'silent'}, {symbol: 'B', health: 'ok'}],
  ).map((spot) => spot.said);
  assert.deepEqual(found, ['Nobody owns partition 0', 'Partition 1 stands still', 'Partition 2 is 1 min 1 s behind', 'No figures of 1 worker', 'b is not ready: partitions', 'Workers run with 2 different settings', '1 symbol without a bar for several intervals: <b>']);
  assert.deepEqual(spots(null, [], []), []);
});
