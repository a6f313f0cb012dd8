import assert from 'node:assert/strict';
import test from 'node:test';
import {changes, limits, rebased, touched} from '../../../../worker/gateway/pages/js/control/difference.js';
import {against, cause, effect, forbids, kind} from '../../../../worker/gateway/pages/js/control/standing.js';
import {counted, decidedBy, sentence} from '../../../../worker/gateway/pages/js/control/obeyed.js';
import {afterwards, told} from '../../../../worker/gateway/pages/js/control/told.js';
import {writer} from '../../../../worker/gateway/pages/js/control/write.js';

const failure = (status, more = {}) => Object.assign(new Error('no'), {status, ...more});

function gateway(...answers) {
  let made = 0;
  const keys = [];
  return {keys, token: () => `key ${made += 1}`, pause: async () => {}, send: async (_, __, {key}) => {
    keys.push(key);
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  }};
}

test('a write whose answer is lost is sent again under its key, by itself and by hand', async () => {
  const lost = failure(0);
  const api = gateway(lost, lost, lost, failure(503), {version: 8}, {version: 9});
  const write = writer(api);
  await assert.rejects(write('PUT', ['limits', '*'], {body: {allow_open: false}}), {status: 503});
  assert.deepEqual(await write('PUT', ['limits', '*'], {body: {allow_open: false}}), {version: 8});
  assert.deepEqual(new Set(api.keys), new Set(['key 1']));
  await write('PUT', ['limits', '*'], {body: {allow_open: false}});
  assert.equal(api.keys.at(-1), 'key 2', 'the same change asked for once more, after an answer, is another write');
});

test('another request gets another key, and a refusal is not repeated', async () => {
  const api = gateway(failure(412), {version: 3});
  const write = writer(api);
  await assert.rejects(write('PUT', ['limits', 'A'], {body: {risk_mult: 0.5}, headers: {'If-Match': '"1"'}}), {status: 412});
  await write('PUT', ['limits', 'A'], {body: {risk_mult: 0.5}, headers: {'If-Match': '"2"'}});
  assert.deepEqual(api.keys, ['key 1', 'key 2']);
});

test('what a refusal means', () => {
  assert.equal(told(failure(412)).kind, 'conflict');
  assert.equal(told(failure(409, {code: 'version_conflict'})).kind, 'conflict');
  assert.equal(told(failure(409, {code: 'conflict'})).kind, 'refused');
  assert.deepEqual([told(failure(429, {retryAfter: 6.2})).kind, told(failure(429, {retryAfter: 6.2})).wait], ['wait', 7]);
  assert.equal(told(failure(403)).kind, 'forbidden');
  for (const status of [0, 502, 503, 504]) assert.match(told(failure(status)).said, /not known/);
  assert.match(told(failure(422)).said, /^Nothing was written/);
});

test('the outcome of a write whose dialog was closed tells what it was and what became of it', () => {
  assert.deepEqual(afterwards('Limits of A', {answer: {version: 1577836882}}), {shape: 'ok_disc', said: 'Limits of A: it was written as version 1577836882.', hint: ''});
  assert.equal(afterwards('Lift the limits of A', {answer: {version: null}}).said, 'Lift the limits of A: it was written.');
  const lost = afterwards('Limits of A', {error: failure(0)});
  assert.match(lost.said, /not known/);
  assert.doesNotMatch(lost.hint, /Send it again/, 'there is no button left for it');
  for (const status of [401, 403, 412, 422, 429]) assert.match(afterwards('Limits of A', {error: failure(status)}).said, /^Limits of A: nothing was written/);
});

test('a session that has ended is said in words, not in headers', () => {
  const {said, hint} = told(failure(401, {fix: 'Send `Authorization: Bearer TOKEN`'}));
  assert.match(said, /session has ended/);
  assert.doesNotMatch(hint, /Bearer/);
});

test('only what differs from the record in force is written', () => {
  assert.deepEqual(touched(null, {allow_open: false, risk_mult: 1, max_notional: null, kill: 'none'}), {allow_open: false});
  assert.deepEqual(touched({allow_open: false, max_notional: 10}, {allow_open: false, risk_mult: 0.5, max_notional: null}), {risk_mult: 0.5, max_notional: null});
});

test('after a conflict nothing of the other record is undone unseen', () => {
  const wanted = {allow_open: true, risk_mult: 0.5, max_notional: 100};
  assert.deepEqual(rebased({max_notional: 100}, {allow_open: false, max_notional: 80}, wanted), {allow_open: false, risk_mult: 0.5, max_notional: 80});
  assert.deepEqual(rebased({allow_open: false}, null, {allow_open: false, risk_mult: 1, max_notional: 7}), {allow_open: true, risk_mult: 1, max_notional: 7});
});

