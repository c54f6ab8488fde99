/** The decisions that every view takes by keys and by buttons. */

import { button, element, hue, told } from "./element.js";

export const NUMBERED = 9; // characters that have a key

/** Decides crops by a command; null when the command is another one or could not be done. */
export function decide(app, command, crops) {
  const { session } = app;
  const decided = {
    keep: () => session.keep(crops),
    reject: () => session.reject(crops),
    undecide: () => session.undecide(crops),
    nobody: () => session.name(crops, ""),
    name: () => nameByNumber(app, command.number, crops),
    named: () => session.name(crops, command.slug),
    repeat: () => repeat(app, crops),
  }[command.verb];
  return decided && crops.length ? decided() !== null : false;
}

function nameByNumber(app, number, crops) {
  const { session } = app;
  const character = session.characters[number - 1];
  if (character) return session.name(crops, character.slug);
  const known = session.characters.length;
  app.say(`There is no character ${number}: ${known === 1 ? "one is" : `${known} are`} known`);
  return null;
}

function repeat(app, crops) {
  if (app.session.repeat(crops)) return true;
  app.say("Nothing was decided yet that could be repeated");
  return null;
}

/** A button for each character and for nobody, with the number that stands for it. */
export function nameButtons({ session }, choose) {
  const named = session.characters.map((one, index) =>
    button([element("i", { class: "dot" }), told(one.name)],
      { class: `who ${hue(session, one.slug)}`, "data-slug": one.slug, onclick: () => choose(one.slug) },
      index < NUMBERED ? String(index + 1) : ""));
  return [...named, button("Nobody", { class: "who", "data-slug": "", onclick: () => choose("") }, "0")];
}
