/**
 * Fetches the page's modules, a few at a time and again where one fails, then starts the page.
 *
 * A module that could not be fetched is not asked for again by the browser, and an account whose
 * functions are busy refuses some of twenty requests at once. What is fetched here the browser keeps,
 * and takes from there when main.js imports it.
 */

const MODULES = [
  "main.js", "actions.js", "backend.js", "caption_field.js", "captions.js", "cards.js", "clusters.js",
  "decisions.js", "element.js", "finish.js", "grid.js", "groups.js", "help.js", "keys.js", "layout.js", "pictures.js",
  "saving.js", "session.js", "single.js", "slugs.js", "top.js", "unsaved.js",
];
const AT_ONCE = 4;
const WAITS_MS = [300, 1_000, 3_000];

const waiting = [...MODULES];

async function fetchNext() {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) await fetched(name);
}

async function fetched(name) {
  for (const wait of WAITS_MS) {
    const answer = await fetch(new URL(name, import.meta.url)).catch(() => null);
    if (answer?.ok) return answer.arrayBuffer();
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
  return null; // main.js asks for it once more
}

try {
  await Promise.all(Array.from({ length: AT_ONCE }, fetchNext));
  await import("./main.js");
} catch {
  document.getElementById("waiting").textContent = "The page could not be loaded. Reload it in a moment.";
}
