/** The crops, which of them are shown, where one stands, what was decided, and undo. No DOM. */

import { UNDECIDED, changes, decisionIn, isSame } from "./decisions.js";
import { nameIn, renewed } from "./slugs.js";

/** Steps of undo; a step may hold any number of crops. */
export const MOST_STEPS = 500;

const FILTERS = {
  doubtful: (item) => item.doubts.length > 0,
  undecided: (item, decision) => decision.verdict === null,
  all: () => true,
  rejected: (item, decision) => decision.verdict === "rejected",
  leftOut: (item) => item.left_out !== "",
  unnamed: (item, decision) => (decision.character ?? item.character) === "",
};

export class Session {
  production = "";
  /** Of the command `onmodel`, such as `--local`. */
  stackOptions = "";
  /** @type {{slug: string, name: string, description: string, references: string[]}[]} */
  characters = [];
  /** Whether a state machine goes on when the review is finished. */
  isWaitedFor = false;
  /** Of near-duplicates, as the production's settings have it. */
  threshold = 0.93;
  /** What too many captions have. @type {{text: string, character: string, is_opening: boolean}[]} */
  phrases = [];
  /** As the backend says, before all pages are here. */
  total = 0;
  filter = "doubtful";
  /** The crops that the filter found when it was chosen: none vanishes when it is decided. */
  list = [];
  /** An index into the list. */
  at = 0;
  selection = new Set();

  #items = new Map();
  #groups = new Map();
  #decisions = new Map();
  #history = [];
  #lastChange = null;

  /** @param {(crops: string[]) => void} decided is told of crops that a person decided. */
  constructor(decided = () => {}) {
    this.decided = decided;
  }

