/** One intent of an operator: written once, however often its answer is lost. Pure but for what it is given. */

const PAUSES_MS = [400, 1200, 3000];
const UNKNOWN = new Set([0, 502, 503, 504]);

/** @typedef {{query?: Record<string, unknown>, body?: unknown, headers?: Record<string, string>}} Request */

/** Whether a write may have happened although it failed. @param {any} error */
export const unknown = (error) => UNKNOWN.has(error?.status);

/**
 * A sender that repeats a write whose answer was lost under the same key, also when the user asks again later;
 * another request, or the next one after an answer, gets a key of its own.
 * @param {{send: Function, token: () => string, pause: (ms: number) => Promise<void>}} api
 * @param {(tries: number) => void} [repeated] before each repetition
 * @returns {(method: 'POST'|'PUT'|'DELETE', path: string|string[], request?: Request) => Promise<any>}
 */
export function writer(api, repeated = () => {}) {
  let key = '';
  let last = '';
  return async (method, path, request = {}) => {
    const asked = JSON.stringify([method, path, request]);
    if (asked !== last) {
      key = api.token();
      last = asked;
    }
    for (let tries = 0; ; tries += 1) {
      try {
        const answer = await api.send(method, path, {...request, key});
        last = '';
        return answer;
      } catch (error) {
        if (!unknown(error) || tries >= PAUSES_MS.length) throw error;
        repeated(tries + 1);
        await api.pause(PAUSES_MS[tries]);
      }
    }
  };
}
