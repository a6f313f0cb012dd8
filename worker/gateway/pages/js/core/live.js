/**
 * The live stream of one page. By `fetch` and not EventSource: heartbeats are seen, so silence is told from quiet;
 * refusals have a status; and after a lost connection the stream goes on at the id that was shown last.
 */

import {access, address, pause, refused} from './api.js';
import {Parser, Shown} from './events.js';

/** @typedef {'connecting'|'live'|'stale'|'reconnecting'|'offline'|'forbidden'} State */
/** @typedef {{partition?: number, offset?: number, timestamp?: number, value: any}} Item */
/**
 * @typedef {object} Handlers
 * @property {(state: State, why: string) => void} [state]
 * @property {() => void} [ready] what was asked for from the log has come
 * @property {(reset: {topics: string[], snapshot?: string}) => void} [reset] the log no longer has it: load the snapshot
 * @property {(gap: {topic: string, from: object, to: object}) => void} [gap] this reader was too slow
 */

const SILENT_MS = 40_000; // two and a half heartbeats
const LASTED_MS = 5_000; // a connection that lasted so long was a good one
const PAUSES_MS = [200, 500, 1000, 2000, 5000];
const OWN = new Set(['ready', 'reset', 'gap', 'bye', 'message']);

/**
 * Open a stream; it goes on until `signal` aborts.
 * @param {{topics: string[], mode?: 'all'|'latest', symbol?: string, from?: 'end'|'start', lastId?: string, signal: AbortSignal}} options
 * @param {Handlers & Record<string, any>} handlers by topic: a function of the new items, oldest first
 */
export function open({topics, mode = 'latest', symbol, from, lastId = '', signal}, handlers) {
  const shown = new Shown();
  const parser = {id: lastId};
  let state = /** @type {State|''} */ ('');

  /** @param {State} next @param {string} [why] */
  const enter = (next, why = '') => {
    if (next === state || signal.aborted) return;
    state = next;
    handlers.state?.(next, why);
  };

  /** @param {import('./events.js').Message} message */
  const hear = (message) => {
    parser.id = message.id || parser.id;
    let data;
    try {
      data = JSON.parse(message.data);
    } catch {
      return; // not for this version of the pages
    }
    try {
      tell(message.type, data);
    } catch (error) {
      console.error(error); // a fault of the page, not of the stream: it goes on
    }
  };
  /** @param {string} type @param {any} data */
  const tell = (type, data) => {
    if (OWN.has(type)) {
      if (type === 'reset') for (const topic of data.topics ?? []) shown.forget(topic);
      handlers[type]?.(data);
      return;
    }
    const items = shown.fresh(type, /** @type {Item[]} */ (data.items ?? [data]));
    if (items.length) handlers[type]?.(items.map((/** @type {any} */ item) => ('value' in item ? item : {value: item})));
  };

  const run = async () => {
    enter('connecting');
    for (let tries = 0; !signal.aborted; tries += 1) {
      let why = 'the connection was closed';
      let after = 0;
      const began = performance.now();
      try {
        const query = {topics: topics.join(','), mode, symbol, from, last_event_id: parser.id};
        await listen(address('stream', query), signal, () => enter('live'), () => enter('stale', 'no sign of life'), hear);
      } catch (error) {
        if (signal.aborted) return;
        why = error instanceof TypeError ? 'the gateway can’t be reached' : error.message; // a failed fetch is a TypeError
        if (error.status === 401 || error.status === 403) return enter('forbidden', why);
        if (error.status === 409 || error.status === 410 || error.status === 400) parser.id = ''; // the id is of another topic
        after = (error.retryAfter ?? 0) * 1000;
      }
      if (performance.now() - began > LASTED_MS) tries = 0;
      const wait = Math.max(after, PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)]);
      enter(tries > 3 ? 'offline' : 'reconnecting', why);
      await pause(wait * (0.75 + Math.random() / 2), signal).catch(() => {});
    }
  };
  run();
}

/**
 * Read one connection to its end.
 * @param {URL} url @param {AbortSignal} signal @param {() => void} alive at each piece @param {() => void} silent
 * @param {(message: import('./events.js').Message) => void} hear
 */
async function listen(url, signal, alive, silent, hear) {
  const own = new AbortController();
  const stop = () => own.abort(signal.reason);
  signal.addEventListener('abort', stop, {once: true});
  let watch = 0;
  try {
    const headers = {Accept: 'text/event-stream', ...(access.csrf ? {'X-CSRF-Token': access.csrf} : {})};
    const answer = await fetch(url, {headers, signal: own.signal, credentials: 'same-origin', cache: 'no-store'});
    if (!answer.ok || !answer.body) throw await refused(answer);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new Parser();
    for (;;) {
      alive();
      clearTimeout(watch);
      watch = setTimeout(() => {
        silent();
        own.abort(new Error('the gateway went silent'));
      }, SILENT_MS);
      const {value, done} = await reader.read();
      if (done) return;
      for (const message of parser.push(value)) hear(message);
    }
  } finally {
    clearTimeout(watch);
    signal.removeEventListener('abort', stop);
    own.abort();
  }
}
