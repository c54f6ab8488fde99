/**
 * What a person said of a crop, and how that changes what is shown. No DOM.
 *
 * A decision has the fields of a correction without its version: verdict "kept", "rejected" or null;
 * character a slug, "" for nobody or null for "as it was"; character_name what a person typed for a
 * new one, else null; caption a text or null for "as it was";
 * not_a_match the ids of crops that are no near-duplicates of it.
 */

const MOST_APART = 500; // crops that the backend stores beside one

export const UNDECIDED = Object.freeze({
  verdict: null,
  character: null,
  character_name: null,
  caption: null,
  not_a_match: Object.freeze([]),
});

/** @returns the decision in a correction of the backend; undecided for null. */
export function decisionIn(correction) {
  if (!correction) return UNDECIDED;
  const { verdict, character, character_name, caption, not_a_match } = correction;
  return {
    verdict: verdict ?? null,
    character: character ?? null,
    character_name: character_name ?? null,
    caption: caption ?? null,
    not_a_match: [...(not_a_match ?? [])].sort(),
  };
}

export function isSame(one, other) {
  return (
    one.verdict === other.verdict &&
    one.character === other.character &&
    one.character_name === other.character_name &&
    one.caption === other.caption &&
    one.not_a_match.length === other.not_a_match.length &&
    one.not_a_match.every((crop, index) => crop === other.not_a_match[index])
  );
}

/** A name or a caption is a decision as well: whoever writes one keeps the crop. */
export const changes = {
  keep: () => (decision) => ({ ...decision, verdict: "kept" }),
  reject: () => (decision) => ({ ...decision, verdict: "rejected" }),
  /** @param {string|null} typed the name of a character that is new. */
  name: (slug, typed = null) => (decision) =>
    ({ ...decision, verdict: "kept", character: slug, character_name: typed }),
  /** A text that a person wrote stays, and so does "not a match". */
  undecide: () => (decision) => ({ ...decision, verdict: null, character: null, character_name: null }),
  caption: (text) => (decision, item) =>
    text === item.caption
      ? { ...decision, caption: null }
      : { ...decision, caption: text, verdict: decision.verdict ?? "kept" },
  /** None of these crops is a near-duplicate of another one of them; the newest where too many. */
  notAMatch: (crops) => (decision, item) => ({
    ...decision,
    not_a_match: [
      ...new Set([...crops.filter((crop) => crop !== item.crop_id), ...decision.not_a_match]),
    ].slice(0, MOST_APART).sort(),
  }),
};

/** "kept", "rejected", "named Buck", …: what a decision says, for people. */
export function inWords(decision, nameOf) {
  const parts = [];
  if (decision.verdict === "rejected") parts.push("rejected");
  else if (decision.character !== null) parts.push(`named ${nameOf(decision.character)}`);
  else if (decision.verdict === "kept") parts.push("kept");
  if (decision.caption !== null) parts.push(`caption: ${decision.caption}`);
  const apart = decision.not_a_match.length;
  if (apart) parts.push(`not a match of ${apart} other ${apart === 1 ? "crop" : "crops"}`);
  return parts.join(", ") || "undecided";
}
