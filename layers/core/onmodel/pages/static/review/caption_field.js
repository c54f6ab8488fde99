/** The caption of the crop that is shown: typed, checked while it is typed, stripped by one click. */

import { faultsOf, putRight, written } from "./captions.js";
import { button, byId, element, told } from "./element.js";

export class CaptionField {
  #crop = null;
  /** Texts that could not be saved yet, such as one that is too long: by crop. */
  #drafts = new Map();

  constructor(app) {
    this.app = app;
    this.field = byId("caption");
    this.faults = byId("caption-faults");
    this.field.addEventListener("input", () => this.#check());
    this.field.addEventListener("keydown", (press) => {
      if (press.key !== "Enter" || press.shiftKey || press.isComposing) return;
      press.preventDefault(); // a caption is one line; what is typed stays
      this.field.blur();
    });
    this.field.addEventListener("blur", () => {
      this.save();
      this.app.update();
    });
  }

  show(crop) {
    this.#crop = crop;
    this.#fill();
  }

  update() {
    if (document.activeElement !== this.field) this.#fill();
    else this.#check();
  }

  focus() {
    this.field.focus();
    this.field.setSelectionRange(this.field.value.length, this.field.value.length);
  }

  /** Saves the text as the crop's caption, unless it is the same or has a fault that blocks. */
  save() {
    const { session } = this.app;
    if (this.#crop === null || !session.has(this.#crop)) return;
    const text = written(this.field.value);
    if (text === written(session.shown(this.#crop).caption)) {
      this.#drafts.delete(this.#crop);
    } else if (this.#faults(text).some((fault) => fault.blocks)) {
      this.#drafts.set(this.#crop, this.field.value);
    } else {
      this.#drafts.delete(this.#crop);
      session.caption(this.#crop, text);
    }
  }

  #fill() {
    const text = this.#drafts.get(this.#crop) ?? this.app.session.shown(this.#crop).caption;
    if (this.field.value !== text) this.field.value = text;
    this.#check();
  }

  #faults(text) {
    return faultsOf(text, this.#subject());
  }

  #subject() {
    const { session } = this.app;
    const slug = session.shown(this.#crop).character;
    const others = session.characters.filter((one) => one.slug !== slug);
    const name = slug === "" ? "" : session.nameOf(slug);
    const traits = session.characters.find((one) => one.slug === slug)?.description;
    const phrases = session.phrases.filter((one) => ["", slug].includes(one.character));
    return { name, traits, phrases, others: others.map((one) => one.name) };
  }

  #check() {
    const { session } = this.app;
    const text = this.field.value;
    const untouched = text === "" && session.shown(this.#crop).caption === "";
    const faults = untouched ? [] : this.#faults(text);
    const isDraft = faults.some((fault) => fault.blocks) && text !== session.shown(this.#crop).caption;
    this.field.setAttribute("aria-invalid", String(faults.length > 0));
    const listed = faults.map((fault) =>
      element("li", { class: fault.blocks ? "blocks" : "" }, told(fault.text)));
    const right = untouched ? null : putRight(text, this.#subject());
    if (right !== null) listed.push(element("li", {}, this.#repair(right)));
    if (isDraft) listed.push(element("li", { class: "blocks", textContent: "not saved until this is put right" }));
    const key = JSON.stringify([this.#crop, isDraft, faults, right]);
    if (this.faults.dataset.key === key) return; // nothing new to be read out
    this.faults.dataset.key = key;
    this.faults.replaceChildren(...listed);
  }

  #repair(right) {
    return button(["Put right: ", told(right)], {
      class: "quiet repair",
      onmousedown: (press) => press.preventDefault(), // the field keeps the focus
      onclick: () => this.#take(right),
    });
  }

  #take(text) {
    this.field.value = text;
    this.save();
    this.app.update();
  }
}
