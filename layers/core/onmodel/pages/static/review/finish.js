/** The end of a review that a machine waits for: what it goes on with, and a question before it does. */

import { button, byId, element } from "./element.js";

const LOOK_MS = 100; // between two looks whether all is saved

export class Finish {
  constructor(app, pause) {
    Object.assign(this, { app, pause });
    this.dialog = byId("finish");
    this.summary = element("p");
    this.dialog.append(
      element("h2", { id: "finish-title", textContent: "Finish the review?" }),
      this.summary,
      element("p", { class: "hint", textContent: "What nobody rejected is kept. Afterwards corrections hold for the next dataset only." }),
      element("div", { class: "actions" },
        button("Finish", { class: "strong", onclick: () => this.#finish() }),
        button("Go on reviewing", { onclick: () => this.dialog.close() }, "Esc")));
  }

  open() {
    const { session } = this.app;
    const counts = session.counts();
    const number = (count) => count.toLocaleString("en");
    const left = session.crops.filter((crop) => session.item(crop).doubts.length && session.decision(crop).verdict === null);
    this.summary.textContent =
      `${number(counts.get("rejected"))} of ${number(session.total)} pictures are rejected. ` +
      (left.length ? `${number(left.length)} doubtful ones are undecided.` : "All doubtful ones are decided.");
    this.dialog.showModal();
  }

  async #finish() {
    this.dialog.close();
    const { app } = this;
    if (!(await this.#isSaved())) {
      app.say("Not all is saved yet: see the notices above");
      return;
    }
    try {
      const { message } = await app.backend.done();
      app.session.isWaitedFor = false;
      app.say(message);
    } catch (fault) {
      app.fault(fault);
      app.say(fault.message);
    }
    app.update();
  }

  async #isSaved() {
    const { saving } = this.app;
    while (saving.unsaved && !saving.failures && !saving.ended && !saving.conflicts.size) {
      await saving.flush();
      await this.pause(LOOK_MS);
    }
    return !saving.unsaved;
  }
}
