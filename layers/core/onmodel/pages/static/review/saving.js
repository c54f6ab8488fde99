/**
 * Sends decisions to the backend while the person goes on. No DOM; the clock and the sender are
 * passed in.
 *
 * A decision is unsaved until the backend answers that it is saved. Unsaved decisions are also
 * written to a store of the browser, so that a closed tab loses none.
 */

import { decisionIn, isSame } from "./decisions.js";

export const MOST_IN_A_BATCH = 100; // the backend takes no more
export const ENDS = new Set(["expired", "closed"]); // codes after which no request succeeds
const GATHER_MS = 300; // quick decisions go in one request
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 15_000;

export class Saving {
  /** @type {Map<string, {mine: object, theirs: object, version: number}>} the other person's */
  conflicts = new Map();
  /** @type {Map<string, string>} crop → why the backend does not take it */
  refused = new Map();
  /** Requests that failed since the last one that did not. */
  failures = 0;
  /** What the last failure said, for people. */
  reason = "";
  /** Why no further request is sent: "expired" or "closed", or "". */
  ended = "";

  #versions = new Map();
  #waiting = new Map();
  #sent = new Map();
  #most = MOST_IN_A_BATCH;
  #timer = null;

  /**
   * @param {object} parts
   * @param {(corrections: object[]) => Promise<object[]>} parts.send rejects with `retry` false and
   *   a `code` when sending again would not help.
   * @param {{write: (corrections: object[]) => void}} parts.store
   * @param {(crop: string, decision: object) => void} parts.adopt takes the other person's decision.
   * @param {() => void} parts.changed is called when any of the public fields may be another one.
   * @param {(run: () => void, ms: number) => any} parts.later
   * @param {(timer: any) => void} parts.cancel
   */
  constructor({ send, store, adopt, changed, later, cancel }) {
    Object.assign(this, { send, store, adopt, changed, later, cancel });
  }

  /** The version of a crop's correction that the page was loaded with; 0 for none. */
  knows(crop, version) {
    if (!this.#versions.has(crop)) this.#versions.set(crop, version);
  }

  versionOf(crop) {
    return this.#versions.get(crop) ?? 0;
  }

  isUnsaved(crop) {
    return this.#waiting.has(crop) || this.#sent.has(crop) || this.conflicts.has(crop);
  }

  /** Decisions that the backend does not have yet. */
  get unsaved() {
    return new Set([...this.#waiting.keys(), ...this.#sent.keys(), ...this.conflicts.keys()]).size;
  }

  get busy() {
    return this.#sent.size > 0;
  }

  /** Saves decisions soon: pairs of a crop and its decision. */
  put(decided) {
    for (const [crop, decision] of decided) {
      const conflict = this.conflicts.get(crop);
      if (conflict) conflict.mine = decision;
      else this.#waiting.set(crop, decision);
      this.refused.delete(crop);
    }
    this.#keep();
    if (!this.failures) this.#schedule(GATHER_MS);
    this.changed();
  }

  /** Takes up corrections of an earlier session, which were made from versions of that time. */
  resume(corrections) {
    for (const { crop_id, version } of corrections) this.#versions.set(crop_id, version);
    this.put(corrections.map((one) => [one.crop_id, decisionIn(one)]));
  }

  /** Sends what waits without further delay. */
  async flush() {
    this.#unschedule();
    if (this.busy || this.ended || !this.#waiting.size) return;
    const batch = [...this.#waiting].slice(0, this.#most);
    for (const [crop, decision] of batch) {
      this.#waiting.delete(crop);
      this.#sent.set(crop, decision);
    }
    this.changed();
    try {
      this.#answered(await this.send(batch.map(([crop, one]) => this.#correction(crop, one))));
    } catch (fault) {
      this.#failed(fault);
    }
    this.#keep();
    this.changed();
  }

  /** The other person's change holds. */
  takeTheirs(crop) {
    const { theirs, version } = this.conflicts.get(crop);
    this.conflicts.delete(crop);
    this.#versions.set(crop, version);
    this.adopt(crop, theirs);
    this.#keep();
    this.changed();
  }

  /** One's own change replaces the other person's. */
  keepMine(crop) {
    const { mine, version } = this.conflicts.get(crop);
    this.conflicts.delete(crop);
    this.#versions.set(crop, version);
    this.put([[crop, mine]]);
  }

  #correction(crop, decision) {
    return { crop_id: crop, version: this.versionOf(crop), ...decision };
  }

  #answered(results) {
    this.failures = 0;
    this.reason = "";
    this.#most = MOST_IN_A_BATCH;
    const answers = new Map(results.map((result) => [result.crop_id, result]));
    for (const [crop, decision] of [...this.#sent]) {
      this.#sent.delete(crop);
      const answer = answers.get(crop);
      if (answer?.saved) this.#versions.set(crop, answer.version);
      else if (answer?.correction) this.#contradicted(crop, decision, answer);
      else this.#refuse(crop, answer?.reason || "this crop is no longer in the production");
    }
    if (this.#waiting.size) this.#schedule(0);
  }

  #contradicted(crop, sent, { correction, version }) {
    const mine = this.#waiting.get(crop) ?? sent;
    const theirs = decisionIn(correction);
    this.#waiting.delete(crop);
    if (isSame(mine, theirs)) this.#versions.set(crop, version);
    else this.conflicts.set(crop, { mine, theirs, version });
  }

  #refuse(crop, reason) {
    this.#waiting.delete(crop);
    this.refused.set(crop, reason);
  }

  #failed(fault) {
    const batch = [...this.#sent];
    this.#sent.clear();
    if (fault.retry === false && !ENDS.has(fault.code) && batch.length === 1) {
      this.#refuse(batch[0][0], fault.message);
      if (this.#waiting.size) this.#schedule(0);
      return;
    }
    const newer = [...this.#waiting];
    this.#waiting = new Map([...batch, ...newer]);
    if (ENDS.has(fault.code)) {
      this.ended = fault.code;
    } else if (fault.retry === false) {
      this.#most = Math.ceil(batch.length / 2); // until the one that is not taken stands alone
      this.#schedule(0);
    } else {
      this.failures += 1;
      this.reason = fault.message;
      this.#schedule(Math.min(FIRST_RETRY_MS * 2 ** (this.failures - 1), LONGEST_RETRY_MS));
    }
  }

  /** Writes what is unsaved to the browser's store. */
  #keep() {
    const conflicting = [...this.conflicts].map(([crop, { mine }]) => [crop, mine]);
    const unsaved = new Map([...conflicting, ...this.#sent, ...this.#waiting]);
    this.store.write([...unsaved].map(([crop, decision]) => this.#correction(crop, decision)));
  }

  #schedule(ms) {
    this.#unschedule();
    this.#timer = this.later(() => this.flush(), ms);
  }

  #unschedule() {
    if (this.#timer !== null) this.cancel(this.#timer);
    this.#timer = null;
  }
}
