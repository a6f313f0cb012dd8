/** The event stream as text: lines to events, and which records of it are new. Pure. */

/** @typedef {{type: string, data: string, id: string}} Message */

/** Turns pieces of a stream, cut anywhere, into messages. */
export class Parser {
  #rest = '';
  #type = '';
  #data = /** @type {string[]} */ ([]);
  /** the newest id, also of messages without data */
  id = '';

  /** @param {string} piece @returns {Message[]} */
  push(piece) {
    const messages = [];
    const lines = (this.#rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const message = this.#line(line);
      if (message) messages.push(message);
    }
    return messages;
  }

  /** @param {string} line @returns {Message|null} */
  #line(line) {
    if (line === '') {
      const message = this.#data.length ? {type: this.#type || 'message', data: this.#data.join('\n'), id: this.id} : null;
      this.#type = '';
      this.#data = [];
      return message;
    }
    const at = line.indexOf(':');
    if (at === 0) return null; // a comment: the heartbeat
    const name = at < 0 ? line : line.slice(0, at);
    const value = at < 0 ? '' : line.slice(at + 1).replace(/^ /, '');
    if (name === 'event') this.#type = value;
    else if (name === 'data') this.#data.push(value);
    else if (name === 'id' && !value.includes('\0')) this.id = value;
    return null;
  }
}

/**
 * Read an id: `decisions=0:123,1:456;portfolio=0:9` names the next offset of each partition of each topic.
 * @param {string} id @returns {Map<string, Map<number, number>>}
 */
export function offsets(id) {
  const found = new Map();
  for (const part of id.split(';')) {
    const [topic, places] = part.split('=');
    if (!topic || places === undefined) continue;
    const of = new Map();
    for (const place of places.split(',')) {
      const [partition, offset] = place.split(':').map(Number);
      if (Number.isInteger(partition) && Number.isInteger(offset)) of.set(partition, offset);
    }
    found.set(topic, of);
  }
  return found;
}

/** Remembers how far each partition was shown, so that a record that comes again is not shown again. */
export class Shown {
  #next = new Map();

  /**
   * The records of one message that were not shown yet. Within it their order says nothing: the newest of each symbol come by symbol.
   * @template {{partition?: number, offset?: number}} T @param {string} topic @param {T[]} items @returns {T[]}
   */
  fresh(topic, items) {
    const next = new Map();
    const found = items.filter(({partition, offset}) => {
      if (!Number.isInteger(partition) || !Number.isInteger(offset)) return true; // no record of a topic, as the state of the fleet
      const key = `${topic} ${partition}`;
      if (offset < (this.#next.get(key) ?? 0)) return false;
      next.set(key, Math.max(next.get(key) ?? 0, offset + 1));
      return true;
    });
    for (const [key, offset] of next) this.#next.set(key, offset);
    return found;
  }

  /** Forget a topic: it begins anew after a reset. @param {string} topic */
  forget(topic) {
    for (const key of [...this.#next.keys()]) if (key.startsWith(`${topic} `)) this.#next.delete(key);
  }
}
