/** Unsaved decisions in the browser's own store: what a closed tab or a dead battery leaves behind. */

const PREFIX = "onmodel.review.";

export class UnsavedStore {
  /**
   * @param {Storage} storage localStorage, or null where the browser has none.
   * @param {string} production
   * @param {string} tab an id of this page load: two tabs never write the same entry.
   */
  constructor(storage, production, tab) {
    this.storage = storage;
    this.prefix = `${PREFIX}${production}/`;
    this.key = this.prefix + tab;
    /** False when the browser keeps nothing, so that a closed tab would lose unsaved work. */
    this.works = storage !== null;
  }

  write(corrections) {
    try {
      if (corrections.length) this.storage.setItem(this.key, JSON.stringify(corrections));
      else this.storage.removeItem(this.key);
    } catch {
      this.works = false; // full, or forbidden; the page says so
    }
  }

  /** What other tabs left unsaved: corrections, and the entries that hold them. */
  left() {
    const entries = [];
    const corrections = new Map();
    for (const key of this.#keys()) {
      if (!key.startsWith(this.prefix) || key === this.key) continue;
      entries.push(key);
      for (const one of this.#read(key)) corrections.set(one.crop_id, one);
    }
    return { entries, corrections: [...corrections.values()] };
  }

  forget(entries) {
    for (const key of entries) this.storage.removeItem(key);
  }

  #keys() {
    try {
      return Object.keys(this.storage ?? {});
    } catch {
      return [];
    }
  }

  #read(key) {
    try {
      const read = JSON.parse(this.storage.getItem(key));
      return Array.isArray(read) ? read.filter((one) => typeof one?.crop_id === "string") : [];
    } catch {
      return []; // somebody else's, or cut off
    }
  }
}
