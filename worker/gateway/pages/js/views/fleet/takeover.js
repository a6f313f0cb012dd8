/** Take-overs as seen from look to look: which partition was without a working owner, in which phases, for how long. Pure. */

/** @typedef {{state: string, at: number}} Phase */
/** @typedef {{partition: number, from: string|null, to: string|null, began: number, phases: Phase[], ended: number|null, unseen?: boolean}} Takeover */

const KEPT = 40;
const BLIP_MS = 2000; // a rebalance that gives a partition back at once is none
const RESTING = new Set(['running', 'idle']);

/** Follows the partitions of the group. */
export class Takeovers {
  /** newest first @type {Takeover[]} */
  all = [];
  #owners = /** @type {Map<number, string|null>} */ (new Map());
  #killed = /** @type {{owners: Set<string>, at: number}|null} */ (null);

  /** Those that go on. */
  get open() {
    return this.all.filter((one) => one.ended === null);
  }

  /** The page was left and is back: what changed meanwhile was not seen, so it is no take-over, and of an open one the end was not seen. */
  resume() {
    this.#owners.clear();
    for (const one of this.open) one.unseen = true;
  }

  /** Somebody killed the owner of these partitions: their take-over begins now, before any broker notices. @param {number[]} partitions @param {number} now */
  kill(partitions, now) {
    for (const partition of partitions) {
      if (this.#of(partition)) continue;
      this.#begin({partition, from: this.#owners.get(partition) ?? null, to: null, began: now, phases: [{state: 'killed', at: now}], ended: null});
    }
  }

  /** One look. @param {any[]} items as `fleet/partitions` has them @param {number} now ms */
  look(items, now) {
    for (const {partition, owner, state} of items) {
      const before = this.#owners.get(partition);
      let one = this.#of(partition);
      const rests = RESTING.has(state);
      if (!one && before !== undefined && (owner !== before || !rests)) {
        one = this.#begin({partition, from: before, to: null, began: now, phases: [], ended: null});
      }
      if (one) this.#advance(one, owner, state, rests, now);
      if (owner !== null || before === undefined) this.#owners.set(partition, owner);
    }
  }

  /** @param {Takeover} one @param {string|null} owner @param {string} state @param {boolean} rests @param {number} now */
  #advance(one, owner, state, rests, now) {
    const killed = one.phases[0]?.state === 'killed';
    if (killed && one.phases.length === 1 && rests && owner === one.from) return; // the group has not noticed yet
    one.to = owner;
    if (one.phases.at(-1)?.state !== state) one.phases.push({state, at: now});
    if (!rests || owner === null) return;
    one.ended = now;
    if (!killed && owner === one.from && now - one.began < BLIP_MS) this.all = this.all.filter((other) => other !== one);
  }

  /** @param {number} partition */
  #of(partition) {
    return this.all.find((one) => one.partition === partition && one.ended === null);
  }

  /** @param {Takeover} one */
  #begin(one) {
    this.all = [one, ...this.all].slice(0, KEPT);
    return one;
  }
}

/** How long each phase lasted, ms; the last one until `now`, or not at all once it has ended. @param {Takeover} one @param {number} now @returns {{state: string, ms: number}[]} */
export function lasted(one, now) {
  return one.phases.map(({state, at}, n) => ({state, ms: (one.phases[n + 1]?.at ?? one.ended ?? now) - at}))
    .filter(({ms}, n) => ms > 0 || n < one.phases.length - 1 || one.ended === null);
}
