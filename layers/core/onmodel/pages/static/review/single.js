/** One crop at a time: the view for decisions. */

import { decide, nameButtons } from "./actions.js";
import { CaptionField } from "./caption_field.js";
import { button, byId, element, hue, told } from "./element.js";
import { thumbnail } from "./pictures.js";

const AHEAD = [1, 2, 3, -1]; // pictures that are fetched before they are asked for
const MOST_REFERENCES = 3;
const MOST_ALIKE = 6;
const KINDS = {
  margin: "Name uncertain",
  outlier: "Unlike the others",
  near_duplicate: "Near-duplicate",
  quality: "Low quality",
  caption: "Caption",
  left_out: "In no dataset",
};

export class Single {
  #shown = null;

  constructor(app) {
    this.app = app;
    this.root = byId("single");
    this.caption = new CaptionField(app);
    const act = (verb) => () => this.command({ verb });
    byId("verdicts").append(
      button("Back", { class: "plain", onclick: act("back") }, "←"),
      button("Reject", { class: "reject", onclick: act("reject") }, "R"),
      button("Keep", { class: "keep", onclick: act("keep") }, "K"),
      button("Skip", { class: "plain", onclick: act("skip") }, "→"),
    );
  }

  show() {
    byId("names").replaceChildren(
      ...nameButtons(this.app, (slug) => this.command({ verb: "named", slug })));
    this.#shown = null;
  }

  update() {
    const { session } = this.app;
    const crop = session.current;
    this.root.classList.toggle("empty", crop === undefined);
    if (crop === undefined) return this.#empty();
    if (crop !== this.#shown) this.#another(crop);
    this.#decided(crop);
    return undefined;
  }

  /** Does a command of keys or buttons; false when it is not of this view. */
  command(command) {
    const { session } = this.app;
    const crop = session.current;
    const done = {
      skip: () => this.#go(1),
      back: () => this.#go(-1),
      firstUndecided: () => this.#first(),
      edit: () => this.caption.focus(),
      out: () => this.app.open("grid"),
    }[command.verb];
    if (done) {
      done();
    } else if (crop !== undefined) {
      this.caption.save(); // what is typed belongs to this crop
      if (!decide(this.app, command, [crop])) return false;
      if (command.verb !== "undecide") session.move(1) || this.#atTheEnd();
    }
    this.app.update();
    return true;
  }

  #go(by) {
    this.caption.save();
    if (!this.app.session.move(by)) this.app.say(by < 0 ? "This is the first one" : "This is the last one");
  }

  #first() {
    this.caption.save();
    if (!this.app.session.goToUndecided()) this.app.say("All of these are decided");
  }

  #atTheEnd() {
    const left = this.app.session.list.filter((crop) => this.app.session.decision(crop).verdict === null);
    this.app.say(left.length
      ? `This was the last one; ${left.length.toLocaleString("en")} before it are undecided (Home)`
      : "All of these are decided; what you leave undecided elsewhere is kept");
  }

  #empty() {
    this.#shown = null;
    this.root.dataset.crop = "";
    byId("frame").replaceChildren(element("p", { class: "none", textContent: "Nothing to show with this filter" }));
    byId("frame").removeAttribute("aria-label");
    byId("single-name").textContent = "No pictures";
    byId("place").textContent = "";
    byId("facts").textContent = "";
    for (const id of ["doubts", "references"]) byId(id).replaceChildren();
    byId("stamp").hidden = true;
    byId("alike").hidden = true;
  }

  #another(crop) {
    const { session, pictures } = this.app;
    const item = session.item(crop);
    this.#shown = crop;
    this.root.dataset.crop = crop;
    byId("frame").replaceChildren(pictures.of(item));
    const leftOut = item.left_out && { kind: "left_out", text: item.left_out };
    byId("doubts").replaceChildren(...[leftOut, ...item.doubts].filter(Boolean).map(doubt));
    const isAsNamed = session.shown(crop).character === item.character;
    byId("facts").replaceChildren(
      told(item.film), element("span", { textContent: item.timecode }),
      ...(item.look && isAsNamed ? [told(`look “${item.look}”`)] : []),
      element("span", { textContent: `${item.width} × ${item.height}` }));
    this.caption.show(crop);
    byId("single").querySelector(".side").scrollTop = 0;
    for (const by of AHEAD) {
      const next = session.list[session.at + by];
      if (next !== undefined) pictures.of(session.item(next));
    }
    this.app.at(crop);
    const doubts = item.doubts.map((one) => one.text).join("; ");
    const name = session.nameOf(session.shown(crop).character);
    byId("announcer").textContent =
      `${session.at + 1} of ${session.list.length}. ${name}. ${doubts ? `Doubtful: ${doubts}` : ""}`;
  }

  #decided(crop) {
    const { session } = this.app;
    const { verdict, character } = session.shown(crop);
    const [at, of] = [session.at + 1, session.list.length].map((number) => number.toLocaleString("en"));
    byId("place").textContent = `${at} of ${of}`;
    const heading = byId("single-name");
    heading.className = hue(session, character);
    heading.replaceChildren(character === "" ? "Nobody" : told(session.nameOf(character)));
    byId("frame").setAttribute("aria-label", `Picture: ${session.nameOf(character)}`);
    const stamp = byId("stamp");
    stamp.hidden = verdict === null;
    stamp.textContent = verdict === "rejected" ? "Rejected" : "Kept";
    this.root.dataset.verdict = verdict ?? "";
    for (const one of byId("names").children) {
      const isChosen = session.decision(crop).character === one.dataset.slug;
      one.setAttribute("aria-pressed", String(isChosen));
      one.classList.toggle("is", character === one.dataset.slug);
    }
    this.#references(character);
    this.#alike(crop);
    this.caption.update();
  }

  #references(slug) {
    const { session } = this.app;
    const character = session.characters.find((one) => one.slug === slug);
    const key = character ? character.slug : "";
    const place = byId("references");
    if (place.dataset.of === key && place.childElementCount) return;
    place.dataset.of = key;
    const pictures = (character?.references ?? []).slice(0, MOST_REFERENCES);
    place.replaceChildren(...pictures.map((src, index) =>
      element("img", { src, alt: `Reference ${index + 1} of ${character.name}` })));
  }

  #alike(crop) {
    const { session } = this.app;
    const others = session.alike(crop);
    const place = byId("alike");
    place.hidden = !others.length;
    if (!others.length) return;
    place.replaceChildren(
      element("p", {}, element("b", { textContent: "Looks like " }),
        others.length === 1 ? "one other picture" : `${others.length} other pictures`),
      element("div", { class: "strip" }, ...others.slice(0, MOST_ALIKE).map((one) =>
        element("button", {
          type: "button", class: "picture", onclick: () => this.#open(one),
          "aria-label": `Open the one at ${session.item(one).timecode}`,
        }, thumbnail(session.item(one), 64)))),
      button("Not a match", { class: "quiet", onclick: () => this.#apart([crop, ...others]) }),
    );
  }

  #open(crop) {
    this.caption.save();
    this.app.session.goTo(crop);
    this.app.update();
  }

  #apart(crops) {
    this.app.session.notAMatch(crops);
    this.app.update();
  }
}

function doubt({ kind, text }) {
  return element("li", { class: `doubt ${kind}` },
    element("b", { textContent: KINDS[kind] ?? kind }), " ", told(text));
}
