/** The head of the page: filters, whether all is saved, what undo takes back; and the notices. */

import { button, byId, element, hue, told } from "./element.js";
import { inWords } from "./decisions.js";

const WORDS = { doubtful: "Doubtful", undecided: "Undecided", all: "All", leftOut: "Left out", unnamed: "Unnamed", rejected: "Rejected" };
const ENDED = {
  expired: "This link has expired; ask for a new one. ",
  closed: "This review is over: its dataset is made. ",
};
const MOST_CONFLICTS = 3; // shown at a time

export class Top {
  constructor(app) {
    this.app = app;
    /** @type {{corrections: object[], take: () => void, drop: () => void}|null} an earlier session's */
    this.offer = null;
    /** @type {string} a fault of loading, for people */
    this.problem = "";
  }

  update() {
    this.#filters();
    this.#saving();
    this.#notices();
    const { session } = this.app;
    byId("production").textContent = session.production || "…";
    byId("done").hidden = !session.isWaitedFor;
    const undo = byId("undo");
    undo.disabled = !session.undoable;
    undo.setAttribute("aria-label", session.undoable ? `Undo: ${session.undoable}` : "Undo");
    undo.title = session.undoable;
  }

  #filters() {
    const { session } = this.app;
    const counts = session.counts();
    const place = byId("filters");
    const names = [...counts.keys()];
    if (place.dataset.names !== names.join()) {
      place.dataset.names = names.join();
      place.replaceChildren(...names.map((name) => this.#chip(name)));
    }
    for (const chip of place.children) {
      chip.setAttribute("aria-pressed", String(chip.dataset.filter === session.filter));
      chip.querySelector(".count").textContent = counts.get(chip.dataset.filter).toLocaleString("en");
    }
  }

  #chip(name) {
    const { session } = this.app;
    const slug = name.startsWith("character:") ? name.slice("character:".length) : null;
    const label = slug === null ? WORDS[name] : told(session.nameOf(slug));
    return element("button", {
      type: "button", class: `chip ${slug === null ? "" : hue(session, slug)}`, "data-filter": name,
      onclick: () => { session.setFilter(name); this.app.update(); },
    }, slug !== null && element("i", { class: "dot" }), label, " ", element("span", { class: "count" }));
  }

  #saving() {
    const { saving, session } = this.app;
    const place = byId("saving");
    const number = saving.unsaved.toLocaleString("en");
    const loaded = session.size < session.total ? `${session.size.toLocaleString("en")} of ${session.total.toLocaleString("en")} loaded` : "";
    const state = saving.ended || saving.failures ? "bad" : saving.unsaved ? "busy" : "good";
    place.dataset.state = state;
    const words = {
      bad: `${number} not saved`,
      busy: `saving ${number} …`,
      good: loaded || "All saved",
    }[state];
    if (place.textContent !== words) place.textContent = words;
  }

  #notices() {
    const notices = [
      ...this.#problems(),
      ...[...this.app.saving.conflicts].slice(0, MOST_CONFLICTS).map(([crop]) => this.#conflict(crop)),
    ];
    const place = byId("notices");
    const key = JSON.stringify(notices.map((one) => one.textContent));
    place.hidden = !notices.length;
    if (place.dataset.key === key) return;
    place.dataset.key = key;
    place.replaceChildren(...notices);
  }

  #problems() {
    const { saving } = this.app;
    const found = [];
    const decisions = saving.unsaved === 1
      ? "One decision is"
      : `${saving.unsaved.toLocaleString("en")} decisions are`;
    if (saving.ended) {
      found.push(notice("bad", ENDED[saving.ended], saving.unsaved
        ? `${decisions} not saved. They stay in this browser: open a new link here, and they are offered to you.`
        : "All that you decided is saved."));
    } else if (saving.failures) {
      const times = saving.failures === 1 ? "once" : `${saving.failures} times`;
      found.push(notice("bad", `${decisions} not saved yet: ${saving.reason}, tried ${times}. `,
        "You can go on; they are kept in this browser and sent again. ",
        button("Try now", { class: "quiet", onclick: () => saving.flush() })));
    }
    if (!this.app.store.works && saving.unsaved) {
      found.push(notice("bad", "This browser keeps nothing for later: leave the page open until all is saved."));
    }
    if (this.problem) {
      found.push(notice("bad", this.problem, " ", button("Try again", { class: "quiet", onclick: () => this.app.load() })));
    }
    for (const [crop, reason] of saving.refused) {
      found.push(notice("bad", `The decision about ${crop} was not taken: ${reason}. `,
        button("Understood", { class: "quiet", onclick: () => { saving.refused.delete(crop); this.app.update(); } })));
    }
    if (this.offer) {
      const left = this.offer.corrections.length;
      found.push(notice("", `${left === 1 ? "One decision" : `${left.toLocaleString("en")} decisions`} of an earlier visit ${left === 1 ? "was" : "were"} not saved. `,
        button("Save now", { class: "strong", onclick: this.offer.take }),
        button("Discard", { class: "quiet", onclick: this.offer.drop })));
    }
    return found;
  }

  #conflict(crop) {
    const { saving, session } = this.app;
    const { mine, theirs } = saving.conflicts.get(crop);
    const nameOf = (slug) => session.nameOf(slug);
    const where = session.has(crop) ? `at ${session.item(crop).timecode}` : crop;
    return notice("",
      `Somebody else, or you in another tab, decided about the picture ${where} meanwhile. Theirs: `, told(inWords(theirs, nameOf)),
      ". Yours: ", told(inWords(mine, nameOf)), ". ",
      button("Take theirs", { class: "strong", onclick: () => saving.takeTheirs(crop) }),
      button("Keep mine", { class: "quiet", onclick: () => saving.keepMine(crop) }),
      button("Look", { class: "quiet", onclick: () => { session.goTo(crop); this.app.open("single"); this.app.update(); } }));
  }
}

function notice(kind, ...words) {
  return element("p", { class: `notice ${kind}` }, ...words);
}
