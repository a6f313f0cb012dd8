import assert from 'node:assert/strict';
import test from 'node:test';
import {link, match} from '../../../../worker/gateway/pages/js/core/router.js';

const ROUTES = ['/', '/symbols', '/symbols/:symbol'].map((path) => ({path}));

test('addresses lead to views with their parts', () => {
  assert.equal(match('', ROUTES).route.path, '/');
  assert.equal(match('#/symbols', ROUTES).route.path, '/symbols');
  const found = match('#/symbols/SIM0042?at=17', ROUTES);
  assert.deepEqual([found.params, found.query.get('at')], [{symbol: 'SIM0042'}, '17']);
  assert.equal(match('#/nowhere/else/at/all', ROUTES), null);
});

test('any symbol survives the address', () => {
  for (const symbol of ['BTC/USDT', 'a b', '100%', '<img src=x>', '#?&', '..', 'Ünïcødé']) {
    assert.equal(match(link('symbols', symbol), ROUTES).params.symbol, symbol);
  }
  assert.equal(match('#/symbols/100%', ROUTES).params.symbol, '100%');
});
