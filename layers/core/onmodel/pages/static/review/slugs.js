/** Names of characters and the slugs that the backend stores. No DOM. */

const LONGEST_SLUG = 40;

/**
 * "Big Buck" → "big-buck", as the backend makes it; "" for a name with signs that have no letter of
 * a to z, such as "バック": the backend knows a spelling of these.
 */
export function slugOf(name) {
  const letters = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  if (/[^\x20-\x7e]/.test(letters)) return "";
  const joined = letters.replace(/[^a-z0-9]+/g, "-").slice(0, LONGEST_SLUG);
  return joined.replace(/^-+|-+$/g, "");
}

/** "big-buck" → "Big Buck": as the backend names a character that has only a slug. */
export function nameIn(slug) {
  const words = slug.split("-").filter(Boolean);
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(" ");
}

/**
 * The characters with what the backend says of them now. They keep their places, and with these their
 * number keys; new ones come last.
 */
export function renewed(characters, told) {
  const now = new Map(told.map((one) => [one.slug, one]));
  const before = characters.map((one) => now.get(one.slug) ?? one);
  const known = new Set(before.map((one) => one.slug));
  return [...before, ...told.filter((one) => !known.has(one.slug))];
}
