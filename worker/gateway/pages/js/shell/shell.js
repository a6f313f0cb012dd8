/** The head and foot of every page. */

import {h, put, say, svg} from '../core/dom.js';
import {label} from '../core/format.js';
import {shortcut} from '../core/keys.js';
import {choice as themeChoice, setTheme} from '../core/theme.js';
import {icon} from '../components/icons.js';
import {about} from './about.js';
import {finder} from './finder.js';
import {help} from './help.js';
import {liveness} from '../core/liveness.js';
import {signOut} from '../core/session.js';

const LINK = {
  connecting: ['turning', 'connecting'],
  live: ['disc', 'live'],
  stale: ['warn', 'stale'],
  reconnecting: ['turning', 'reconnecting'],
  offline: ['warn', 'offline'],
  forbidden: ['lock', 'no live data'],
};
const THEMES = /** @type {const} */ ({system: ['screen', 'light'], light: ['sun', 'dark'], dark: ['moon', 'system']});
const SIGN = {ok: '', warn: '▲ ', bad: '⬣ '};

/**
 * @param {import('../core/session.js').Session} session @param {import('../core/router.js').Route[]} routes @param {() => void} left when the user signed out
 */
export function shell(session, routes, left) {
  const own = new AbortController();
  const {signal} = own;
  const links = new Map(routes.filter((route) => route.nav).map((route) => [route, h('a', {href: `#${route.path}`}, route.title)]));
  const state = h('span.link-state', {role: 'status'});
  const corner = h('div.corner');
  const banner = h('div', {role: 'alert'});
  const find = () => finder(routes);
  let name = '';
  let sign = '';

  const theme = h('button.icon', {type: 'button', onclick: () => switchTheme()});
  const switchTheme = () => {
    setTheme(THEMES[themeChoice()][1]);
    drawTheme();
  };
  const drawTheme = () => {
    const chosen = themeChoice();
    const said = `Theme: ${chosen === 'system' ? 'that of the system' : chosen}. Switch to ${THEMES[chosen][1]}`;
    theme.title = said;
    theme.setAttribute('aria-label', said);
    put(theme, icon(THEMES[chosen][0]));
  };
  drawTheme();

  put(/** @type {Element} */ (document.getElementById('shell')),
    h('header.head',
      h('a.brand', {href: '#/', title: 'Overview'}, brand(), h('span.name', 'AlphaPulse'), session.prefix && h('span.prefix.foreign', label(session.prefix, 24))),
      h('nav.pages', {'aria-label': 'Pages'}, [...links.values()]),
      h('div.tools', state,
        h('button.finder', {type: 'button', onclick: find, 'aria-keyshortcuts': '/'}, icon('search'), h('span.word', 'Find a symbol'), h('kbd.word', '/')),
        theme, corner)),
    banner);
  put(/** @type {Element} */ (document.getElementById('foot')),
    h('span', `AlphaPulse ${label(session.version, 24)}`),
    h('span', 'Times are UTC'),
    session.auth === 'none' ? h('span', 'Signed in as anybody on this machine') : h('span', 'Signed in as ', h('b.foreign', label(session.who, 40)), `, role ${session.role}`),
    h('button.plain', {type: 'button', onclick: help}, 'Keys'),
    h('button.plain', {type: 'button', onclick: about}, 'Licences'),
    session.auth !== 'none' && h('button.plain', {type: 'button', onclick: () => signOut().finally(left)}, 'Sign out'));

  shortcut('/', 'Find a symbol or a page', find, signal);
  shortcut('t', 'Switch the theme', switchTheme, signal);
  shortcut('?', 'Show the keys', help, signal);
  const title = () => { document.title = `${sign}${name} · AlphaPulse`; };
  let link = /** @type {[import('../core/live.js').State, string]} */ (['connecting', '']);
  let newest = /** @type {any} */ (null);
  const drawLink = () => {
    const [next, why] = liveness(...link, newest);
    state.title = why;
    if (state.dataset.state === next) return;
    state.dataset.state = next;
    put(state, icon(LINK[next][0]), h('span.word', LINK[next][1]));
  };
  const linked = (/** @type {import('../core/live.js').State} */ next, why = '') => {
    link = [next, why];
    drawLink();
  };

  return {
    corner, linked,
    /** @param {string} next */
    title: (next) => {
      name = label(next, 60);
      title();
    },
    /** @param {import('../core/router.js').Route|null} route */
    at: (route) => {
      for (const [one, node] of links) {
        const here = one === route || (route !== null && one.path !== '/' && route.path.startsWith(`${one.path}/`));
        if (here) {
          node.setAttribute('aria-current', 'page');
          const row = /** @type {Element} */ (node.parentElement);
          row.scrollLeft = node.offsetLeft - row.clientWidth / 2 + node.offsetWidth / 2; // on a narrow screen
        } else node.removeAttribute('aria-current');
      }
    },
    /** The fleet's state reaches every page: its sign stands in the window's title, a kill in a banner. @param {any} status */
    status: (status) => {
      newest = status;
      drawLink();
      sign = SIGN[status.level] ?? '';
      title();
      const said = status.kill === 'close_all' ? 'Kill is on: workers close all positions and open none.' : '';
      banner.classList.toggle('banner', Boolean(said));
      if (!said) put(banner);
      else if (banner.textContent !== said) put(banner, icon('bad'), h('strong', said));
    },
    remove: () => {
      own.abort();
      say(/** @type {Element} */ (document.getElementById('shell')), '');
      say(/** @type {Element} */ (document.getElementById('foot')), '');
    },
  };
}

const brand = () => svg('svg', {viewBox: '0 0 24 24', 'aria-hidden': 'true'},
  svg('rect', {width: 24, height: 24, rx: 6, fill: '#4353c9'}),
  svg('path', {d: 'M4 13h3.5l2-6 4.2 11 2.3-5H20', fill: 'none', stroke: '#fff', 'stroke-width': 2.1, 'stroke-linecap': 'round', 'stroke-linejoin': 'round'}));
