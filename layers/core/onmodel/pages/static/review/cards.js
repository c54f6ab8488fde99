/** A card for several crops that are decided together: near-duplicates, or unnamed ones alike. */

import { element } from "./element.js";
import { thumbnail } from "./pictures.js";

const SIDE = 96; // pixels of a thumbnail
const MOST = 24; // thumbnails of a card at first

/**
 * @param {object} app
 * @param {string[]} crops
 * @param {{title: Node|string, actions: Node[], picture: (crop: string, node: HTMLElement) => void,
 *   chosen: (crop: string) => void, words: (crop: string) => string}} parts
 */
export function card(app, crops, { title, actions, picture, chosen, words }) {
  const strip = element("div", { class: "strip" });
  const add = (some) => strip.append(...some.map((crop) => {
    const node = element("button", {
      type: "button", class: "picture", "data-crop": crop, "aria-label": words(crop),
      onclick: () => chosen(crop),
    }, thumbnail(app.session.item(crop), SIDE), element("span", { class: "verdict" }));
    picture(crop, node);
    return node;
  }));
  add(crops.slice(0, MOST));
  if (crops.length > MOST) {
    const more = element("button", {
      type: "button", class: "quiet more", textContent: `${crops.length - MOST} more`,
      onclick: () => { more.remove(); add(crops.slice(MOST)); },
    });
    strip.append(more);
  }
  return element("article", { class: "card", tabIndex: -1 },
    element("header", {}, element("h2", {}, title), element("p", { class: "state" })),
    strip, element("div", { class: "actions" }, ...actions));
}
