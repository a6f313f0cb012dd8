/** What nobody sees now: partitions without progress, processes without a probe, symbols without bars. Pure. */

import {count, label, member, span, words} from '../../core/format.js';

const BLIND_S = 60;
const NAMED = 5;

/** @typedef {{level: 'warn'|'bad', said: string, hint: string, href: string|null}} Spot */

/** @param {any} fleet `fleet/workers` or null @param {any[]} partitions @param {any[]} symbols @returns {Spot[]} */
export function spots(fleet, partitions, symbols) {
  const found = [];
  const add = (/** @type {'warn'|'bad'} */ level, /** @type {string} */ said, /** @type {string} */ hint, /** @type {string|null} */ href = null) => found.push({level, said, hint, href});
  const by = (/** @type {string} */ state) => partitions.filter((one) => one.state === state).map((one) => one.partition);
  const unowned = by('unowned');
  if (unowned.length) add('bad', `Nobody owns ${named(unowned)}`, 'Start a worker. If workers run, they may still join the group.');
  const stalled = by('stalled');
  if (stalled.length) add('bad', `${capital(named(stalled))} ${stalled.length === 1 ? 'stands' : 'stand'} still`, 'Records wait and nothing is committed: look at the log of the owner.');
  const late = partitions.filter((one) => one.lag_seconds > BLIND_S && !['unowned', 'stalled'].includes(one.state));
  for (const one of late) add('warn', `Partition ${one.partition} is ${span(one.lag_seconds * 1000)} behind`, 'Beyond 60 s the monitor of risk opens nothing.');
  const workers = fleet?.items ?? [];
  const dark = workers.filter((/** @type {any} */ one) => !one.probe);
  if (dark.length) add('warn', `No figures of ${count(dark.length, 'worker')}`, 'gateway.scrape or gateway.scrape_file names the addresses of their probes.');
  const unready = workers.filter((/** @type {any} */ one) => one.ready === false);
  for (const one of unready.slice(0, NAMED)) add('warn', `${one.member_id ? member(one.member_id) : label(one.client_id, 40)} is not ready: ${Object.keys(one.checks ?? {}).filter((name) => !one.checks[name]).map(words).join(', ') || 'it does not say why'}`, 'Its probe tells which check fails.');
  const settings = new Set(workers.map((/** @type {any} */ one) => one.config_hash).filter(Boolean));
  if (settings.size > 1) add('warn', `Workers run with ${settings.size} different settings`, 'Decisions depend on them: finish the roll-out, or compare the files.');
  for (const [health, said, hint] of [['silent', 'without a bar for several intervals', 'Look at their source of bars.'], ['quarantined', 'in quarantine', 'Bars at another price level wait for confirmation.']]) {
    const those = symbols.filter((one) => one.health === health);
    if (those.length) add('warn', `${count(those.length, 'symbol')} ${said}: ${those.slice(0, NAMED).map((one) => label(one.symbol, 24)).join(', ')}${those.length > NAMED ? ' …' : ''}`, hint, '#/symbols');
  }
  return found;
}

/** @param {number[]} partitions */
const named = (partitions) => `partition${partitions.length === 1 ? '' : 's'} ${partitions.slice(0, NAMED).join(', ')}${partitions.length > NAMED ? ` and ${partitions.length - NAMED} more` : ''}`;
/** @param {string} said */
const capital = (said) => said.charAt(0).toUpperCase() + said.slice(1);
