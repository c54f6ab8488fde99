/** Puts the page together: loads the items, passes keys to the view, saves what is decided. */

import { Backend } from "./backend.js";
import { Clusters } from "./clusters.js";
import { decisionIn } from "./decisions.js";
import { byId } from "./element.js";
import { Finish } from "./finish.js";
import { Grid } from "./grid.js";
import { Groups } from "./groups.js";
import { Help } from "./help.js";
import { commandOf } from "./keys.js";
import { Pictures } from "./pictures.js";
import { ENDS, Saving } from "./saving.js";
import { Session } from "./session.js";
import { Single } from "./single.js";
import { Top } from "./top.js";
import { UnsavedStore } from "./unsaved.js";

const TOAST_MS = 4_000;
const PLACE_MS = 500;
const VIEWS = { single: Single, grid: Grid, groups: Groups, clusters: Clusters };

class App {
  view = "single";
  #next = null; // the cursor of the page to load; null at first, undefined when all are here
  #loading = false;
  #renewed = new Set();
  #toast = null;
  #isDue = false;
  #place = "";
  #placing = null;

  constructor() {
    this.storage = browserStorage();
    this.backend = new Backend(document.baseURI, (...request) => fetch(...request), pause);
    this.session = new Session((crops) => this.#decided(crops));
    this.store = new UnsavedStore(null, "", "");
    this.saving = new Saving({
      send: (corrections) => this.backend.save(corrections),
      store: { write: (corrections) => this.store.write(corrections) },
      adopt: (crop, decision) => this.session.adopt(crop, decision),
      changed: () => this.update(),
      later: (run, ms) => setTimeout(run, ms),
      cancel: (timer) => clearTimeout(timer),
    });
    this.pictures = new Pictures((crop) => this.#renew(crop));
    this.help = new Help(this.storage);
    this.finish = new Finish(this, pause);
    this.top = new Top(this);
    this.views = Object.fromEntries(Object.entries(VIEWS).map(([name, View]) => [name, new View(this)]));
    this.#listen();
  }

  // ── Loading ────────────────────────────────────────────────────────────────────────────────

  /** Loads all pages of items, or the rest after a fault. */
  async load() {
    if (this.#loading || this.#next === undefined) return;
    this.#loading = true;
    this.top.problem = "";
    try {
      do await this.#loadPage(); while (this.#next !== undefined);
    } catch (fault) {
      this.fault(fault);
      this.top.problem = this.saving.ended ? "" : `Not all pictures could be loaded: ${fault.message}.`;
      byId("waiting").hidden = true;
    } finally {
      this.#loading = false;
    }
    if (this.session.size) this.views[this.view].loaded?.();
    this.update();
  }

  async #loadPage() {
    const isFirst = this.#next === null;
    const page = await this.backend.items(this.#next);
    this.session.add(page, this.#next);
    for (const { crop_id, correction } of page.items) this.saving.knows(crop_id, correction?.version ?? 0);
    if (isFirst) this.#begin(page.production);
    this.#next = page.next ?? undefined;
    this.#offer();
    this.update();
  }

  #begin(production) {
    document.title = `Review of ${production} · onmodel`;
    byId("waiting").hidden = true;
    this.store = new UnsavedStore(this.storage, production, `${Date.now()}-${Math.random()}`);
    if (!this.session.list.length) this.session.setFilter("all");
    if (!location.hash) this.session.goToUndecided();
    this.#navigate();
  }

  /** What an earlier visit left unsaved, once all the items it may be about are here. */
  #offer() {
    if (this.#next !== undefined) return;
    const { entries, corrections } = this.store.left();
    this.top.offer = null;
    if (!corrections.length) return;
    const done = () => {
      this.store.forget(entries);
      this.top.offer = null;
      this.update();
    };
    const take = () => {
      for (const one of corrections) this.session.adopt(one.crop_id, decisionIn(one));
      this.saving.resume(corrections);
      done();
    };
    this.top.offer = { corrections, take, drop: done };
  }

  /** Another tab, which is still open, has saved what is offered here, or decided otherwise. */
  #offerAgain() {
    if (!this.top.offer) return;
    this.#offer();
    this.update();
  }

  /** Asks for the page of an item again when its picture is gone: addresses expire. */
  async #renew(crop) {
    const { cursor } = this.session.item(crop);
    if (this.#renewed.has(crop)) {
      this.say("This picture cannot be loaded");
      return;
    }
    this.#renewed.add(crop);
    try {
      this.session.add(await this.backend.items(cursor), cursor);
      this.views[this.view].show();
    } catch (fault) {
      this.fault(fault);
    }
    this.update();
  }

  /** Remembers that the review has ended; other faults are told where they arise. */
  fault(fault) {
    if (fault.code === undefined) throw fault;
    if (ENDS.has(fault.code)) this.saving.ended = fault.code;
    this.update();
  }

  // ── Showing ────────────────────────────────────────────────────────────────────────────────

  /** Brings the page up to date, once for all changes of this moment. */
  update() {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      this.top.update();
      if (this.session.size) this.views[this.view].update();
    });
  }

  say(words) {
    clearTimeout(this.#toast);
    byId("toast").textContent = words;
    this.#toast = setTimeout(() => { byId("toast").textContent = ""; }, TOAST_MS);
  }

  open(view) {
    this.#remember();
    const crop = view === "single" ? this.session.current : undefined;
    location.hash = crop === undefined ? view : `${view}/${encodeURIComponent(crop)}`;
  }

  /**
   * Keeps the address at the crop that is shown, so that a reload and the back button find it. Not at
   * once: browsers refuse more than a hundred changes in half a minute.
   */
  at(crop) {
    this.#place = `#single/${encodeURIComponent(crop)}`;
    clearTimeout(this.#placing);
    this.#placing = setTimeout(() => this.#remember(), PLACE_MS);
  }

  #remember() {
    clearTimeout(this.#placing);
    // The address may lead to another view already, before the browser tells of its change.
    const isSingle = location.hash === "" || location.hash.startsWith("#single");
    if (isSingle && this.#place) history.replaceState(null, "", this.#place);
    this.#place = "";
  }

  #navigate() {
    const [view, crop] = location.hash.slice(1).split("/");
    if (this.view === "single") this.views.single.caption.save();
    this.view = Object.hasOwn(VIEWS, view) ? view : "single";
    if (crop) this.session.goTo(cropIn(crop));
    for (const name of Object.keys(VIEWS)) byId(name).hidden = name !== this.view;
    for (const link of byId("views").children) {
      if (link.dataset.view === this.view) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    document.body.dataset.view = this.view;
    this.views[this.view].show();
    this.update();
  }

  // ── Doing ──────────────────────────────────────────────────────────────────────────────────

  #decided(crops) {
    this.saving.put(crops.map((crop) => [crop, this.session.decision(crop)]));
  }

  undo() {
    const step = this.session.undo();
    if (!step) return this.say("Nothing to take back");
    const [crop] = step.crops;
    if (crop !== undefined && this.view === "single") this.session.goTo(crop);
    this.say(`Taken back: ${step.text}`);
    return this.update();
  }

  #press(press) {
    const owner = ownerOf(press.target);
    const command = commandOf(press, { view: this.view, owner });
    if (!command || (!this.help.keysAreOn && press.key.length === 1)) return;
    if (!this.session.size && command.verb !== "help") return;
    press.preventDefault();
    if (command.verb === "leave") press.target.blur();
    else if (command.verb === "undo") this.undo();
    else if (command.verb === "help") this.help.open();
    else this.views[this.view].command(command);
  }

  #listen() {
    document.addEventListener("keydown", (press) => this.#press(press));
    byId("undo").addEventListener("click", () => this.undo());
    byId("help-button").addEventListener("click", () => this.help.open());
    byId("done").addEventListener("click", () => {
      this.views.single.caption.save();
      this.finish.open();
    });
    addEventListener("hashchange", () => this.session.size && this.#navigate());
    addEventListener("online", () => this.saving.flush());
    addEventListener("storage", () => this.#offerAgain());
    document.addEventListener("visibilitychange", () => document.hidden && this.#leave());
    addEventListener("pagehide", () => this.#leave());
  }

  #leave() {
    this.#remember();
    this.views.single.caption.save();
    this.saving.flush();
  }
}

/** A crop's id as the address has it; an address that was cut off or typed names none. */
function cropIn(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function browserStorage() {
  try {
    return globalThis.localStorage;
  } catch {
    return null; // forbidden by the browser's settings
  }
}

/** What kind of control has the focus, for the grammar of keys. */
function ownerOf(target) {
  if (document.querySelector("dialog[open]")) return "dialog";
  if (target.matches?.("textarea, input:not([type=range]):not([type=checkbox])")) return "text";
  if (target.matches?.("input[type=range]")) return "slider";
  return target.closest?.("button, a, summary, input") ? "button" : "";
}

const app = new App();
app.update();
app.load();
