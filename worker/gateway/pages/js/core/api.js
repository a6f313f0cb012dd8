/** Requests to the gateway: problem+json as errors, GETs repeated with a pause, writes with CSRF and an idempotency key. */

const BASE = new URL('api/v1/', document.baseURI);
const PAUSES_MS = [250, 1000, 3000];
const DEADLINE_MS = 20_000;
const REPEATED = new Set([0, 429, 502, 503, 504]);

/** @typedef {{type?: string, title?: string, status?: number, detail?: string, code?: string, fix?: string}} Problem */

/** An answer that is no success. `status` 0: there was none. */
export class ApiError extends Error {
  /** @param {number} status @param {Problem} problem @param {number} [retryAfter] seconds */
  constructor(status, problem, retryAfter = 0) {
    super(problem.detail || problem.title || `the gateway answered ${status}`);
    this.name = 'ApiError';
    this.status = status;
    this.title = problem.title || '';
    this.code = problem.code || '';
    this.fix = problem.fix || '';
    this.retryAfter = retryAfter;
  }
}

/** @type {{csrf: string|null, onUnauthorised: () => void}} */
export const access = {csrf: null, onUnauthorised: () => {}};

/**
 * The address of a resource; parts of a path go through `encodeURIComponent`.
 * @param {string|string[]} path @param {Record<string, unknown>} [query] without those that are null, undefined or ''
 */
export function address(path, query = {}) {
  const url = new URL(Array.isArray(path) ? path.map(encodeURIComponent).join('/') : path, BASE);
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') url.searchParams.set(name, String(value));
  }
  return url;
}

/**
 * Read a resource.
 * @param {string|string[]} path @param {{query?: Record<string, unknown>, signal?: AbortSignal}} [options]
 * @returns {Promise<any>}
 */
export async function get(path, {query, signal} = {}) {
  for (let tries = 0; ; tries += 1) {
    try {
      return await ask('GET', address(path, query), {signal});
    } catch (error) {
      if (!(error instanceof ApiError) || !REPEATED.has(error.status) || tries >= PAUSES_MS.length) throw error;
      await pause(Math.max(PAUSES_MS[tries], error.retryAfter * 1000), signal);
    }
  }
}

/**
 * Read a resource that is a file. @param {string|string[]} path @param {{query?: Record<string, unknown>, signal?: AbortSignal}} [options]
 * @returns {Promise<Response>} a success, whose body is still to come
 */
export const file = (path, {query, signal} = {}) => ask('GET', address(path, query), {signal, headers: {Accept: '*/*'}, read: (answer) => answer});

/**
 * Write: never repeated by itself. The same `key` repeats safely after a lost answer.
 * @param {'POST'|'PUT'|'DELETE'} method @param {string|string[]} path
 * @param {{query?: Record<string, unknown>, body?: unknown, headers?: Record<string, string>, key?: string, signal?: AbortSignal}} [options]
 * @returns {Promise<any>}
 */
export function send(method, path, {query, body, headers = {}, key = token(), signal} = {}) {
  const more = {...headers, 'Idempotency-Key': key};
  if (access.csrf) more['X-CSRF-Token'] = access.csrf;
  return ask(method, address(path, query), {body, headers: more, signal});
}

/**
 * @param {string} method @param {URL} url
 * @param {{body?: unknown, headers?: Record<string, string>, signal?: AbortSignal, read?: (answer: Response) => any}} options
 */
async function ask(method, url, {body, headers = {}, signal, read = (answer) => answer.json()}) {
  const late = AbortSignal.timeout(DEADLINE_MS);
  /** @type {RequestInit} */
  const init = {method, headers: {Accept: 'application/json', ...headers}, credentials: 'same-origin', cache: 'no-cache'};
  init.signal = signal ? AbortSignal.any([signal, late]) : late;
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers['Content-Type'] = 'application/json';
  }
  let answer;
  try {
    answer = await fetch(url, init);
    if (answer.ok) return answer.status === 204 ? null : await read(answer);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    const detail = late.aborted ? 'the gateway did not answer in time' : answer ? 'the answer of the gateway can’t be read' : 'the gateway can’t be reached';
    throw new ApiError(0, {title: 'No answer', detail, fix: 'This page tries again by itself.'});
  }
  throw await refused(answer);
}

/** @param {Response} answer */
export async function refused(answer) {
  let problem = {};
  try {
    problem = await answer.json();
  } catch {
    problem = {detail: `the gateway answered ${answer.status} ${answer.statusText}`};
  }
  if (answer.status === 401) access.onUnauthorised();
  return new ApiError(answer.status, problem, Number(answer.headers.get('Retry-After')) || 0);
}

/** A key that no other write has; `crypto.randomUUID` exists on secure origins only. */
export function token() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** @param {number} ms @param {AbortSignal} [signal] @returns {Promise<void>} */
export function pause(ms, signal) {
  return new Promise((done, failed) => {
    if (signal?.aborted) return failed(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      failed(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      done();
    }, ms);
    signal?.addEventListener('abort', stop, {once: true});
  });
}
