/**
 * What a key press means: the fields of a keyboard event in, a command out. No DOM.
 *
 * Commands can be given twice without harm: R rejects, and R again leaves it rejected. Presses with
 * Ctrl, Alt or Meta belong to the browser and to screen readers. Where text is typed, every key but
 * Escape belongs to the text.
 */

/** The commands that need no argument. */
const LETTERS = {
  k: "keep",
  r: "reject",
  ".": "repeat",
  s: "skip",
  p: "undecide",
  e: "edit",
  u: "undo",
  "?": "help",
};

const SINGLE = { ArrowRight: "skip", ArrowLeft: "back", Home: "firstUndecided" };

const GRID_MOVES = {
  ArrowRight: "right",
  ArrowLeft: "left",
  ArrowDown: "down",
  ArrowUp: "up",
  Home: "first",
  End: "last",
  PageDown: "pageDown",
  PageUp: "pageUp",
};

/** Held down, these go on; the others act once, so that a key that sticks rejects one crop only. */
const REPEATED = new Set(["skip", "back", "move"]);

/** What a focused control answers to itself. */
const OF_A_BUTTON = new Set(["Enter", " "]);
const OF_A_SLIDER = new Set([
  "ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown",
]);

/** What the help lists: keys, then what they do. */
export const HELP = [
  [["K"], "keep"],
  [["R"], "reject"],
  [["1", "…", "9"], "this character; the numbers stand beside the names"],
  [["0"], "nobody: none of the characters"],
  [["."], "the last decision again"],
  [["S", "→"], "skip to the next one"],
  [["←"], "back to the one before"],
  [["P"], "undecided: as if you had not looked at it"],
  [["E"], "edit the caption; Enter or Esc leaves it, the text is kept"],
  [["U"], "undo, one step after another"],
  [["Home"], "the first undecided one"],
  [["Esc"], "out: of a text, of a selection, of one picture to the grid"],
  [["?"], "this list"],
];

export const GRID_HELP = [
  [["←", "→", "↑", "↓"], "move; Home and End go to the first and the last"],
  [["Space"], "select, or take out of the selection"],
  [["Shift", "+", "arrow"], "select a range"],
  [["A"], "select all that the filter shows"],
  [["Enter"], "open it alone"],
];

/**
 * The command of a key press, or null when the press is not for the page.
 *
 * @param {{key: string, code?: string, ctrlKey?: boolean, altKey?: boolean, metaKey?: boolean,
 *   shiftKey?: boolean, repeat?: boolean, isComposing?: boolean}} press a KeyboardEvent has these.
 * @param {{view: "single"|"grid"|"groups"|"clusters", owner?: "text"|"slider"|"button"|"dialog"|""}}
 *   place the view, and what kind of control has the focus.
 * @returns {{verb: string, number?: number, to?: string, extend?: boolean}|null}
 */
export function commandOf(press, place) {
  const command = meaning(press, place);
  return command && press.repeat && !REPEATED.has(command.verb) ? null : command;
}

function meaning(press, { view, owner = "" }) {
  if (press.ctrlKey || press.altKey || press.metaKey || press.isComposing) return null;
  if (owner === "dialog") return null; // the browser closes a dialog by Escape
  if (owner === "text") {
    return press.key === "Escape" ? { verb: "leave" } : null;
  }
  if (press.key === "Escape") return { verb: "out" };
  if (owner === "button" && OF_A_BUTTON.has(press.key)) return null;
  if (owner === "slider" && OF_A_SLIDER.has(press.key)) return null;
  const key = latin(press);
  if (key.length === 1 && key >= "0" && key <= "9") {
    return key === "0" ? { verb: "nobody" } : { verb: "name", number: Number(key) };
  }
  if (view === "grid") {
    const to = GRID_MOVES[key];
    if (to) return { verb: "move", to, extend: Boolean(press.shiftKey) };
    if (key === " ") return { verb: "select" };
    if (key === "Enter") return { verb: "open" };
    if (key === "a") return { verb: "selectAll" };
  }
  if (view === "single" && Object.hasOwn(SINGLE, key)) return { verb: SINGLE[key] };
  return Object.hasOwn(LETTERS, key) ? { verb: LETTERS[key] } : null;
}

/**
 * The key in lower case; by its place on the keyboard where the layout has other letters (Cyrillic,
 * Greek) or digits above Shift (French).
 */
function latin({ key, code = "", shiftKey }) {
  if (key.length === 1 && !shiftKey && /^Digit\d$/.test(code) && !/\d/.test(key)) {
    return code.slice(5);
  }
  if (key.length === 1 && key > "\u007f" && /^Key[A-Z]$/.test(code)) {
    return code.slice(3).toLowerCase();
  }
  return key.length === 1 ? key.toLowerCase() : key;
}
