/** The list of keys, and the switch that turns keys of one letter off. */

import { button, byId, element } from "./element.js";
import { GRID_HELP, HELP } from "./keys.js";

const SWITCH = "onmodel.review.keys";

export class Help {
  constructor(storage) {
    this.storage = storage;
    this.dialog = byId("help");
    /** False when a person turned keys off: dictation and some screen readers press letters. */
    this.keysAreOn = storage?.getItem(SWITCH) !== "off";
    const on = element("input", {
      type: "checkbox", checked: this.keysAreOn, onchange: () => this.#turn(on.checked),
    });
    this.dialog.append(
      element("h2", { id: "help-title", textContent: "Keys" }),
      table("Decide", HELP),
      table("In the grid", GRID_HELP),
      element("p", { class: "hint", textContent: "What you do not decide is kept. Everything is saved as you go; you can close the page and come back." }),
      element("label", { class: "switch" }, on, " Commands of one letter or digit"),
      button("Close", { class: "strong", onclick: () => this.dialog.close() }, "Esc"),
    );
  }

  open() {
    if (!this.dialog.open) this.dialog.showModal();
  }

  #turn(on) {
    this.keysAreOn = on;
    try {
      this.storage?.setItem(SWITCH, on ? "on" : "off");
    } catch {
      // holds until the page is closed
    }
  }
}

function table(title, rows) {
  return element("table", {},
    element("caption", { textContent: title }),
    element("tbody", {}, ...rows.map(([keys, words]) => element("tr", {},
      element("th", { scope: "row" }, ...keys.map((key) =>
        /^(…|\+)$/.test(key) ? ` ${key} ` : element("kbd", { textContent: key }))),
      element("td", { textContent: words })))));
}
