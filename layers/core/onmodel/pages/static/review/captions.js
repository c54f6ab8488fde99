/**
 * What is wrong with a caption, while it is typed. No DOM.
 *
 * The pipeline has the same rules (`datasets/captions.py`, `datasets/mentions.py`); the tests hold
 * both to one list of captions. A fault may have a text that is free of it: one click takes that.
 */

export const LIMITS = { least: 3, most: 1024 }; // letters; of every trainer

// Thai to Khmer, kana, Chinese characters, Hangul: words stand without spaces, or end in particles.
const UNSPACED =
  "\\u0e00-\\u0eff\\u1000-\\u109f\\u1780-\\u17ff\\u3040-\\u30ff\\u3400-\\u9fff\\uac00-\\ud7af" +
  "\\uf900-\\ufaff\\u{20000}-\\u{3ffff}";
const LETTER = `(?:(?![${UNSPACED}])[\\p{L}\\p{N}_])`;

// Soft hyphens, direction overrides, zero-width spaces, byte order marks. Emoji joiners stay.
const INVISIBLE = /[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;
const CONTROL = /(?![\n\r\t])\p{Cc}|\ufffd/gu;
const TAG = /<\/?(?:a|b|big|br|code|div|em|font|hr|i|li|mark|ol|p|s|small|span|strong|sub|sup|u|ul)(?:\s[^<>]*)?\/?>/giu;
const EMPHASIS =
  /(?<![\p{L}\p{N}_])(?:\*{1,3}(?=\S)(.+?)(?<=\S)\*{1,3}|_{1,2}(?=\S)(.+?)(?<=\S)_{1,2})(?![\p{L}\p{N}_])|`+([^`]+)`+/gu;
const LINK = /!?\[([^\]]*)\]\([^)\s]*\)/gu;
const LINE_MARK = /^[ \t]*(?:#{1,6}|[-*+•]|>|\d{1,2}[.)])[ \t]+/gmu;
const HEADING = /^[^\p{L}\p{N}]*(?:(?:image|picture|photo)\s+)?(?:caption|alt(?:ernative)?[ _-]?text|description)\s*:\s+/iu;
const FILLER =
  /\b(?:animated|cartoon|CGI|3D|fictional|computer[- ]generated)[- ](?:character|figure|scene|image|picture|film|movie|animal|person)s?\b|\b(?:an?|the|this)\s+(?:image|picture|photo|scene|frame|screenshot|illustration)\s+(?:shows|depicts|features|captures)\b|^(?:an?|the|this)\s+(?:image|picture|photo|scene|screenshot|illustration)\s+of\b|\bin\s+(?:this|the)\s+(?:image|picture)\b|\balt[- ]text\b/iu;

const EMPTY_OPENING =
  /^[^\p{L}\p{N}_]*(?:here|(?:with)?in\s+(?:this|the)\s+(?:scene|frame|shot|moment|image|picture|photo))\s*,\s*(?=\S)/iu;

const REPEATED_WORDS = 4; // this many words of a description in a row are a quotation
const TRAIT_ENDS = /[,;.:\n()]+|\b(?:with|and|who|which|that)\b/iu;
const ARTICLE = /^\s*(?:an?|the|his|her|its|their)\b/iu;

/**
 * Whether a text has a phrase as whole words; case, spacing and normal form do not matter.
 *
 * @param {string[]} names of all characters: a longer one that contains the phrase is not the
 *   phrase. Beside a character Buck Bunny, "Buck Bunny runs" does not mention Buck.
 */
export function mentions(text, phrase, names = []) {
  const found = alone(phrase, names);
  if (!found) return false;
  return [...composed(text).matchAll(found)].some((match) => match.groups.phrase !== undefined);
}

/**
 * @param {string} text the caption.
 * @param {{name: string, others: string[], traits?: string, phrases?: {text: string, is_opening:
 *   boolean}[], limits?: typeof LIMITS}} subject the name of the crop's character, "" for nobody;
 *   its description; the names of all others; and what too many captions have.
 * @returns {{text: string, blocks: boolean, without: string|null}[]} the faults. One that blocks
 *   keeps the caption from being saved; `without` is the caption free of the fault.
 */
export function faultsOf(text, { name, others, traits = "", phrases = [], limits = LIMITS }) {
  const faults = [];
  const letters = [...text.trim()].length;
  const add = (words, without = null, blocks = false) =>
    faults.push({ text: words, blocks, without: without === text ? null : without });
  if (letters < limits.least) add(`too short: at least ${limits.least} letters`, null, true);
  if (letters > limits.most) {
    const [is, may] = [letters, limits.most].map((number) => number.toLocaleString("en"));
    add(`too long: ${is} letters, ${may} at most`, null, true);
  }
  if (plain(text) !== written(text)) {
    add("formatting or hidden characters: a caption is plain text", plain(text));
  }
  const opening = EMPTY_OPENING.exec(text);
  if (opening) add(`“${opening[0].trim()}” says nothing`, tidy(text.slice(opening[0].length)));
  const look = name ? described(text, name) : null;
  if (look) add(`“${look.phrase}”: the name alone must stand for the look`, look.without);
  const filler = FILLER.exec(look ? look.without : text);
  if (filler && text.includes(filler[0])) {
    add(`“${filler[0]}” says nothing about the picture`, tidy(text.replace(filler[0], " ")));
  }
  const names = [name, ...others].filter(Boolean);
  const other = others.find((one) => mentions(text, one, names));
  if (name && !mentions(text, name, names)) {
    const right = other ? named(text, other, name, names) : null;
    add(other ? `names ${other}, not ${name}` : `does not name ${name}`, right);
  } else if (!name && other) {
    add(`names ${other}, but nobody is named here`);
  }
  const trait = repeatedTrait(text, traits);
  if (trait) add(`“${trait}” is in the description of ${name}: the name already says it`);
  for (const phrase of phrases.filter((one) => hasPhrase(text, one))) {
    add(phrase.is_opening ? `begins with “${phrase.text}”, as most captions do` : `“${phrase.text}” is in too many captions`);
  }
  return faults;
}

const MOST_REPAIRS = 6; // each takes one kind of fault away

/** The caption without all faults that can be taken away; null when there is none of these. */
export function putRight(text, subject) {
  let right = text;
  for (let tried = 0; tried < MOST_REPAIRS; tried += 1) {
    const fault = faultsOf(right, subject).find((one) => one.without !== null);
    if (!fault) break;
    right = fault.without;
  }
  return right === text ? null : right;
}

/** The first part of a description that a text repeats: two to four words in a row; or null. */
export function repeatedTrait(text, description) {
  for (const part of description.split(TRAIT_ENDS)) {
    const words = part.replace(ARTICLE, "").split(/\s+/u).filter(Boolean);
    if (words.length < 2) continue;
    for (let start = 0; start < Math.max(1, words.length - REPEATED_WORDS + 1); start += 1) {
      const phrase = words.slice(start, start + REPEATED_WORDS).join(" ");
      if (mentions(text, phrase)) return phrase;
    }
  }
  return null;
}

function hasPhrase(text, phrase) {
  if (!phrase.is_opening) return mentions(text, phrase.text);
  const words = composed(phrase.text).split(" ");
  const begun = composed(text).toLowerCase().match(/[\p{L}\p{N}]+(?:['-][\p{L}\p{N}]+)*/gu) ?? [];
  return words.every((word, place) => begun[place] === word);
}

/** The text as it is saved: in NFC, without spaces that are not seen. */
export function written(text) {
  return text.replace(/\s+/gu, " ").trim().normalize("NFC");
}

/** The text without markup, invisible characters and double spaces, in NFC. */
export function plain(text) {
  const bare = text
    .replace(INVISIBLE, "")
    .replace(CONTROL, "")
    .replace(TAG, " ")
    .replace(LINK, "$1")
    .replace(LINE_MARK, "")
    .replace(EMPHASIS, (_, ...groups) => groups.slice(0, 3).find(Boolean))
    .replace(HEADING, "");
  return written(bare);
}

/** The first place of the other character's name replaced. */
function named(text, other, name, names) {
  let isDone = false;
  return composed(text).replace(alone(other, names), (found, ...rest) => {
    if (isDone || rest.at(-1).phrase === undefined) return found;
    isDone = true;
    return name;
  });
}

/**
 * "a cartoon rabbit named Buck", "grey-furred Buck": what is always so would be learnt with these
 * words instead of the name.
 */
function described(text, name) {
  const of = pattern(composed(name).split(/\s+/u)).source;
  const introduced = new RegExp(
    `(?<!${LETTER})(?:an?|the)\\s+(?:[\\p{L}\\p{N}-]+\\s+){1,5}?(?:named|called)\\s+(?=${of})`, "iu",
  );
  const hyphened = new RegExp(`(?<!${LETTER})(?:(?:an?|the)\\s+)?\\p{L}+-\\p{L}+ed,?\\s+(?=${of})`, "iu");
  const found = introduced.exec(text) ?? hyphened.exec(text);
  if (!found) return null;
  const without = text.slice(0, found.index) + text.slice(found.index + found[0].length);
  return { phrase: found[0].trim(), without: tidy(without) };
}

function tidy(text) {
  const joined = text.replace(/\s+/gu, " ").replace(/^[\s,:;-]+/u, "").replace(/\s+([,.;:])/gu, "$1");
  const begun = joined.trim();
  return begun.charAt(0).toLocaleUpperCase() + begun.slice(1);
}

function composed(text) {
  return text.normalize("NFC").replace(/[\u2018\u2019]/gu, "'").replace(/[\u2010\u2011]/gu, "-");
}

/** Finds longer names that contain a phrase, and else, as group `phrase`, the phrase; or null. */
function alone(phrase, names) {
  const words = wordsOf(phrase);
  if (!words.length) return null;
  const own = pattern(words);
  const longer = names
    .map(wordsOf)
    .filter((other) => other.join(" ") !== words.join(" ") && own.test(other.join(" ")))
    .sort((one, two) => two.join(" ").length - one.join(" ").length);
  const either = [...longer.map((other) => pattern(other).source), `(?<phrase>${own.source})`];
  return new RegExp(either.join("|"), "giu");
}

function wordsOf(text) {
  return composed(text).split(/\s+/u).filter(Boolean);
}

function pattern(words) {
  const escaped = words.map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/gu, "\\$&"));
  const isUnspaced = (letter) => new RegExp(`[${UNSPACED}]`, "u").test(letter);
  const before = isUnspaced([...words[0]][0]) ? "" : `(?<!${LETTER})`;
  const after = isUnspaced([...words.at(-1)].at(-1)) ? "" : `(?!${LETTER})`;
  return new RegExp(before + escaped.join("\\s+") + after, "iu");
}
