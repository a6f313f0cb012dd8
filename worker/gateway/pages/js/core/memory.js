/** What a browser remembers for its user: theme, shortcuts, choices. Never data, never secrets. */

const PREFIX = 'alphapulse.';

/** @param {string} name @param {string} [otherwise] */
export function recall(name, otherwise = '') {
  try {
    return localStorage.getItem(PREFIX + name) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** @param {string} name @param {string} value */
export function remember(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Storage may be forbidden or full: the choice holds until the page is left.
  }
}
