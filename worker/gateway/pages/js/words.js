/** What a decision says, in plain words: the sentence of its main reason. Filled once from the gateway's own list where it gives one. */

import {words} from './core/format.js';

/** In the order in which a reader wants to know them. */
const SAID = {
  signal_long: 'Strong enough to go long',
  signal_short: 'Strong enough to go short',
  signal_weak: 'The signal is too weak',
  hysteresis_hold: 'Strong enough to keep, not to open',
  stop_loss: 'The price reached the stop',
  take_profit: 'The price reached the target',
  trailing_stop: 'The close came back to the trailing stop',
  max_holding: 'Held for the longest time allowed',
  regime_exit: 'The regime became a crisis',
  signal_flip: 'Signal turned to the other side',
  cool_down: 'Too soon after the last exit',
  quality_gate: 'The bar’s quality is too low',
  data_quarantine: 'Bars at another price level wait for confirmation',
  level_shift: 'The price level was replaced',
  reference_expired: 'The last accepted bar was too old to compare with',
  warmup: 'Too few bars for the indicators',
  model_fallback: 'The model gave no answer, the rules decided',
  anomaly: 'Unlike recent bars: half the size',
  drift: 'The online learner begins anew',
  crisis_block: 'Nothing is opened in a crisis',
  vol_gate: 'The volatility is too high to open',
  liquidity_gate: 'Cut to a share of what is traded',
  dd_limit: 'The symbol’s drawdown limit is reached',
  kill_switch: 'The kill switch is on',
  control_block: 'A limit forbids new positions',
  control_stale: 'The limits were not renewed in time',
  budget_cap: 'Cut to the largest value allowed',
  below_min_size: 'Below the least size of the instrument',
  partial_fill: 'The volume filled only a part',
  stale_order: 'The waiting order was cancelled',
  strategy: 'The strategy asked for it',
  strategy_fallback: 'The strategy failed at this bar',
  unreadable: 'This record is no decision that can be read',
};

/** Figures of a decision by the names that people use. */
const TERMS = {
  p_turb: 'turbulent', mtf: 'timeframes', mtf_agreement: 'their agreement', sigma_ann: 'volatility a year', var99: 'VaR 99 %', es99: 'shortfall 99 %', dd: 'drawdown',
  g: 'scale', g_ctl: 'scale by limits', qty: 'quantity', vol_bucket: 'volatility', regime_age: 'bars in it', model_prob: 'probability', bars_held: 'bars held',
  control_version: 'version', control_all_version: 'version for all', rsi_mr: 'RSI, its extremes', rsi_mom: 'RSI, momentum', macd: 'MACD', candle: 'candles',
};
/** A figure's name. @param {string} name */
export const term = (name) => TERMS[name] ?? words(name);

/** One reason in a few words. @param {unknown} code */
export const reason = (code) => SAID[code] ?? words(code);

/** Why a decision is what it is, in a few words: what asked for it; what stopped it stands beside. @param {any} decision */
export function why(decision) {
  const reasons = Array.isArray(decision.reasons) ? decision.reasons : [];
  const [main] = reasons;
  const tag = decision.strategy?.tag ? ` (${words(decision.strategy.tag)})` : '';
  if (decision.action !== 'hold') return main === undefined ? 'No reason is given' : reason(main) + tag;
  if (main === undefined) return 'Nothing asked for a change';
  const side = decision.position?.state;
  if (main === `signal_${side}`) return `Already ${side}, signal agrees`;
  return reason(main) + tag;
}