  /** Adds a page of the backend, or renews what it says of crops that are here. */
  add(page, cursor = null) {
    this.production = page.production;
    this.stackOptions = page.stack_options;
    this.characters = renewed(this.characters, page.characters);
    this.total = page.total;
    this.isWaitedFor = page.is_waited_for;
    this.threshold = page.threshold;
    this.phrases = page.phrases ?? [];
    for (const item of page.items) {
      const known = this.#items.get(item.crop_id);
      const cut = item.thumbnail;
      const thumbnail = cut && { ...cut, sheet: page.sheets[cut.sheet] };
      this.#items.set(item.crop_id, { ...item, thumbnail, cursor });
      if (known) continue;
      if (item.group) {
        if (!this.#groups.has(item.group)) this.#groups.set(item.group, []);
        this.#groups.get(item.group).push(item.crop_id);
      }
      if (item.correction) this.#decisions.set(item.crop_id, decisionIn(item.correction));
      if (this.#shows(item.crop_id)) this.list.push(item.crop_id);
    }
  }

  get size() {
    return this.#items.size;
  }

  get crops() {
    return [...this.#items.keys()];
  }

  has(crop) {
    return this.#items.has(crop);
  }

  item(crop) {
    return this.#items.get(crop);
  }

  decision(crop) {
    return this.#decisions.get(crop) ?? UNDECIDED;
  }

  /** What holds for a crop after the decision: verdict, character, caption. */
  shown(crop) {
    const item = this.item(crop);
    const decision = this.decision(crop);
    return {
      verdict: decision.verdict,
      character: decision.character ?? item.character,
      caption: decision.caption ?? item.caption,
    };
  }

  /** The other crops of its group of near-duplicates that are no "not a match" of it. */
  alike(crop) {
    const apart = this.decision(crop).not_a_match;
    const group = this.#groups.get(this.item(crop).group) ?? [];
    return group.filter((one) => one !== crop && !apart.includes(one));
  }

  nameOf(slug) {
    if (slug === "") return "nobody";
    return this.characters.find((one) => one.slug === slug)?.name ?? nameIn(slug);
  }

  /** The slug of the character that has this name, in any case; "" when none has. */
  slugNamed(name) {
    const wanted = name.trim().normalize("NFC").toLowerCase();
    return this.characters.find((one) => one.name.toLowerCase() === wanted)?.slug ?? "";
  }

  /** A character that a person names first here, known from now on; its name is kept as typed. */
  addCharacter(slug, name) {
    if (this.characters.some((one) => one.slug === slug)) return;
    this.characters.push({ slug, name, description: "", references: [], isNew: true });
  }

  // ── What is shown ──────────────────────────────────────────────────────────────────────────

  #shows(crop, filter = this.filter) {
    const item = this.#items.get(crop);
    const decision = this.decision(crop);
    return Object.hasOwn(FILTERS, filter)
      ? FILTERS[filter](item, decision)
      : filter === `character:${decision.character ?? item.character}`;
  }

  /** Chooses a filter ("character:buck" for one of them); stays at the same crop where it can. */
  setFilter(filter) {
    const current = this.current;
    this.filter = filter;
    this.list = this.crops.filter((crop) => this.#shows(crop));
    this.at = Math.max(0, this.list.indexOf(current));
  }

  /** How many crops each filter would show now: a Map from the filter. */
  counts() {
    const filters = Object.values(FILTERS);
    const found = filters.map(() => 0);
    const named = new Map(this.characters.map((one) => [one.slug, 0]));
    for (const [crop, item] of this.#items) {
      const decision = this.decision(crop);
      for (let at = 0; at < filters.length; at += 1) if (filters[at](item, decision)) found[at] += 1;
      const slug = decision.character ?? item.character;
      if (named.has(slug)) named.set(slug, named.get(slug) + 1);
    }
    const ofNames = [...named].map(([slug, count]) => [`character:${slug}`, count]);
    return new Map([...Object.keys(FILTERS).map((name, at) => [name, found[at]]), ...ofNames]);
  }

  /** Unnamed crops that look alike: a Map from the cluster to its crops, the largest first. */
  clusters() {
    const found = new Map();
    for (const [crop, item] of this.#items) {
      if (!item.cluster || this.shown(crop).character !== "") continue;
      if (this.decision(crop).verdict !== null) continue;
      if (!found.has(item.cluster)) found.set(item.cluster, []);
      found.get(item.cluster).push(crop);
    }
    return new Map([...found].sort(([, one], [, other]) => other.length - one.length));
  }

  // ── Where one stands ───────────────────────────────────────────────────────────────────────

  get current() {
    return this.list[this.at];
  }

  /** Moves by a number of crops; false at an end. */
  move(by) {
    const to = Math.min(Math.max(this.at + by, 0), this.list.length - 1);
    const moved = to !== this.at && this.list.length > 0;
    if (moved) this.at = to;
    return moved;
  }

  /** Goes to a crop; shows all crops when the filter leaves it out. */
  goTo(crop) {
    if (!this.has(crop)) return false;
    if (!this.list.includes(crop)) this.setFilter("all");
    this.at = this.list.indexOf(crop);
    return true;
  }

  /** Goes to the first undecided crop of the list; false when there is none. */
  goToUndecided() {
    const at = this.list.findIndex((crop) => this.decision(crop).verdict === null);
    if (at >= 0) this.at = at;
    return at >= 0;
  }

  // ── What is decided ────────────────────────────────────────────────────────────────────────

  keep(crops) {
    return this.#decideAgain(crops, changes.keep(), "kept");
  }

  reject(crops) {
    return this.#decideAgain(crops, changes.reject(), "rejected");
  }

  name(crops, slug) {
    const typed = this.characters.find((one) => one.slug === slug && one.isNew)?.name ?? null;
    return this.#decideAgain(crops, changes.name(slug, typed), `named ${this.nameOf(slug)}:`);
  }

  undecide(crops) {
    return this.#decideAgain(crops, changes.undecide(), "made undecided:");
  }

  caption(crop, text) {
    return this.decide([crop], changes.caption(text), "caption of");
  }

  notAMatch(crops) {
    return this.decide(crops, changes.notAMatch(crops), "not a match:");
  }

  /** The last of keep, reject, name and undecide, of these crops; false when there was none. */
  repeat(crops) {
    if (!this.#lastChange) return false;
    this.decide(crops, this.#lastChange.change, this.#lastChange.words);
    return true;
  }

  #decideAgain(crops, change, words) {
    this.#lastChange = { change, words };
    return this.decide(crops, change, words);
  }

  /** Changes decisions as one step of undo. True when any of them is another one than before. */
  decide(crops, change, words) {
    const known = crops.filter((crop) => this.has(crop));
    const changing = known
      .map((crop) => [crop, this.decision(crop), change(this.decision(crop), this.item(crop))])
      .filter(([, before, after]) => !isSame(before, after));
    if (!changing.length) return false;
    const text = `${words} ${this.#described(changing.map(([crop]) => crop))}`;
    this.#remember({ text, before: changing.map(([crop, before]) => [crop, before]) });
    for (const [crop, , after] of changing) this.#decisions.set(crop, after);
    this.decided(changing.map(([crop]) => crop));
    return true;
  }

  /** Takes a decision from elsewhere: the other person's, or an earlier session's. No undo. */
  adopt(crop, decision) {
    if (this.has(crop)) this.#decisions.set(crop, decision);
  }

  #described(crops) {
    if (crops.length > 1) return `${crops.length.toLocaleString("en")} crops`;
    const item = this.item(crops[0]);
    const before = this.shown(crops[0]).character;
    return `${before === "" ? "an unnamed crop" : this.nameOf(before)} at ${item.timecode}`;
  }

  // ── Selection and undo ─────────────────────────────────────────────────────────────────────

  clearSelection() {
    const selected = [...this.selection];
    if (!selected.length) return false;
    const number = selected.length.toLocaleString("en");
    this.#remember({ text: `selection of ${number} cleared`, before: [], selected });
    this.selection.clear();
    return true;
  }

  #remember(step) {
    this.#history.push(step);
    if (this.#history.length > MOST_STEPS) this.#history.shift();
  }

  /** What undo would take back, or "". */
  get undoable() {
    return this.#history.at(-1)?.text ?? "";
  }

  /** Takes the last step back; what it was and its crops, or null when there is none. */
  undo() {
    const step = this.#history.pop();
    if (!step) return null;
    for (const [crop, before] of step.before) this.#decisions.set(crop, before);
    const crops = step.before.map(([crop]) => crop);
    if (step.selected) this.selection = new Set(step.selected);
    if (crops.length) this.decided(crops);
    return { text: step.text, crops };
  }
}
