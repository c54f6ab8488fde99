/** Unnamed crops that look alike, named together: one click or key names a whole group. */

import { NUMBERED, nameButtons } from "./actions.js";
import { card } from "./cards.js";
import { button, byId, element } from "./element.js";
import { slugOf } from "./slugs.js";

export class Clusters {
  #cards = [];

  constructor(app) {
    this.app = app;
    this.root = byId("clusters");
    this.list = element("div", { class: "list" });
    this.root.append(
      element("header", { class: "heading" },
        element("h1", { id: "clusters-title", textContent: "Unnamed, by likeness" }),
        element("p", { class: "hint", textContent: "Click pictures that do not belong to take them out; then say who it is. Keys name the first group that is not done, or the one that you are in." })),
      this.list);
  }

  show() {
    const clusters = [...this.app.session.clusters().values()];
    this.#cards = clusters.map((crops) => new Cluster(this.app, crops));
    this.list.replaceChildren(...this.#cards.map((one) => one.root));
    if (!clusters.length) {
      this.list.append(element("p", { class: "none", textContent: "No unnamed pictures are left that look alike." }));
    }
  }

  /** All items are here: there may be more groups. */
  loaded() {
    this.show();
  }

  update() {
    for (const one of this.#cards) one.update();
  }

  command(command) {
    if (command.verb === "out") {
      this.app.open("grid");
      return true;
    }
    const inside = this.#cards.find((one) => one.root.contains(document.activeElement));
    const target = inside ?? this.#cards.find((one) => !one.isDone);
    const { session } = this.app;
    const done = {
      nobody: () => target.name(""),
      name: () => this.#byNumber(target, command.number),
      reject: () => target.reject(),
    }[command.verb];
    if (!done || !target) return false;
    done();
    this.app.update();
    if (target.isDone) this.#cards.find((one) => !one.isDone)?.root.focus();
    return session.size > 0;
  }

  #byNumber(target, number) {
    const character = number <= NUMBERED ? this.app.session.characters[number - 1] : undefined;
    if (character) target.name(character.slug);
    else this.app.say(`There is no character ${number}`);
  }
}

/** The slug of a typed name; "" after saying why there is none. */
async function slugFor(typed, app) {
  const { session } = app;
  const name = typed.trim().replace(/\s+/gu, " ").normalize("NFC");
  if (!name) {
    app.say("Write a name first");
    return "";
  }
  const known = session.slugNamed(name);
  if (known) return known;
  const own = slugOf(name);
  if (own && !session.characters.some((one) => one.slug === own)) {
    session.addCharacter(own, name);
    return own;
  }
  try {
    const made = await app.backend.character(name);
    session.addCharacter(made.slug, made.name);
    return made.slug;
  } catch (fault) {
    app.say(fault.code === "unreachable" ? "This name needs a connection: try again, or write it in letters of a to z" : fault.message);
    return "";
  }
}

class Cluster {
  #left = new Set();

  constructor(app, crops) {
    this.app = app;
    this.crops = crops;
    const act = (run) => () => { run(); app.update(); };
    this.root = card(app, crops, {
      title: crops.length === 1 ? "1 picture" : `${crops.length} pictures`,
      words: (crop) => `${app.session.item(crop).timecode}: take it out, or back in`,
      picture: (crop, node) => this.#mark(crop, node),
      chosen: (crop) => {
        if (!this.#left.delete(crop)) this.#left.add(crop);
        app.update();
      },
      actions: [
        ...nameButtons(app, (slug) => act(() => this.name(slug))()),
        this.#newName(),
        button("Reject", { class: "reject", onclick: act(() => this.reject()) }, "R"),
      ],
    });
    this.root.classList.add("cluster");
    this.update();
  }

  get #taken() {
    return this.crops.filter((crop) => !this.#left.has(crop));
  }

  get isDone() {
    return this.#taken.every((crop) => this.app.session.decision(crop).verdict !== null);
  }

  /** A field for a name that is not known yet, as people write it. */
  #newName() {
    const field = element("input", {
      type: "text", "aria-label": "A new name", placeholder: "A new name", autocomplete: "off", maxLength: 60,
    });
    const submit = element("button", { type: "submit", textContent: "Name" });
    const take = async () => {
      submit.disabled = true; // once is enough
      const slug = await slugFor(field.value, this.app).finally(() => { submit.disabled = false; });
      if (!slug) return;
      this.name(slug);
      this.app.update();
    };
    return element("form", { class: "new-name", onsubmit: (event) => { event.preventDefault(); take(); } },
      field, submit);
  }

  name(slug) {
    this.app.session.name(this.#taken, slug);
  }

  reject() {
    this.app.session.reject(this.#taken);
  }

  update() {
    const { session } = this.app;
    for (const node of this.root.querySelectorAll("[data-crop]")) this.#mark(node.dataset.crop, node);
    this.root.classList.toggle("done", this.isDone);
    const [first] = this.#taken;
    const { verdict, character } = first ? session.shown(first) : {};
    const number = this.#taken.length === this.crops.length ? "" : `${this.#taken.length} of them `;
    this.root.querySelector(".state").textContent = !first || verdict === null
      ? number && `${number}chosen`
      : verdict === "rejected" ? `${number}rejected` : `${number}named ${session.nameOf(character)}`;
  }

  #mark(crop, node) {
    const isOut = this.#left.has(crop);
    node.classList.toggle("out", isOut);
    node.setAttribute("aria-pressed", String(!isOut));
    const { verdict } = this.app.session.decision(crop);
    node.dataset.verdict = verdict ?? "";
    node.querySelector(".verdict").textContent = isOut ? "Left out" : { kept: "Named", rejected: "Rejected" }[verdict] ?? "";
  }
}