test('limits in words', () => {
  assert.equal(limits({key: 'A', version: 1}), 'nothing');
  assert.equal(limits({allow_open: false, risk_mult: 0.5, max_notional: 12_500, kill: 'close_all'}), 'kill: close all, no new positions, sizes at 50 %, at most 12,500');
  assert.match(limits({model: {name: 'gbm', version: '7'}}), /model gbm 7/);
});

test('a difference tells what changed, also what this version does not know', () => {
  const rows = changes({key: 'A', version: 1, risk_mult: 0.5, later_member: 1}, {key: 'A', version: 2, allow_open: false, later_member: 2});
  const changed = Object.fromEntries(rows.filter((row) => row.changed).map(({name, before, after}) => [name, [before, after]]));
  assert.deepEqual(changed, {'New positions': ['allowed', 'blocked'], Size: ['50 % of normal', '100 % of normal'], 'later member': ['1', '2']});
  const parameters = changes({strategy: {name: 's', parameters: {fast: 12}}}, {strategy: {name: 's', parameters: {fast: 12, slow: 26}}});
  assert.deepEqual(parameters.filter((row) => row.changed).map((row) => [row.name, row.before, row.after]), [['slow', '–', '26']]);
});

test('hostile values stay text', () => {
  const rows = changes({key: 'A', max_notional: '<b>1</b>'}, {key: 'A', max_notional: 1e300});
  const [row] = rows.filter((one) => one.name === 'Largest value');
  assert.deepEqual([row.before, row.after], ['<b>1</b>', '1.000e+300']);
});

test('a removal is obeyed also where the monitor has written the next record since', () => {
  const found = {in_force: 1, of: 3, partitions: [{partition: 0, version: 0, in_force: true}, {partition: 1, version: 9, in_force: false}, {partition: 2, version: 7, in_force: false}, {partition: 3, version: null, in_force: false}]};
  assert.equal(counted(found, 8).in_force, 2);
  assert.equal(counted(found, Infinity).in_force, 1);
  assert.equal(sentence(counted(found, 8)), 'In force in 2 of 3 partitions');
  assert.equal(sentence({in_force: 0, of: 0}), 'No partition has a decision yet');
});

test('which partitions decide by a model is read from their decisions', () => {
  const shown = [{partition: 0, id: 'gbm', version: '2', close_ts: 1}, {partition: 1, id: 'gbm', version: '1', close_ts: 1}, {partition: 2, id: null, version: null, close_ts: 1}, {partition: 3, id: null, version: null, close_ts: null}];
  assert.deepEqual([decidedBy(shown, {name: 'gbm', version: '2'}).in_force, decidedBy(shown, null).in_force, decidedBy(shown, {name: null, version: ''}).of], [1, 1, 3]);
  assert.equal(decidedBy(shown, null).partitions[1].shows, 'by gbm 1');
});

const record = (key, control, more = {}) => ({key, control: {key, ...control}, by: 'operator', who: 'ann', reason: 'earnings', written_ms: 1000, ...more});

test('what stands against new positions of a symbol: its own record and that of all, the strictest first', () => {
  const items = [record('*', {kill: 'close_all'}), record('A', {allow_open: false}), record('B', {risk_mult: 0.5})];
  assert.deepEqual(against(items, 'A').map((one) => [one.kind, one.record.key]), [['kill', '*'], ['blocked', 'A']]);
  assert.deepEqual(against(items.slice(1), 'B').filter(forbids), []);
  assert.equal(against(items, '*').length, 1);
  assert.deepEqual([{}, {risk_mult: 0}, {max_notional: 0}, {risk_mult: 1, max_notional: null, kill: 'none'}].map((control) => kind(record('A', control))), [null, 'blocked', 'blocked', null]);
  assert.equal(kind(record('*', {}, {stale: true})), 'stale');
});

test('a badge says who blocks it, why and since when', () => {
  const [one] = against([record('A', {allow_open: false})], 'A');
  assert.equal(`${effect(one)}: ${cause(one, 121_000)}`, 'No new positions: by ann, earnings, since 2 min');
  const [all] = against([record('*', {allow_open: false}, {who: null, by: 'monitor', reason: 'drawdown'})], 'A');
  assert.equal(`${effect(all)}: ${cause(all, 1000)}`, 'No new positions in any symbol: by the monitor of risk, drawdown, since now');
});
