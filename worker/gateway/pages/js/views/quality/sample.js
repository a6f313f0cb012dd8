/** Bytes of strangers, readable and inert: as text with everything invisible spelled out, and as hex. Pure. */

const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;
const WIDTH = 16;

/**
 * The bytes of a payload; null where there are none.
 * @param {{text?: string|null, base64?: string|null}|null|undefined} payload @returns {Uint8Array|null}
 */
export function bytes(payload) {
  if (typeof payload?.text === 'string') return new TextEncoder().encode(payload.text);
  if (typeof payload?.base64 !== 'string') return null;
  try {
    return Uint8Array.from(atob(payload.base64), (sign) => sign.charCodeAt(0));
  } catch {
    return null;
  }
}

/** As text: lines stay, what can't be seen or turns the direction of reading is spelled out. @param {Uint8Array} raw @returns {string} */
export function asText(raw) {
  return new TextDecoder().decode(raw).replace(INVISIBLE, (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`);
}

/** Lines of sixteen bytes: their place, the bytes, what of them is ASCII. @param {Uint8Array} raw @param {number} [most] bytes @returns {string} */
export function asHex(raw, most = 16_384) {
  const lines = [];
  for (let at = 0; at < Math.min(raw.length, most); at += WIDTH) {
    const part = [...raw.subarray(at, Math.min(at + WIDTH, most))];
    const hex = part.map((one) => one.toString(16).padStart(2, '0'));
    const sides = [hex.slice(0, 8).join(' '), hex.slice(8).join(' ')];
    const ascii = part.map((one) => (one >= 0x20 && one < 0x7f ? String.fromCharCode(one) : '·')).join('');
    lines.push(`${at.toString(16).padStart(6, '0')}  ${sides[0].padEnd(23)}  ${sides[1].padEnd(23)}  ${ascii}`);
  }
  if (raw.length > most) lines.push(`… ${raw.length - most} bytes more`);
  return lines.join('\n');
}
