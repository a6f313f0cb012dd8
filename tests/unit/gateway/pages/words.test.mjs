import assert from 'node:assert/strict';
import test from 'node:test';
import {reason, term, why} from '../../../../worker/gateway/pages/js/words.js';

test('why in a few words', () => {
  assert.equal(why({action: 'hold', reasons: ['signal_long', 'cool_down'], blocking: 'cool_down', position: {state: 'flat'}}), 'Strong enough to go long');
  assert.equal(why({action: 'hold', reasons: ['signal_long'], blocking: null, position: {state: 'long'}}), 'Already long, signal agrees');
  assert.equal(why({action: 'open_long', reasons: ['strategy'], strategy: {tag: 'golden_cross'}}), 'The strategy asked for it (golden cross)');
  assert.equal(why({action: 'hold', reasons: []}), 'Nothing asked for a change');
});

test('codes and names that this version does not know are shown as words', () => {
  assert.equal(reason('moon_phase'), 'moon phase');
  assert.equal(term('new_figure'), 'new figure');
  assert.equal(why({action: 'close'}), 'No reason is given');
  assert.equal(why({action: 'hold', reasons: 'broken'}), 'Nothing asked for a change');
});
