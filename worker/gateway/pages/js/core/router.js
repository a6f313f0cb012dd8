/** Addresses behind the `#`: which view, with which parts and query. */

/** @typedef {{path: string, title: string, key?: string, nav?: boolean, load: () => Promise<any>}} Route */
/** @typedef {{route: Route, params: Record<string, string>, query: URLSearchParams}} Place */

/** @param {string} hash @param {Route[]} routes @returns {Place|null} */
export function match(hash, routes) {
  const [path, query = ''] = hash.replace(/^#/, '').split('?');
  const parts = path.split('/').filter(Boolean);
  for (const route of routes) {
    const wanted = route.path.split('/').filter(Boolean);
    if (wanted.length !== parts.length) continue;
    const params = {};
    const fits = wanted.every((part, at) => {
      if (!part.startsWith(':')) return part === parts[at];
      params[part.slice(1)] = decode(parts[at]);
      return true;
    });
    if (fits) return {route, params, query: new URLSearchParams(query)};
  }
  return null;
}

/** @param {string} part */
function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a stray % in a symbol that somebody typed
  }
}

/** The address of a page: `link('symbols', 'SIM0042')`. @param {...string} parts */
export const link = (...parts) => `#/${parts.map(encodeURIComponent).join('/')}`;
