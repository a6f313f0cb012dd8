/** Who is here and what they may do. */

import {access, ApiError, get, send} from './api.js';
import {learn} from './clock.js';

/** @typedef {'read'|'operate'|'admin'} Role */
/** @typedef {{who: string, role: Role, auth: string, csrf: string|null, version: string, prefix: string, group: string, bootstrap: string|null, now_ms: number}} Answer */

const ORDER = ['read', 'operate', 'admin'];

export class Session {
  /** @param {Answer} answer */
  constructor(answer) {
    this.who = answer.who;
    this.role = answer.role;
    this.auth = answer.auth;
    this.version = answer.version;
    this.prefix = answer.prefix ?? '';
    this.group = answer.group;
    this.bootstrap = answer.bootstrap;
    access.csrf = answer.csrf ?? null;
    learn(answer.now_ms);
  }

  /** @param {Role} role */
  can(role) {
    return ORDER.indexOf(this.role) >= ORDER.indexOf(role);
  }
}

/** The session, or null where a token is needed. */
export async function current() {
  try {
    return new Session(await get('session'));
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

/** Trade a token for a cookie. @param {string} token */
export const signIn = async (token) => new Session(await send('POST', 'session', {body: {token}}));

export async function signOut() {
  await send('DELETE', 'session');
  access.csrf = null;
}
