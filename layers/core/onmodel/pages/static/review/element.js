/** Makes elements. Text is only ever set as text, so that no name or caption becomes markup. */

const PROPERTIES = new Set([
  "alt", "checked", "className", "decoding", "disabled", "draggable", "height", "hidden", "href",
  "id", "src", "tabIndex", "textContent", "type", "value", "width",
]);

/**
 * @param {string} tag
 * @param {Object<string, any>} [settings] properties, attributes, and listeners as `onclick`.
 * @param {...(Node|string|null|false)} children
 */
export function element(tag, settings = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(settings)) {
    if (value === null || value === undefined) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (PROPERTIES.has(name)) made[name] = value;
    else made.setAttribute(name, String(value));
  }
  made.append(...children.filter((child) => child !== null && child !== false));
  return made;
}

/** A name or a caption of people, of any direction, that does not turn the text around it. */
export function told(text) {
  return element("bdi", { textContent: text });
}

/** The element with this id of the page's skeleton. */
export function byId(id) {
  return document.getElementById(id);
}

/** A button with its key beside the words. */
export function button(words, settings = {}, key = "") {
  const children = typeof words === "string" ? [words] : words;
  return element(
    "button",
    { type: "button", ...settings },
    ...children,
    key && element("kbd", { "aria-hidden": "true", textContent: key }),
  );
}

/** The class of a character's colour; of nobody a grey. One that was typed just now has no colour of its own yet. */
export function hue(session, slug) {
  const at = session.characters.findIndex((one) => one.slug === slug);
  return `hue-${at < 0 ? 0 : session.characters[at].hue || (at % 8) + 1}`;
}
