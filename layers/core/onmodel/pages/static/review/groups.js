/** Near-duplicates at another threshold, from the vectors that are stored; decided by the group. */

import { card } from "./cards.js";
import { button, byId, element } from "./element.js";
import { inWords } from "./decisions.js";

const LEAST = 0.8;
const GREATEST = 0.995;
const STEP = 0.005;
const PATIENCE_MS = 120; // between the slider's last movement and the question
const MOST_CARDS = 60; // at first; each more is asked for
const NOT_COMPARED = "A folder has no vectors to compare: review the production for this.";

export class Groups {
  #asked = 0;
  #timer = null;
  #threshold = null;
  #cards = [];

  constructor(app) {
    this.app = app;
    this.root = byId("groups");
    this.slider = element("input", {
      type: "range", id: "threshold", min: LEAST, max: GREATEST, step: STEP,
      "aria-describedby": "threshold-hint", oninput: () => this.#slid(),
    });
    this.output = element("output", { class: "sum", for: "threshold" });
    this.number = element("output", { for: "threshold", });
    this.list = element("div", { class: "list" });
    this.saved = element("code");
    this.root.append(
      element("header", { class: "heading" },
        element("h1", { id: "groups-title", textContent: "Near-duplicates" }),
        this.output,
        element("div", { class: "slider" },
          element("label", { for: "threshold" }, "Alike from ", this.number),
          this.slider,
          element("p", { class: "hint", id: "threshold-hint" },
            "To the left more pictures count as the same; nothing is changed by looking, and nothing is paid. To keep it for later runs: ",
            this.saved))),
      this.list);
  }

  show() {
    if (this.#threshold === null) {
      this.slider.value = this.app.session.threshold;
      this.#read();
      this.output.textContent = "Comparing the pictures …";
    }
    this.#ask();
  }

  /** All items are here, of which the groups may have some. */
  loaded() {
    this.#ask();
  }

  #read() {
    this.#threshold = Number(this.slider.value);
    this.number.textContent = this.#threshold.toFixed(3);
  }

  update() {
    for (const one of this.#cards) one.update();
  }

  command(command) {
    if (command.verb !== "out") return false;
    this.app.open("grid");
    return true;
  }

  #slid() {
    this.#read();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), PATIENCE_MS);
  }

  async #ask() {
    const asked = ++this.#asked;
    this.root.setAttribute("aria-busy", "true");
    try {
      const answer = await this.app.backend.groups(this.#threshold);
      if (asked === this.#asked) this.#answered(answer);
    } catch (fault) {
      this.output.textContent = `The groups cannot be shown: ${fault.message}`;
      this.app.fault(fault);
    } finally {
      if (asked === this.#asked) this.root.removeAttribute("aria-busy");
    }
  }

  #answered({ threshold, kept, of, groups }) {
    const { session } = this.app;
    const number = (count) => count.toLocaleString("en");
    this.output.textContent = `${number(of)} → ${number(kept)} pictures`;
    const name = session.production.replaceAll("'", "'\\''");
    const command = `onmodel dedup -p '${name}' --threshold ${threshold} --save ${session.stackOptions}`;
    this.saved.textContent = command.trim();
    const here = groups
      .map((crops) => ({ crops: crops.filter((crop) => session.has(crop)), all: crops.length }))
      .filter(({ crops }) => crops.length > 1 && !areApart(session, crops));
    this.#cards = [];
    this.list.replaceChildren();
    if (!here.length) this.list.append(element("p", { class: "none", textContent: of ? "No pictures are this alike." : NOT_COMPARED }));
    this.#more(here);
  }

  #more(groups) {
    const some = groups.slice(0, MOST_CARDS).map(({ crops, all }) => new Group(this.app, crops, all));
    this.#cards.push(...some);
    this.list.append(...some.map((one) => one.root));
    const rest = groups.slice(MOST_CARDS);
    if (!rest.length) return;
    const more = button(`${rest.length.toLocaleString("en")} more groups`, {
      class: "quiet more", onclick: () => { more.remove(); this.#more(rest); },
    });
    this.list.append(more);
  }
}

/** One group: the best crop is kept and the rest rejected, or they are no match, or all go. */
class Group {
  constructor(app, crops, all) {
    this.app = app;
    this.crops = crops;
    const { session } = app;
    this.best = crops[0]; // as the pipeline would keep it
    const elsewhere = all - crops.length;
    const act = (run) => () => { run(); app.update(); };
    this.root = card(app, crops, {
      title: `${all} pictures${elsewhere ? `, ${elsewhere} of them not in this dataset` : ""}`,
      words: (crop) => `${crop === this.best ? "The best one, " : ""}${session.item(crop).timecode}: make it the one that is kept`,
      picture: () => {},
      chosen: (crop) => { this.best = crop; app.update(); },
      actions: [
        button("Keep the best", { class: "keep", onclick: act(() => this.#keepBest()) }),
        button("Not a match", { class: "plain", onclick: act(() => session.notAMatch(crops)) }),
        button("Keep all", { class: "plain", onclick: act(() => session.keep(crops)) }),
        button("Reject all", { class: "reject", onclick: act(() => session.reject(crops)) }),
      ],
    });
    this.update();
  }

  update() {
    const { session } = this.app;
    for (const node of this.root.querySelectorAll("[data-crop]")) {
      const verdict = session.decision(node.dataset.crop).verdict;
      node.classList.toggle("best", node.dataset.crop === this.best);
      node.dataset.verdict = verdict ?? "";
      node.querySelector(".verdict").textContent = { kept: "Kept", rejected: "Rejected" }[verdict] ?? (node.dataset.crop === this.best ? "Best" : "");
    }
    const apart = areApart(session, this.crops);
    this.root.classList.toggle("done", apart || this.crops.every((crop) => session.decision(crop).verdict !== null));
    const words = this.crops.map((crop) => inWords(session.decision(crop), () => ""));
    this.root.querySelector(".state").textContent = apart
      ? "Not a match: remembered for every later run"
      : words.every((word) => word === "undecided") ? "" : tally(words);
  }

  #keepBest() {
    const { session } = this.app;
    const change = (decision, item) =>
      ({ ...decision, verdict: item.crop_id === this.best ? "kept" : "rejected" });
    session.decide(this.crops, change, "kept the best of");
  }
}

function areApart(session, crops) {
  const [first, ...rest] = crops;
  return rest.every((crop) => session.decision(first).not_a_match.includes(crop));
}

function tally(words) {
  const kept = words.filter((word) => word.startsWith("kept") || word.startsWith("named")).length;
  const rejected = words.filter((word) => word.startsWith("rejected")).length;
  return [kept && `${kept} kept`, rejected && `${rejected} rejected`].filter(Boolean).join(", ");
}
