/** The start: session, shell, and one view after the other. */

import {access} from './core/api.js';
import * as clock from './core/clock.js';
import {put, say} from './core/dom.js';
import {enabled, shortcut} from './core/keys.js';
import {open} from './core/live.js';
import {match} from './core/router.js';
import {current} from './core/session.js';
import * as api from './core/api.js';
import {forget} from './components/notices.js';
import {empty, failed, loading} from './components/states.js';
import {ROUTES} from './routes.js';
import {killButton} from './control/kill.js';
import {shell} from './shell/shell.js';
import {signInForm} from './shell/sign_in.js';

/**
 * What a view gets.
 * @typedef {object} Context
 * @property {typeof import('./core/api.js')} api
 * @property {import('./core/session.js').Session} session
 * @property {AbortSignal} signal aborted when the view is left: for listeners, timers, requests
 * @property {Record<string, string>} params @property {URLSearchParams} query
 * @property {(options: object, handlers: object) => void} stream the page's one stream; `status` is always in it
 * @property {(hash: string, quiet?: boolean) => void} go to a page; quiet: without loading it
 * @property {(said: string) => void} announce for readers of the screen, at most each 3 s
 * @property {() => number} now by the server's clock
 * @property {(title: string) => void} title of the window
 */

const main = /** @type {HTMLElement} */ (document.getElementById('main'));
const live = /** @type {HTMLElement} */ (document.getElementById('said'));
let leave = new AbortController();
let frame = /** @type {ReturnType<typeof shell>|null} */ (null);
let session = /** @type {import('./core/session.js').Session|null} */ (null);

const waiting = {said: '', timer: 0};
/** The newest sentence wins: a stream must not talk without end. @param {string} said */
function announce(said) {
  waiting.said = said;
  waiting.timer ||= setTimeout(() => {
    waiting.timer = 0;
    say(live, waiting.said);
  }, 3000);
}

const closeDialogs = () => document.querySelectorAll('dialog[open]').forEach((node) => node.close());

async function show(focus = true) {
  if (!session || !frame) return;
  leave.abort();
  const own = leave = new AbortController();
  const {signal} = own;
  const place = match(location.hash || '#/', ROUTES);
  frame.at(place?.route ?? null);
  closeDialogs();
  if (!place) {
    document.title = 'No such page · AlphaPulse';
    return put(main, empty('There is no such page', 'Choose one above.'));
  }
  put(main, loading('Loading the page'));
  try {
    const view = await place.route.load();
    if (signal.aborted) return;
    const title = (/** @type {string} */ name) => frame?.title(name);
    title(place.params.symbol ?? place.route.title);
    put(main);
    const stop = view.mount(main, context(place, signal, title));
    if (typeof stop === 'function') signal.addEventListener('abort', stop);
    if (focus) main.focus({preventScroll: true});
    scrollTo(0, 0);
  } catch (error) {
    if (signal.aborted) return;
    console.error(error);
    put(main, failed(error, () => show()));
  }
}

/** @param {import('./core/router.js').Place} place @param {AbortSignal} signal @param {(title: string) => void} title @returns {Context} */
function context(place, signal, title) {
  return {
    api, signal, announce, title,
    session: /** @type {import('./core/session.js').Session} */ (session),
    params: place.params,
    query: place.query,
    now: clock.now,
    go: (hash, quiet = false) => {
      if (quiet) history.replaceState(null, '', hash); // tells nobody
      else location.hash = hash;
    },
    stream: (options, handlers = {}) => {
      const topics = [...new Set([...(options.topics ?? []), 'status'])];
      open({...options, topics, signal}, {
        ...handlers,
        state: (state, why) => {
          frame?.linked(state, why);
          handlers.state?.(state, why);
        },
        status: (items) => {
          const newest = items.at(-1).value;
          clock.learn(newest.now_ms);
          frame?.status(newest);
          handlers.status?.(items);
        },
      });
    },
  };
}

/** @param {string} [why] somebody has to sign in who was signed in */
async function start(why = '') {
  put(main, loading('Asking the gateway who you are'));
  try {
    session = await current();
  } catch (error) {
    return put(main, failed(error, () => start(why)));
  }
  if (session) return enter();
  put(main, signInForm((signedIn) => {
    session = signedIn;
    enter();
  }, why));
}

function enter() {
  frame?.remove();
  frame = shell(/** @type {import('./core/session.js').Session} */ (session), ROUTES, () => again());
  if (session?.can('operate')) put(frame.corner, killButton({api, announce, session, now: clock.now}));
  show(false);
}

/** The session has ended: by the user, or for a reason that has to be said. @param {string} [why] */
function again(why = '') {
  leave.abort();
  closeDialogs();
  if (!why) forget();
  frame?.remove();
  frame = session = null;
  start(why);
}

access.onUnauthorised = () => session && again('Your session has ended. Sign in again.');
for (const route of ROUTES) if (route.key) shortcut(`g ${route.key}`, `Go to ${route.title}`, () => { location.hash = `#${route.path}`; });
addEventListener('hashchange', () => show());
document.documentElement.toggleAttribute('data-keys-off', !enabled());
start();
