/** The pages: a new one is a line here. `key` goes there after `g`. @type {import('./core/router.js').Route[]} */
export const ROUTES = [
  {path: '/', title: 'Overview', key: 'o', nav: true, load: () => import('./views/overview.js')},
  {path: '/symbols', title: 'Symbols', key: 's', nav: true, load: () => import('./views/symbols.js')},
  {path: '/symbols/:symbol', title: 'Symbol', load: () => import('./views/symbol.js')},
  {path: '/risk', title: 'Risk', key: 'r', nav: true, load: () => import('./views/risk.js')},
  {path: '/fleet', title: 'Fleet', key: 'f', nav: true, load: () => import('./views/fleet.js')},
  {path: '/quality', title: 'Data quality', key: 'q', nav: true, load: () => import('./views/quality.js')},
  {path: '/alerts', title: 'Alerts', key: 'l', nav: true, load: () => import('./views/alerts.js')},
  {path: '/models', title: 'Models', key: 'm', nav: true, load: () => import('./views/models.js')},
  {path: '/archive', title: 'Archive', key: 'h', nav: true, load: () => import('./views/archive.js')},
  {path: '/audit', title: 'Audit', key: 'a', nav: true, load: () => import('./views/audit.js')},
];
