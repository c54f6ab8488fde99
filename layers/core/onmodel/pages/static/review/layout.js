/** Where cells of a grid stand, and which of them are on the screen. No DOM. */

export const GAP = 8; // pixels between cells
export const LABEL = 30; // pixels below a thumbnail

/** @returns the columns, the side of a thumbnail and the height of a row, for a width in pixels. */
export function gridOf(width) {
  const wanted = width < 600 ? 104 : 148;
  const columns = Math.max(1, Math.floor((width + GAP) / (wanted + GAP)));
  const side = Math.floor((width - GAP * (columns - 1)) / columns);
  return { columns, side, row: side + LABEL + GAP };
}

/** The indexes [from, to) of cells that are in view, and a screen more at either side. */
export function visible({ columns, row }, { top, height, count }) {
  const first = Math.max(0, Math.floor((top - height) / row));
  const last = Math.ceil((top + 2 * height) / row);
  return [Math.min(first * columns, count), Math.min(last * columns, count)];
}

/** The index that a movement leads to. */
export function moved(to, at, { columns, count, page }) {
  const target = {
    left: at - 1,
    right: at + 1,
    up: at - columns >= 0 ? at - columns : at,
    down: at + columns < count ? at + columns : at,
    pageUp: at - columns * page,
    pageDown: at + columns * page,
    first: 0,
    last: count - 1,
  }[to];
  return Math.min(Math.max(target, 0), count - 1);
}
